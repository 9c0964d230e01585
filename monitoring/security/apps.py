"""Registers the stage `security` when the application is ready."""

from django.apps import AppConfig

from monitoring.journal.stages import register


class SecurityConfig(AppConfig):
    name = "monitoring.security"

    def ready(self) -> None:
        from monitoring.security.stage import (
            SecurityLog,  # models can be imported only when all applications are loaded
        )

        register(SecurityLog())
