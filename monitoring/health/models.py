"""Tables of sbdash's own health: when its processes ran, their figures, the settings of the last start, annotations."""

from django.db import models

from sbdash.fields import KeyField


class Run(models.Model):
    """A time in which a process ran and could write: from `started` to `beat`. Each heartbeat moves `beat` on."""

    key = KeyField()
    role = models.CharField(max_length=16, help_text="web, pipeline, or both")
    reason = models.CharField(max_length=16, help_text="started, or resumed after a silence")
    started = models.BigIntegerField(help_text="µs since 1970 UTC")
    beat = models.BigIntegerField(db_index=True, help_text="time of the last heartbeat, µs since 1970 UTC")
    ended = models.BooleanField(default=False, help_text="whether the process said that it ends")

    def __str__(self) -> str:
        return f"{self.role} from {self.started} to {self.beat}"


class Figures(models.Model):
    """Figures of one process in one minute or hour. Sums and maxima, so that the rows of several processes add up."""

    key = KeyField(help_text="63 bits of a hash of process, width and start")
    role = models.CharField(max_length=16, help_text="web, pipeline, or both")
    width = models.IntegerField(help_text="s")
    start = models.BigIntegerField(help_text="s since 1970 UTC")
    ran = models.IntegerField(help_text="how long the process ran in it, ms")
    lag = models.BigIntegerField(null=True, help_text="the longest lag of a stage, ms")
    newest_age = models.BigIntegerField(null=True, help_text="the greatest age of the newest event, ms")
    memory = models.BigIntegerField(help_text="resident memory times the time it ran, bytes * ms")
    cpu = models.BigIntegerField(help_text="CPU time, ms")
    counts = models.TextField(default="{}", help_text="JSON: number by name")
    levels = models.TextField(default="{}", help_text="JSON: largest value by name; what is unknown is left out")

    class Meta:
        indexes = [models.Index(fields=["width", "start"], name="figures_in_order")]
        verbose_name_plural = "figures"

    def __str__(self) -> str:
        return f"{self.role}, {self.width} s from {self.start}"


class Annotation(models.Model):
    """A mark that a program or a person set on the time axis. It is an entry of the journal too."""

    key = KeyField()
    name = models.CharField(max_length=100, unique=True, help_text="id; sent again, it is the same annotation")
    at = models.BigIntegerField(db_index=True, help_text="µs since 1970 UTC")
    kind = models.CharField(max_length=16, help_text="deploy, note or settings")
    words = models.CharField(max_length=200)
    link = models.CharField(max_length=500, default="", blank=True)
    by = models.CharField(max_length=200, default="", help_text="name of the key or the user")
    saved_at = models.BigIntegerField(help_text="µs since 1970 UTC")

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class LastSettings(models.Model):
    """The settings of the last start, as they are shown: without secrets. There is one row, with key 1."""

    key = KeyField(default=1)
    shown = models.TextField(help_text="JSON: value by name")

    def __str__(self) -> str:
        return "settings of the last start"
