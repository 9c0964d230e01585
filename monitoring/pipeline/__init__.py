"""Runs the stages of the pipeline and the housekeeping jobs. Imports every other room; no room imports it."""
