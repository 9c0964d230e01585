"""OpenTelemetry's traces (OTLP/HTTP): bytes become spans, spans become CloudEvents; what was said is dropped."""
