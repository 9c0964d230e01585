"""Users, roles and API keys in the admin: each change is an entry of the journal, in the transaction that makes it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from monitoring.db.transactions import transactional
from monitoring.events.internal import Actor
from monitoring.people.keys import hashed, new_secret
from monitoring.people.models import ApiKey, User
from monitoring.recording.changes import change_of, record_change, record_changes, state_of

admin.site.unregister(Group)


def actor_of(request: HttpRequest) -> Actor:
    """The user who asks."""
    return Actor("user", key=request.user.pk)


def whole(request: HttpRequest, view: Callable[..., HttpResponse], *args: Any, **kwargs: Any) -> HttpResponse:
    """The view's answer; a request that may write is one transaction, its entries included, on every database."""
    return (transactional(view) if request.method == "POST" else view)(request, *args, **kwargs)


class Whole(admin.ModelAdmin):  # type: ignore[type-arg]
    """An admin in which every request that may write is one transaction. Django's own `atomic` opens none on MongoDB,
    none around actions (`delete selected`), and on SQLite waits for no other writer's turn."""

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return whole(request, super().add_view, *args, **kwargs)

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return whole(request, super().change_view, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return whole(request, super().delete_view, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return whole(request, super().changelist_view, *args, **kwargs)


class Recorded(Whole):
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
        record_changes([change_of(actor_of(request), obj, state_of(obj), deleted=True) for obj in queryset])
        super().delete_queryset(request, queryset)


def change_own_password(request: HttpRequest) -> HttpResponse:
    """The admin's page on which users change their own passwords."""
    return whole(request, _change_password, request.user.pk, admin.site.password_change)


def _change_password(request: HttpRequest, key: Any, view: Callable[..., HttpResponse], *args: Any) -> HttpResponse:
    """The view's answer. The password itself is told nowhere, only that it is another one."""
    before = User.objects.filter(pk=key).first()
    answer = view(request, *args)
    after = User.objects.filter(pk=key).first()
    if before and after and before.password != after.password:
        record_change(actor_of(request), after, state_of(before), password=True)
    return answer


@admin.register(User)
class SbdashUserAdmin(Recorded, UserAdmin):  # type: ignore[type-arg]
    fieldsets = (*(UserAdmin.fieldsets or ()), ("Sessions", {"fields": ["owner_id"]}))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        return whole(request, _change_password, unquote(id), super().user_change_password, id, form_url)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """Nothing: the journal has it, and Django's own log would keep the names of users who are gone."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """Nothing, as for an addition."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:  # type: ignore[override]
        """Nothing, as for an addition."""


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
