"""The vocabulary: what may be said to sbdash, and how it is written down. Pure."""
