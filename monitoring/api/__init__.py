"""The REST API for reading, health checks and metrics."""
