"""The tables of the journal. Only `store`, `checkpoints` and `leases` write to them."""

from django.db import models

from sbdash.fields import KeyField


class Entry(models.Model):
    """A stored event, which never changes. `body` is authoritative; the other columns are derived from it."""

    position = KeyField()
    digest = models.BinaryField(max_length=16, unique=True, help_text="digest of (source, id), 16 bytes")
    type = models.CharField(max_length=32)
    at = models.BigIntegerField(help_text="time of the event, µs since 1970 UTC")
    received = models.BigIntegerField(help_text="time of receipt, µs since 1970 UTC")
    body = models.BinaryField(help_text="canonical JSON, with personal data sealed")
    leaf = models.BinaryField(max_length=32, help_text="RFC 6962 leaf hash over the body's bytes")
    session = models.BigIntegerField(
        null=True, help_text="number of its session (8 bytes of the digest of the session id)"
    )

    class Meta:
        indexes = [models.Index(fields=["session", "position"], name="entry_of_session")]
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.position} {self.type}"


class Head(models.Model):
    """The size of the journal and the right edge of its tree, which an append needs. There is one row, with key 1."""

    key = KeyField(default=1)
    size = models.BigIntegerField(default=0)
    edge = models.BinaryField(default=bytes)
    received = models.BigIntegerField(
        default=0,
        help_text="time of receipt of the newest entry, µs since 1970 UTC; never decreases, even if the clock does",
    )

    def __str__(self) -> str:
        return f"head at {self.size}"


class StageCheckpoint(models.Model):
    """The checkpoint of a partition of a stage, as `stats/3`."""

    stage = models.CharField(max_length=32, primary_key=True)
    position = models.BigIntegerField(default=0)
    at = models.BigIntegerField(default=0, help_text="newest event time that was read, µs since 1970 UTC")
    moved = models.BigIntegerField(default=0, help_text="time of the last advance, µs since 1970 UTC")
    version = models.BigIntegerField(default=0, help_text="counts the changes, for compare-and-set")

    def __str__(self) -> str:
        return f"{self.stage} at {self.position}"


class Lease(models.Model):
    """An exclusive right with an expiry. `term` counts the holders, so that a former holder has a lower term. The row
    `lock NAME` is a lock: who changes it holds it until the end of the transaction."""

    name = models.CharField(max_length=64, primary_key=True)
    holder = models.CharField(max_length=64)
    term = models.BigIntegerField(default=0)
    expires = models.BigIntegerField(default=0, help_text="µs since 1970 UTC")

    def __str__(self) -> str:
        return f"{self.name}, held by {self.holder}"
