"""The pipeline's Django application. It registers the system checks of the settings, because it imports every room."""

from django.apps import AppConfig

from sbdash.checks import register_all


class PipelineConfig(AppConfig):
    name = "monitoring.pipeline"

    def ready(self) -> None:
        register_all()
