"""The cost of sbdash, measured beside that of the same work without it."""
