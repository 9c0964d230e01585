"""The rooms of sbdash; docs/develop.md has the map."""
