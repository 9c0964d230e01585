"""The admin of users, roles and API keys. Each change is recorded in the journal, in the same transaction."""

import json
from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import ManyToManyField, Model, QuerySet
from django.forms import BaseModelFormSet, CheckboxSelectMultiple, ModelForm, ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.html import format_html

from monitoring.db.transactions import transactional
from monitoring.events.internal import Actor
from monitoring.people.keys import hashed, new_secret
from monitoring.people.models import ApiKey, User
from monitoring.recording.changes import change_of, record_change, record_changes, state_of

if TYPE_CHECKING:
    Form = ModelForm[Model]
    Formsets = Iterable[BaseModelFormSet[Model, Form]]
admin.site.unregister(Group)
KEY_SHOWN = (
    "Copy the key now, it is not shown again: <span><code>{}</code> "
    '<button type="button" class="copy" data-copy><span role="status">Copy</span></button></span>'
)
Message = str | list[object]
"""Django's description of a change."""


def actor_of(request: HttpRequest) -> Actor:
    return Actor("user", key=request.user.pk)


def in_one_transaction(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorator for a view. A POST request is one transaction on every database, including its entries in the
    journal."""

    @wraps(view)
    def transactional_view(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        return (transactional(view) if request.method == "POST" else view)(request, *args, **kwargs)

    return transactional_view


class TransactionalAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """An admin in which every POST request is one transaction. Django's own `atomic` opens none on MongoDB and none
    around actions (`delete selected`), and on SQLite it does not use the fair write lock."""

    def get_urls(self) -> list[URLPattern]:
        urls = super().get_urls()
        for url in urls:
            url.callback = in_one_transaction(url.callback)
        return urls


class RecordedAdmin(TransactionalAdmin):
    """An admin whose additions, changes and deletions are recorded in the journal."""

    def save_model(self, request: HttpRequest, obj: Model, form: "Form", change: bool) -> None:
        stored = self.model._default_manager.filter(pk=obj.pk).first() if change else None
        request.before = state_of(stored) if stored else None  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: "Form", formsets: "Formsets", change: bool) -> None:
        """Records the change in the last step of a save, since the groups of a user are saved only here."""
        super().save_related(request, form, formsets, change)
        record_change(actor_of(request), form.instance, request.before)  # type: ignore[attr-defined]

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        record_change(actor_of(request), obj, state_of(obj), deleted=True)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Model]") -> None:
        record_changes([change_of(actor_of(request), obj, state_of(obj), deleted=True) for obj in queryset])
        super().delete_queryset(request, queryset)


@in_one_transaction
def change_own_password(request: HttpRequest) -> HttpResponse:
    """The admin's page for a user's own password."""
    return _change_password(request, request.user.pk or 0, admin.site.password_change)


def _change_password(
    request: HttpRequest, key: str | int, view: Callable[..., HttpResponse], *args: str
) -> HttpResponse:
    """Calls the view, and records that the password was changed. No value of the password is recorded."""
    before = User.objects.filter(pk=key).first()
    response = view(request, *args)
    after = User.objects.filter(pk=key).first()
    if before and after and before.password != after.password:
        record_change(actor_of(request), after, state_of(before), password=True)
    return response


class CheckedAdmin(RecordedAdmin):
    """An admin that offers roles and permissions as check boxes. Django's widget of two lists has labels that screen
    readers skip."""

    filter_horizontal = ()

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Model, Model]", request: HttpRequest, **kwargs: Any
    ) -> "ModelMultipleChoiceField[Any] | None":
        return super().formfield_for_manytomany(db_field, request, **{"widget": CheckboxSelectMultiple} | kwargs)


@admin.register(User)
class SbdashUserAdmin(CheckedAdmin, UserAdmin):  # type: ignore[type-arg]
    fieldsets = (*(UserAdmin.fieldsets or ()), ("Sessions", {"fields": ["owner_id"]}))
    list_display = ["username", "roles", "linked", "last_login", "enabled"]
    list_filter = ["groups", "is_active"]
    search_fields = ["username"]
    list_per_page = 50

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        """A superuser has every right without a role. Each row is a query: MongoDB has no prefetch of groups."""
        names = sorted(user.groups.values_list("name", flat=True))
        if user.is_superuser and "admin" not in names:
            names.append("all rights")
        return ", ".join(names) or "none"

    @admin.display(description="own sessions")
    def linked(self, user: User) -> str:
        return "linked" if user.owner_id else "–"

    @admin.display(description="log-in", ordering="is_active")
    def enabled(self, user: User) -> str:
        return "enabled" if user.is_active else "disabled"

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        return _change_password(request, unquote(id), super().user_change_password, id, form_url)

    def log_addition(self, request: HttpRequest, obj: Model, message: Message) -> LogEntry:
        return _log(request, obj, ADDITION, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Message) -> LogEntry:
        return _log(request, obj, CHANGE, message)

    def log_deletions(self, request: HttpRequest, queryset: "QuerySet[Model]") -> list[LogEntry]:
        return [_log(request, obj, DELETION, []) for obj in queryset]


def _log(request: HttpRequest, obj: Model, flag: int, message: Message) -> LogEntry:
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
class RoleAdmin(CheckedAdmin, GroupAdmin):  # type: ignore[misc]
    pass


@admin.register(ApiKey)
class ApiKeyAdmin(RecordedAdmin):
    list_display = ["name", "scopes", "limit", "burst", "state", "created"]
    readonly_fields = ["created"]

    def save_model(self, request: HttpRequest, obj: Model, form: "Form", change: bool) -> None:
        if isinstance(obj, ApiKey) and not change:
            secret = new_secret()
            obj.digest = hashed(secret)
            messages.success(request, format_html(KEY_SHOWN, secret))
        super().save_model(request, obj, form, change)

    @admin.display(description="limit, events per second", ordering="rate", empty_value="none")
    def limit(self, key: ApiKey) -> float | None:
        return key.rate

    @admin.display(description="state", ordering="revoked")
    def state(self, key: ApiKey) -> str:
        return "revoked" if key.revoked else "in use"
