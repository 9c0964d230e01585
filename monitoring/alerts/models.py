"""Tables of the alerts: rules that were saved, alerts, silences, receivers, and the outbox of messages."""

from django.db import models

from sbdash.fields import KeyField, new_key


class SavedRule(models.Model):
    """A rule that an administrator saved. One with the key of a shipped rule replaces it."""

    key = KeyField(default=new_key)
    name = models.CharField(max_length=120, unique=True)
    rule = models.TextField(help_text="JSON: the rule")
    version = models.IntegerField()
    position = models.BigIntegerField(help_text="of the entry of the journal that recorded the change")
    saved_by = models.CharField(max_length=200)
    saved_at = models.BigIntegerField(help_text="µs since 1970 UTC")

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """A time in which a rule fires for one scope."""

    key = KeyField(default=new_key)
    rule = models.BigIntegerField(help_text="key of the rule")
    version = models.IntegerField(help_text="of the rule")
    name = models.CharField(max_length=120, help_text="of the rule when it fired")
    figure = models.CharField(max_length=40)
    scope = models.CharField(max_length=300, blank=True, help_text="session id, model, operation or pseudonym")
    severity = models.CharField(max_length=10)
    start = models.BigIntegerField(help_text="µs since 1970 UTC")
    end = models.BigIntegerField(null=True, help_text="µs since 1970 UTC; null while it fires")
    peak = models.FloatField(null=True)
    withdrawn = models.BooleanField(default=False, help_text="later data took the reason away")
    acknowledged_by = models.CharField(max_length=200, blank=True, default="")
    acknowledged_at = models.BigIntegerField(null=True)
    marked = models.CharField(max_length=5, blank=True, default="", help_text="true, false, or empty")
    notified = models.BooleanField(default=False, help_text="a message about its start was queued")
    changed = models.BigIntegerField(db_index=True, help_text="µs since 1970 UTC, of its last change")

    class Meta:
        indexes = [
            models.Index(fields=["start", "key"], name="alert_by_start"),
            models.Index(fields=["rule", "start"], name="alert_of_rule"),
            models.Index(fields=["end", "start"], name="alert_open"),
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.start}"


class Silence(models.Model):
    """A time in which matching alerts send no messages."""

    key = KeyField(default=new_key)
    match = models.TextField(help_text="JSON: rule, scope, severity")
    start = models.BigIntegerField(help_text="µs since 1970 UTC")
    end = models.BigIntegerField(db_index=True, help_text="µs since 1970 UTC")
    reason = models.CharField(max_length=300)
    by = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.reason


class Receiver(models.Model):
    """An address to which messages about alerts are sent. `secret` is sealed and never shown."""

    key = KeyField(default=new_key)
    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=16, help_text="email, webhook, alertmanager or apprise")
    to = models.TextField(help_text="sealed: the address, which may contain a password")
    shown = models.CharField(max_length=300, help_text="the address without user, password, path and query")
    secret = models.TextField(blank=True, default="", help_text="sealed")
    options = models.TextField(default="{}", help_text="JSON: repeat interval, quiet hours, escalation")
    saved_by = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """A message of the outbox. It is written in the transaction of the change that it tells, and sent at least once;
    `message_id` is the same each time."""

    key = KeyField(default=new_key)
    message_id = models.CharField(max_length=64)
    receiver = models.BigIntegerField(help_text="key of the receiver")
    alert = models.BigIntegerField(null=True, db_index=True, help_text="key of the alert; null for a test")
    kind = models.CharField(max_length=10, help_text="firing, resolved or test")
    message = models.TextField(help_text="JSON: the message")
    state = models.CharField(max_length=10, default="waiting", help_text="waiting, sent or dead")
    attempts = models.IntegerField(default=0)
    due = models.BigIntegerField(help_text="µs since 1970 UTC: not sent before")
    created = models.BigIntegerField(help_text="µs since 1970 UTC")
    sent = models.BigIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["state", "due"], name="delivery_due")]
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"


class Evaluation(models.Model):
    """The time until which alerts are final, and what has been seen. There is one row, with key 1."""

    key = KeyField(default=1)
    until = models.BigIntegerField(default=0, help_text="s since 1970 UTC")
    position = models.BigIntegerField(default=0, help_text="of the statistics that were evaluated")

    def __str__(self) -> str:
        return f"until {self.until}"
