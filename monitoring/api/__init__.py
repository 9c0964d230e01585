"""REST for reading, and the addresses that machines ask whether all is well."""
