"""State of sources between two runs. It can be lost: sources then read again from the start."""

from django.db import models

from sbdash.fields import KeyField


class Place(models.Model):
    """A source's read offset or status; `state` is JSON in the source's own format. A write under an older term than
    the stored one comes from a process that lost its lease, and is refused."""

    name = models.CharField(max_length=200, primary_key=True)
    state = models.TextField(default="{}")
    term = models.BigIntegerField(default=0, help_text="of the lease under which it was written")
    at = models.BigIntegerField(default=0, help_text="when it was written, µs since 1970 UTC")

    def __str__(self) -> str:
        return f"{self.name} at {self.state[:60]}"


class Sighting(models.Model):
    """A counted kind of input, kept or ignored: a dialect, an unknown attribute, a dropped line."""

    key = KeyField(help_text="63 bits of a hash of source, kind and name")
    source = models.CharField(max_length=32)
    kind = models.CharField(max_length=32)
    name = models.CharField(max_length=200)
    count = models.BigIntegerField(default=0)
    first = models.BigIntegerField(help_text="µs since 1970 UTC")
    last = models.BigIntegerField(help_text="µs since 1970 UTC")

    def __str__(self) -> str:
        return f"{self.source} {self.kind} {self.name}: {self.count}"


class ForeignName(models.Model):
    """Maps a document's `_id` to the chat application's session id, because a deletion event has only the `_id`."""

    key = KeyField(help_text="63 bits of a hash of place and _id")
    place = models.CharField(max_length=16, help_text="stands for the database, on its hosts")
    oid = models.BinaryField(max_length=64, help_text="the _id, as BSON writes it")
    name = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["place", "key"], name="foreign_in_order")]

    def __str__(self) -> str:
        return f"session {self.name}"
