"""Who people are: viewers and roles, owners, pseudonyms, keys, and the gate."""
