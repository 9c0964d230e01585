"""The root URL patterns."""

from django.contrib import admin
from django.urls import include, path, register_converter

from monitoring.api.api import api
from monitoring.dashboard.views import admin_log_in
from monitoring.recording.admin import change_own_password
from sbdash.paths import Segment

register_converter(Segment, "segment")

urlpatterns = [
    path("admin/password_change/", admin.site.admin_view(change_own_password)),
    path("admin/login/", admin_log_in),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("", include("monitoring.api.urls")),
    path("", include("monitoring.dashboard.urls")),
]
