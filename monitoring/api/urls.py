"""Addresses outside /api/."""

from django.urls import path

from monitoring.api import views

urlpatterns = [
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("ready", views.loki_ready),
    path("loki/api/v1/push/ready", views.loki_ready),
]
