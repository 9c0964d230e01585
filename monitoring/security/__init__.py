"""Security events: access, refusals, rate limits, and entries of the application's security log."""
