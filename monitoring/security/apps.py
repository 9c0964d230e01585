"""When the app is ready its stage is registered."""

from django.apps import AppConfig

from monitoring.journal.stages import register


class SecurityConfig(AppConfig):
    name = "monitoring.security"

    def ready(self) -> None:
        from monitoring.security.stage import SecurityLog  # models need the apps first

        register(SecurityLog())
