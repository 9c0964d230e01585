from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "monitoring.health"
