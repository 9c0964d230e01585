"""The one kind of primary key: an integer that the application chooses, the same on every database."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    BigInteger = models.BigIntegerField[int, int]
else:
    BigInteger = models.BigIntegerField


class KeyField(BigInteger):
    """A primary key taken from a journal position; on MongoDB its column is `_id`, so that it is the document's key."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "primary_key": True})

    def get_attname_column(self) -> tuple[str, str]:
        name, column = super().get_attname_column()
        mongodb = settings.DATABASES["default"]["ENGINE"] == "django_mongodb_backend"
        return name, "_id" if mongodb else str(column)
