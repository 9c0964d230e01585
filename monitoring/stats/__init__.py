"""The statistics: figures of sessions, messages and time buckets, folded from the journal's entries."""
