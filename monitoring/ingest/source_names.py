"""The names of the sources of events, as pages show them. Pure."""

SOURCE_NAMES = {"mongodb": "MongoDB", "otlp": "OpenTelemetry", "loki": "Loki", "rest": "HTTP", "files": "Files"}
