"""Users and API keys in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from monitoring.people.keys import hashed, new_secret
from monitoring.people.models import ApiKey, User


@admin.register(User)
class SbdashUserAdmin(UserAdmin):  # type: ignore[type-arg]
    fieldsets = (*(UserAdmin.fieldsets or ()), ("Sessions", {"fields": ["owner_id"]}))


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "scopes", "rate", "burst", "revoked", "created"]
    readonly_fields = ["created"]

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if not change:
            secret = new_secret()
            obj.digest = hashed(secret)
            messages.success(request, f"The key's secret, shown this once: {secret}")
        super().save_model(request, obj, form, change)
