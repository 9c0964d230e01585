"""Addresses outside /api/."""

from django.urls import path

from monitoring.api import health as views

urlpatterns = [
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("metrics", views.metrics),
    path("ready", views.loki_ready),
    path("loki/api/v1/push/ready", views.loki_ready),
]
