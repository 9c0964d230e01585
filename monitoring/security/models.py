"""Tables of the security stage. All rows can be rebuilt from the journal."""

from django.db import models

from sbdash.fields import KeyField


class SecurityEvent(models.Model):
    """One attempt, refusal or warning. The key is the position of its entry. Names stay in the journal, encrypted."""

    key = KeyField()
    at = models.BigIntegerField(help_text="when it happened, µs since 1970 UTC")
    kind = models.CharField(max_length=32, help_text="access, rate_limit or security")
    name = models.TextField(help_text="what was attempted, or what the log calls it")
    outcome = models.TextField()
    reason = models.TextField(null=True)  # noqa: DJ001  unknown is not empty
    person = models.BigIntegerField(null=True)
    session_id = models.TextField(null=True)  # noqa: DJ001
    details = models.TextField(help_text="JSON: numbers and codes")

    class Meta:
        indexes = [models.Index(fields=["person", "key"], name="security_of_person")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name} at {self.key}"
