"""Who came in, who was turned away, and what the security log says of it."""
