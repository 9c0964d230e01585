"""The app that composes everything: when it is ready the checks of the settings are registered."""

from django.apps import AppConfig

from sbdash.checks import register_all


class PipelineConfig(AppConfig):
    name = "monitoring.pipeline"

    def ready(self) -> None:
        register_all()
