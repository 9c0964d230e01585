"""Registers the stage `security` when the application is ready."""

from django.apps import AppConfig

from monitoring.journal.stages import register


class SecurityConfig(AppConfig):
    name = "monitoring.security"

    def ready(self) -> None:
        from monitoring.security.stage import SecurityLog  # models load after all applications

        register(SecurityLog())
