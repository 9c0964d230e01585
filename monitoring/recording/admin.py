"""The admin of users, roles and API keys. Each change is recorded in the journal, in the same transaction."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from monitoring.db.transactions import transactional
from monitoring.events.internal import Actor
from monitoring.people.keys import hashed, new_secret
from monitoring.people.models import ApiKey, User
from monitoring.recording.changes import change_of, record_change, record_changes, state_of

admin.site.unregister(Group)


def actor_of(request: HttpRequest) -> Actor:
    """Returns the user of the request as an actor."""
    return Actor("user", key=request.user.pk)


def in_one_transaction(
    request: HttpRequest, view: Callable[..., HttpResponse], *args: Any, **kwargs: Any
) -> HttpResponse:
    """Calls the view. A POST request is one transaction on every database, including its entries in the journal."""
    return (transactional(view) if request.method == "POST" else view)(request, *args, **kwargs)


class TransactionalAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """An admin in which every POST request is one transaction. Django's own `atomic` opens none on MongoDB and none
    around actions (`delete selected`), and on SQLite it does not use the fair write lock."""

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return in_one_transaction(request, super().add_view, *args, **kwargs)

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return in_one_transaction(request, super().change_view, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return in_one_transaction(request, super().delete_view, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return in_one_transaction(request, super().changelist_view, *args, **kwargs)


class RecordedAdmin(TransactionalAdmin):
    """An admin whose additions, changes and deletions are recorded in the journal."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        stored = self.model._default_manager.filter(pk=obj.pk).first() if change else None
        request.before = state_of(stored) if stored else None  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Records the change in the last step of a save, since the groups of a user are saved only here."""
        super().save_related(request, form, formsets, change)
        record_change(actor_of(request), form.instance, request.before)  # type: ignore[attr-defined]

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        record_change(actor_of(request), obj, state_of(obj), deleted=True)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        record_changes([change_of(actor_of(request), obj, state_of(obj), deleted=True) for obj in queryset])
        super().delete_queryset(request, queryset)


def change_own_password(request: HttpRequest) -> HttpResponse:
    """The admin's page for a user's own password."""
    return in_one_transaction(request, _change_password, request.user.pk, admin.site.password_change)


def _change_password(request: HttpRequest, key: Any, view: Callable[..., HttpResponse], *args: Any) -> HttpResponse:
    """Calls the view, and records that the password was changed. No value of the password is recorded."""
    before = User.objects.filter(pk=key).first()
    response = view(request, *args)
    after = User.objects.filter(pk=key).first()
    if before and after and before.password != after.password:
        record_change(actor_of(request), after, state_of(before), password=True)
    return response


@admin.register(User)
class SbdashUserAdmin(RecordedAdmin, UserAdmin):  # type: ignore[type-arg]
    fieldsets = (*(UserAdmin.fieldsets or ()), ("Sessions", {"fields": ["owner_id"]}))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        return in_one_transaction(request, _change_password, unquote(id), super().user_change_password, id, form_url)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        return _log(request, obj, ADDITION, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        return _log(request, obj, CHANGE, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> list[LogEntry]:
        return [_log(request, obj, DELETION, []) for obj in queryset]


def _log(request: HttpRequest, obj: Any, flag: int, message: Any) -> LogEntry:
    """Django's own log of the admin, with the key of a user in place of the name, which would outlive the user."""
    return LogEntry.objects.create(
        user_id=request.user.pk or 0,
        content_type=ContentType.objects.get_for_model(obj),
        object_id=str(obj.pk),
        object_repr=f"user {obj.pk}",
        action_flag=flag,
        change_message=json.dumps(message) if isinstance(message, list) else message,
    )


@admin.register(Group)
class RoleAdmin(RecordedAdmin, GroupAdmin):
    pass


@admin.register(ApiKey)
class ApiKeyAdmin(RecordedAdmin):
    list_display = ["name", "scopes", "rate", "burst", "revoked", "created"]
    readonly_fields = ["created"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            secret = new_secret()
            obj.digest = hashed(secret)
            messages.success(request, f"The key's secret, which is not shown again: {secret}")
        super().save_model(request, obj, form, change)
