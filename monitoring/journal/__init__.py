"""The journal: append-only entries with consecutive positions, and a Merkle tree over them."""
