"""OpenTelemetry traces (OTLP/HTTP): parses spans, drops content, and converts spans to CloudEvents."""
