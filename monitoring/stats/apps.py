"""Registers the stage `stats` when the application is ready, unless CHAT_ENABLE_SESSION_STATISTICS is false."""

from django.apps import AppConfig
from django.conf import settings

from monitoring.journal.stages import register


class StatsConfig(AppConfig):
    name = "monitoring.stats"

    def ready(self) -> None:
        from monitoring.stats.stage import Stats  # models can be imported only when all applications are loaded

        if settings.CHAT_ENABLE_SESSION_STATISTICS:
            register(Stats())
