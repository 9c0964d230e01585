"""One session as its page and REST show it."""
