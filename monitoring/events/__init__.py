"""The event types of sbdash: their decoding, validation, redaction and stored form. Pure."""
