"""Users, roles and API keys in the admin: each change is an entry of the journal, in the transaction that makes it."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from monitoring.events.internal import Actor
from monitoring.people.keys import hashed, new_secret
from monitoring.people.models import ApiKey, User
from monitoring.recording.changes import record_change, state_of

admin.site.unregister(Group)


def actor_of(request: HttpRequest) -> Actor:
    """The user who asks."""
    return Actor("user", key=request.user.pk)


class Recorded(admin.ModelAdmin):  # type: ignore[type-arg]
    """An admin whose additions, changes and deletions are entries."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        there = self.model._default_manager.filter(pk=obj.pk).first() if change else None
        request.before = state_of(there) if there else None  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The last step of a save: the groups of a user are there only now."""
        super().save_related(request, form, formsets, change)
        record_change(actor_of(request), form.instance, request.before)  # type: ignore[attr-defined]

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        record_change(actor_of(request), obj, state_of(obj), deleted=True)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        for obj in queryset:
            record_change(actor_of(request), obj, state_of(obj), deleted=True)
        super().delete_queryset(request, queryset)


@admin.register(User)
class SbdashUserAdmin(Recorded, UserAdmin):  # type: ignore[type-arg]
    fieldsets = (*(UserAdmin.fieldsets or ()), ("Sessions", {"fields": ["owner_id"]}))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """The password itself is told nowhere, only that it is another one."""
        answer: HttpResponse
        if request.method != "POST":
            return super().user_change_password(request, id, form_url)
        with transaction.atomic():
            before = self.get_object(request, id)
            answer = super().user_change_password(request, id, form_url)
            after = self.get_object(request, id)
            if before and after and before.password != after.password:
                record_change(actor_of(request), after, state_of(before), password=True)
        return answer


@admin.register(Group)
class RoleAdmin(Recorded, GroupAdmin):
    pass


@admin.register(ApiKey)
class ApiKeyAdmin(Recorded):
    list_display = ["name", "scopes", "rate", "burst", "revoked", "created"]
    readonly_fields = ["created"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            secret = new_secret()
            obj.digest = hashed(secret)
            messages.success(request, f"The key's secret, shown this once: {secret}")
        super().save_model(request, obj, form, change)
