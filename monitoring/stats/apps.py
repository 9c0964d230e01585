"""Registers the stage `stats` when the application is ready."""

from django.apps import AppConfig

from monitoring.journal.stages import register


class StatsConfig(AppConfig):
    name = "monitoring.stats"

    def ready(self) -> None:
        from monitoring.stats.stage import Stats  # models can be imported only when all applications are loaded

        register(Stats())
