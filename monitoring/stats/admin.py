"""Prices in the admin: they are added and looked at, never changed."""

from decimal import Decimal
from functools import cache
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse

from monitoring.events.internal import Actor
from monitoring.recording.admin import TransactionalAdmin
from monitoring.stats import models
from monitoring.stats import prices as store
from monitoring.stats.price_list import MOST, Price, PriceList, Refused, nano, per_million


def _amount(label: str) -> forms.DecimalField:
    return forms.DecimalField(label=label, min_value=Decimal(0), max_value=MOST, decimal_places=9, max_digits=16)


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A price in USD per million tokens."""

    prompt = _amount("prompt, USD per million tokens")
    completion = _amount("completion, USD per million tokens")

    class Meta:
        model = models.Price
        fields = ["model", "valid_from", "prompt", "completion", "note"]
        help_texts = {
            "model": "As the events name it. A name without a tag (llama3.2) holds for every tag that has no price.",
            "valid_from": "UTC day. Tomorrow or later; any day for a model that had no price.",
        }

    def clean(self) -> dict[str, Any]:
        cells = super().clean() or {}
        if self.errors:
            return cells
        amounts = {name: nano(cells[name]) for name in ("prompt", "completion")}
        price = Price(cells["model"], cells["valid_from"], **amounts, note=cells.get("note") or "")
        try:
            more, _ = store.changed([price])
        except Refused as refused:
            raise forms.ValidationError(str(refused)) from None
        if not more:
            raise forms.ValidationError("The list says so already.")
        return cells | amounts


@admin.register(models.Price)
class PriceAdmin(TransactionalAdmin):
    form = PriceForm
    fields = ["model", "valid_from", "prompt", "completion", "note"]
    ordering = ["-version", "model"]
    search_fields = ["model", "note"]
    list_per_page = 50
    actions = None

    def get_fields(self, request: HttpRequest, obj: models.Price | None = None) -> Any:
        """A saved price is shown as the list shows it."""
        return self.fields if obj is None else self.get_list_display(request)

    def has_change_permission(self, request: HttpRequest, obj: models.Price | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Price | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        prices = store.price_list()
        title = f"Prices saved here; version {prices.version} of the list, which knows {len(prices.models)} models"
        return super().changelist_view(request, {"title": title} | (extra_context or {}))

    def save_model(self, request: HttpRequest, obj: models.Price, form: Any, change: bool) -> None:
        """Through the one door, in the admin's transaction, in which the form was checked too."""
        price = Price(obj.model, obj.valid_from, obj.prompt, obj.completion, note=obj.note)
        for row in store.save([price], request.user.get_username(), Actor("user", key=request.user.pk)):
            obj.key, obj.version = row.key, row.version
            said = f"{row.model} from {row.valid_from}: {self.price(row)}, instead of {before(store.price_list(), row)}"
            messages.info(request, f"Version {row.version} of the list: {said}")

    @admin.display(description="prompt / completion, USD per million tokens")
    def price(self, row: models.Price) -> str:
        return words(row.prompt, row.completion)

    def get_list_display(self, request: HttpRequest) -> Any:
        """The price list is read once for all rows, for what they stand instead of."""
        known = cache(store.price_list)

        @admin.display(description="instead of")
        def instead_of(row: models.Price) -> str:
            return before(known(), row)

        return ["model", "valid_from", "price", instead_of, "version", "saved_by", "saved_at", "note"]


def before(prices: PriceList, row: models.Price) -> str:
    """The price that held on a row's first day before the row was saved."""
    held = prices.on(row.model, row.valid_from, row.version)
    return words(held.prompt, held.completion) if held else "no price"


def words(prompt: int, completion: int) -> str:
    """Two prices as people write them."""
    return f"{per_million(prompt):f} / {per_million(completion):f}"
