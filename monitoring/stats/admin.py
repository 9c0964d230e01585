"""Admin pages of prices: prices are added and viewed, never changed."""

from collections.abc import Callable, Iterable
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
from monitoring.stats.price_list import MAX_PRICE_USD, InvalidPrice, Price, PriceList, nano, per_million


def _amount(label: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, min_value=Decimal(0), max_value=MAX_PRICE_USD, decimal_places=9, max_digits=16
    )


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A price, in USD per million tokens."""

    prompt = _amount("Prompt, US$ per million tokens")
    completion = _amount("Completion, US$ per million tokens")

    class Meta:
        model = models.Price
        fields = ["model", "valid_from", "prompt", "completion", "note"]
        widgets = {"valid_from": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}
        help_texts = {
            "model": "The name in the events. A name without a tag (llama3.2) applies to every tag without a price.",
            "valid_from": "UTC day: tomorrow or later, or any day for a model without a price.",
        }

    def clean(self) -> dict[str, object]:
        cells = super().clean() or {}
        if self.errors:
            return cells
        amounts = {name: nano(cells[name]) for name in ("prompt", "completion")}
        price = Price(cells["model"], cells["valid_from"], **amounts, note=cells.get("note") or "")
        try:
            added, _ = store.new_prices([price])
        except InvalidPrice as refused:
            raise forms.ValidationError(str(refused)) from None
        if not added:
            raise forms.ValidationError("The list already has this price.")
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
        """A saved price has the columns of the list."""
        return self.fields if obj is None else self.get_list_display(request)

    def has_change_permission(self, request: HttpRequest, obj: models.Price | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Price | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        saved, built_in = self.model.objects.count(), store.shipped()
        title = f"Your prices ({saved or 'none yet'}) · {len(built_in)} built-in prices"
        context = {"title": title, "built_in": _rows(built_in)}
        return super().changelist_view(request, context | (extra_context or {}))

    def save_model(self, request: HttpRequest, obj: models.Price, form: object, change: bool) -> None:
        """Saves through `prices.save`, in the admin's transaction, in which the form was validated too."""
        price = Price(obj.model, obj.valid_from, obj.prompt, obj.completion, note=obj.note)
        for row in store.save([price], request.user.get_username(), Actor("user", key=request.user.pk)):
            obj.key, obj.version = row.key, row.version
            before = price_before(store.price_list(), row)
            text = f"{row.model} from {row.valid_from}: {self.price(row)}, instead of {before}"
            messages.info(request, f"Version {row.version} of the list: {text}")

    @admin.display(description="prompt / completion, US$ per million tokens")
    def price(self, row: models.Price) -> str:
        return price_text(row.prompt, row.completion)

    def get_list_display(self, request: HttpRequest) -> list[str | Callable[[models.Price], str | bool]]:
        """Reads the price list once for all rows of the column "instead of"."""
        known = cache(store.price_list)

        @admin.display(description="instead of")
        def instead_of(row: models.Price) -> str:
            return price_before(known(), row)

        return ["model", "valid_from", "price", instead_of, "version", "saved_by", "saved_at", "note"]


def _rows(prices: Iterable[Price]) -> list[tuple[str, str, str, str]]:
    """Returns the model, the first day, both prices and the note of each price, as texts."""
    return [(one.model, str(one.valid_from), price_text(one.prompt, one.completion), one.note) for one in prices]


def price_before(prices: PriceList, row: models.Price) -> str:
    """Returns the price that was in force on a row's first day before the row was saved."""
    in_force = prices.on(row.model, row.valid_from, row.version)
    return price_text(in_force.prompt, in_force.completion) if in_force else "no price"


def price_text(prompt: int, completion: int) -> str:
    """Returns both prices as text."""
    return f"{per_million(prompt):f} / {per_million(completion):f}"
