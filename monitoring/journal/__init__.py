"""The journal: entries with positions, append-only, with a Merkle tree over them."""
