"""The tables of the journal. Written by `store` alone."""

from django.db import models

from sbdash.fields import KeyField


class Entry(models.Model):
    """One event, for ever. `body` is the truth; the other columns can be made from it again."""

    position = KeyField()
    digest = models.BinaryField(max_length=16, unique=True, help_text="16 bytes that stand for (source, id)")
    type = models.CharField(max_length=32)
    at = models.BigIntegerField(help_text="when it happened, µs since 1970 UTC")
    received = models.BigIntegerField(help_text="when it was taken in, µs since 1970 UTC")
    body = models.BinaryField(help_text="canonical JSON, what identifies a person sealed")
    leaf = models.BinaryField(max_length=32, help_text="RFC 6962 leaf hash over the body's bytes")
    session = models.BigIntegerField(null=True, help_text="8 bytes that stand for the session it names")

    class Meta:
        indexes = [models.Index(fields=["session", "position"], name="entry_of_session")]
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.position} {self.type}"


class Head(models.Model):
    """How long the journal is, and its tree's right edge: what one more leaf needs. One row, key 1."""

    key = KeyField(default=1)
    size = models.BigIntegerField(default=0)
    edge = models.BinaryField(default=bytes)
    received = models.BigIntegerField(
        default=0, help_text="of the newest entry; never goes back, whatever the clock does"
    )

    def __str__(self) -> str:
        return f"head at {self.size}"


class StageCheckpoint(models.Model):
    """How far a part of a stage has read: `stats/3`. `stats` alone is what its parts lock before they share a table."""

    stage = models.CharField(max_length=32, primary_key=True)
    position = models.BigIntegerField(default=0)
    at = models.BigIntegerField(default=0, help_text="newest event time it has seen, µs")
    moved = models.BigIntegerField(default=0, help_text="when it was moved last, µs since 1970 UTC")
    turn = models.BigIntegerField(default=0, help_text="counts the changes: who comes too late is told by it")

    def __str__(self) -> str:
        return f"{self.stage} at {self.position}"


class Lease(models.Model):
    """Who alone may do something, and until when. `term` counts the holders: a holder of the past has a smaller one."""

    name = models.CharField(max_length=64, primary_key=True)
    holder = models.CharField(max_length=64)
    term = models.BigIntegerField(default=0)
    until = models.BigIntegerField(default=0, help_text="µs since 1970 UTC")

    def __str__(self) -> str:
        return f"{self.name} is {self.holder}'s"
