"""The whole flow on one page: knows everybody, and is known by nobody."""
