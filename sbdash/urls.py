"""Every address."""

from django.contrib import admin
from django.urls import include, path

from monitoring.api.views import api

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("", include("monitoring.api.urls")),
    path("", include("monitoring.dashboard.urls")),
]
