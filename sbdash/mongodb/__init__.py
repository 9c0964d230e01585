"""The database backend for MongoDB, and Django's own applications with their migrations for it."""
