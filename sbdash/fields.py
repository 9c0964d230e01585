"""Primary keys: integers that the application chooses, the same on every database, the document's `_id` on MongoDB."""

import secrets
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    BigInteger = models.BigIntegerField[int, int]
    BigAuto = models.BigAutoField[int, int]
else:
    BigInteger, BigAuto = models.BigIntegerField, models.BigAutoField


def new_key() -> int:
    """A random positive 53-bit key: JavaScript's numbers can hold it, and no query is needed."""
    return secrets.randbits(53) or 1


def column_of(chosen: str | None, column: str | None) -> str:
    """A key's column. A `chosen` name is kept: Django gives an aggregate over the key a column of its own."""
    return "_id" if settings.ON_MONGODB and not chosen else str(column)


class KeyField(BigInteger):
    """A primary key taken from a journal position; on MongoDB its column is `_id`, so that it is the document's key."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "primary_key": True})

    def get_attname_column(self) -> tuple[str, str]:
        name, column = super().get_attname_column()
        return name, column_of(self.db_column, column)


class ChosenKey(BigAuto):
    """Replaces auto-increment keys on MongoDB, which has none: the key is chosen when a row is first saved."""

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def get_attname_column(self) -> tuple[str, str]:
        name, column = super().get_attname_column()
        return name, column_of(self.db_column, column)

    def get_pk_value_on_save(self, instance: models.Model) -> int:
        return new_key()
