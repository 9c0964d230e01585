"""The app that composes everything: with it the checks of the settings are registered."""

from django.apps import AppConfig

from sbdash import checks

__all__ = ["checks"]


class PipelineConfig(AppConfig):
    name = "monitoring.pipeline"
