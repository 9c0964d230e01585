"""Persons and users: encryption keys, pseudonyms, roles, viewers, and the access rule `visible_to`."""
