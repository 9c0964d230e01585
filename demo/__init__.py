"""The demonstration: simulated traffic, and the command that sends it like any other sender."""
