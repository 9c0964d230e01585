"""Addresses outside /api/."""

from django.urls import path

from monitoring.api import views

urlpatterns = [
    path("healthz", views.healthz),
    path("readyz", views.readyz),
]
