"""One module a protocol of ingest: it parses a request's body, and writes the responses that its clients expect."""
