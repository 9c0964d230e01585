"""URL patterns outside /api/."""

from django.urls import path

from monitoring.api import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("ready", health.loki_ready),
    path("loki/api/v1/push/ready", health.loki_ready),
]
