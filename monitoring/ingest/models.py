"""What the sources remember between two runs. None of it is a figure: it can be lost, and is then read again."""

from django.db import models

from sbdash.fields import KeyField


class Place(models.Model):
    """How far a source has read, under its name; `state` is JSON that the source itself understands. Who writes it
    under an older term than the one that is there comes back from a long pause, and is refused."""

    name = models.CharField(max_length=200, primary_key=True)
    state = models.TextField(default="{}")
    term = models.BigIntegerField(default=0, help_text="of the lease under which it was written")
    at = models.BigIntegerField(default=0, help_text="when it was written, µs since 1970 UTC")

    def __str__(self) -> str:
        return f"{self.name} at {self.state[:60]}"


class Sighting(models.Model):
    """Something that was seen and counted, kept or not: a dialect, a strange attribute, a line that was dropped."""

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
    """The id of a session of the chat application behind its document's `_id`: a deletion tells only the latter."""

    key = KeyField(help_text="63 bits of a hash of place and _id")
    place = models.CharField(max_length=16, help_text="stands for the database, on its hosts")
    oid = models.BinaryField(max_length=64, help_text="the _id, as BSON writes it")
    name = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["place", "key"], name="foreign_in_order")]

    def __str__(self) -> str:
        return f"session {self.name}"
