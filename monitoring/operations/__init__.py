"""The consistency check: compares stored figures with their messages and with the chat application, and explains
differences."""
