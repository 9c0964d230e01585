"""Runs the stages of the pipeline and the periodic jobs. Imports every other room; no room imports it."""
