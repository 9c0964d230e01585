"""The shelf of sources: each turns one format into CloudEvents."""
