"""The rules that sbdash ships with. Their first thresholds are settings. Pure."""

from dataclasses import dataclass

from monitoring.alerts.rule import Rule

HOUR, DAY = 3_600, 86_400


@dataclass(frozen=True)
class Thresholds:
    """The settings that the shipped rules begin with, in the settings' units."""

    response_time: float
    average_response: float
    engagement: float
    suspicious_events: int
    session_duration: int


def shipped(first: Thresholds) -> dict[int, tuple[Rule, str]]:
    """Returns each rule by its key, with the name of the setting that its threshold comes from ("" for none)."""
    return {
        1: (Rule("Slow response", "response_time", ">", first.response_time, window_seconds=0,
                 cooldown_seconds=300), "MAX_RESPONSE_TIME_ALERT"),
        2: (Rule("Slow on average", "response_average", ">", first.average_response, window_seconds=300,
                 for_seconds=120, cooldown_seconds=600), "ALERT_HIGH_RESPONSE_TIME"),
        3: (Rule("Low engagement", "engagement", "<", first.engagement, scope="session", window_seconds=0,
                 severity="notice"), "ALERT_LOW_ENGAGEMENT"),
        4: (Rule("Suspicious activity", "suspicious_events", ">=", first.suspicious_events, window_seconds=300,
                 cooldown_seconds=600), "ALERT_SUSPICIOUS_ACTIVITY"),
        5: (Rule("Long session", "session_duration", ">", first.session_duration, scope="session", window_seconds=0,
                 severity="notice"), "MAX_SESSION_DURATION"),
        6: (Rule("Many failed answers", "error_rate", ">", 0.05, clear=0.03, window_seconds=900, for_seconds=300,
                 cooldown_seconds=600), ""),
        7: (Rule("Processing delay", "pipeline_lag", ">", 30.0, window_seconds=60, for_seconds=60,
                 cooldown_seconds=600), ""),
        8: (Rule("No events", "newest_age", ">", 3_600.0, window_seconds=60, cooldown_seconds=3_600,
                 severity="notice", enabled=False), ""),
        9: (Rule("Refused requests", "refused_requests", ">", 100.0, window_seconds=60, cooldown_seconds=3_600,
                 severity="notice"), ""),
        10: (Rule("Dropped clients", "dropped_clients", ">", 10.0, window_seconds=60, cooldown_seconds=3_600,
                  severity="notice"), ""),
        11: (Rule("Failed deliveries", "failed_deliveries", ">", 0.0, window_seconds=60, for_seconds=300,
                  cooldown_seconds=600), ""),
        12: (Rule("Disk nearly full", "disk_used", ">", 0.95, clear=0.93, window_seconds=60, for_seconds=300,
                  cooldown_seconds=3_600, severity="critical"), ""),
        13: (Rule("Long queue", "queue", ">", 100_000.0, clear=10_000.0, window_seconds=60, for_seconds=300,
                  cooldown_seconds=600), ""),
        14: (Rule("Silent source", "source_silence", ">", 3_600.0, scope="source", window_seconds=60,
                  cooldown_seconds=600, enabled=False), ""),
        15: (Rule("Gaps in the data", "gap_seconds", ">", 300.0, window_seconds=3_600, cooldown_seconds=3_600,
                  enabled=False), ""),
    }  # fmt: skip
