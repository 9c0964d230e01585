"""When the app is ready its stage is registered."""

from django.apps import AppConfig

from monitoring.journal.stages import register


class StatsConfig(AppConfig):
    name = "monitoring.stats"

    def ready(self) -> None:
        from monitoring.stats.stage import Stats  # models need the apps first

        register(Stats())
