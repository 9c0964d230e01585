"""Persons in events, users who log in, and API keys of programs."""

from django.contrib.auth.models import AbstractUser
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models

from sbdash.fields import KeyField, new_key


class Person(models.Model):
    """A person or an address in events. The key is the position of the first entry of the person."""

    key = KeyField()
    digest = models.BinaryField(max_length=16, unique=True, help_text="keyed hash of the name")
    wrapped = models.BinaryField(max_length=80, help_text="data key, wrapped by the master key")

    class Meta:
        verbose_name_plural = "persons"

    def __str__(self) -> str:
        return f"person {self.key}"


class User(AbstractUser):
    """A user who can log in. `owner_id` is the `user_id` in the events of the user's own sessions."""

    id = KeyField(default=new_key, editable=False)
    owner_id = models.CharField(max_length=512, blank=True, default="")


class ApiKey(models.Model):
    """An API key of a program. The secret is shown once and stored as a hash."""

    key = KeyField(default=new_key, editable=False)
    name = models.CharField(max_length=100, unique=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.CharField(
        max_length=100,
        default="ingest",
        help_text="ingest, read, annotate or admin; several are separated by a space",
        validators=[
            RegexValidator(
                r"^(ingest|read|annotate|admin)( (ingest|read|annotate|admin))*$",
                "Enter ingest, read, annotate or admin; separate several by a space.",
            )
        ],
    )
    rate = models.FloatField(
        null=True, blank=True, help_text="events per second; empty for no limit", validators=[MinValueValidator(0.01)]
    )
    burst = models.PositiveIntegerField(
        default=20_000, help_text="events that may arrive at once", validators=[MinValueValidator(1)]
    )
    revoked = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return self.name
