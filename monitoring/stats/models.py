"""Rows of the statistics fold. Everything here can be made again from the journal. Times are µs, cost is 1e-9 USD."""

from django.db import models

from sbdash.fields import KeyField


class Session(models.Model):
    """One session's sums. The key is the position that first named it."""

    key = KeyField()
    digest = models.BinaryField(max_length=16, unique=True)
    session_id = models.TextField()
    person = models.BigIntegerField(null=True, db_index=True)
    session_type = models.TextField(null=True)  # noqa: DJ001  unknown is not empty
    position = models.BigIntegerField(db_index=True, help_text="of its last change")
    declared_at = models.BigIntegerField(null=True, help_text="when session.started said it began")
    ended_at = models.BigIntegerField(null=True)
    end_reason = models.TextField(null=True)  # noqa: DJ001
    message_count = models.BigIntegerField(default=0)
    user_messages = models.BigIntegerField(default=0)
    assistant_messages = models.BigIntegerField(default=0)
    failed_messages = models.BigIntegerField(default=0)
    pending_messages = models.BigIntegerField(default=0)
    prompt_tokens = models.BigIntegerField(default=0)
    completion_tokens = models.BigIntegerField(default=0)
    total_tokens = models.BigIntegerField(default=0)
    cost = models.BigIntegerField(default=0)
    first_at = models.BigIntegerField(null=True)
    last_at = models.BigIntegerField(null=True, db_index=True)
    last_id = models.TextField(null=True)  # noqa: DJ001
    last_role = models.TextField(null=True)  # noqa: DJ001
    responses = models.BigIntegerField(default=0)
    wait_sum = models.BigIntegerField(default=0)
    start_sum = models.BigIntegerField(default=0)
    votes_up = models.BigIntegerField(default=0)
    votes_down = models.BigIntegerField(default=0)
    failed_operations = models.BigIntegerField(default=0)
    detail = models.BinaryField(help_text="JSON: waits, models and hours of the week, counted")

    def __str__(self) -> str:
        return f"session {self.key}"


class Message(models.Model):
    """One message's figures, never its text. `role` is empty while only its tokens are known."""

    key = KeyField()
    digest = models.BinaryField(max_length=16, unique=True)
    message_id = models.TextField()
    session = models.BigIntegerField(null=True)
    position = models.BigIntegerField()
    at = models.BigIntegerField(null=True)
    role = models.TextField(default="")
    status = models.TextField(default="")
    completed_at = models.BigIntegerField(null=True)
    model = models.TextField(null=True)  # noqa: DJ001
    error = models.TextField(null=True)  # noqa: DJ001
    characters = models.BigIntegerField(null=True)
    prompt = models.BigIntegerField(default=0)
    completion = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    cost = models.BigIntegerField(default=0)
    usages = models.BigIntegerField(
        default=0, help_text="token_usage records; where there are any they replace the above"
    )
    usage_prompt = models.BigIntegerField(default=0)
    usage_completion = models.BigIntegerField(default=0)
    usage_total = models.BigIntegerField(default=0)
    usage_cost = models.BigIntegerField(default=0)
    usage_model = models.TextField(null=True)  # noqa: DJ001
    asked_at = models.BigIntegerField(null=True, help_text="time of the user message right before this answer")
    part = models.SmallIntegerField(default=0, help_text="whose workers write this row: its session's part")
    said = models.BigIntegerField(default=0, help_text="position of the entry whose state holds")

    class Meta:
        indexes = [models.Index(fields=["session", "at", "message_id"], name="message_in_order")]

    def __str__(self) -> str:
        return f"message {self.key}"


class Vote(models.Model):
    """What one person thinks of one message."""

    key = KeyField()
    digest = models.BinaryField(max_length=16, unique=True)
    session = models.BigIntegerField()
    value = models.TextField()
    at = models.BigIntegerField()

    def __str__(self) -> str:
        return f"vote {self.key}"


class Bucket(models.Model):
    """What was counted in one stretch of time: `width` seconds from `start`. The key holds both."""

    key = KeyField(help_text="start * 4 + the width's place in WIDTHS")
    width = models.IntegerField()
    start = models.BigIntegerField(help_text="s since 1970 UTC")
    position = models.BigIntegerField(help_text="of its last change")
    counts = models.BinaryField(help_text="JSON: name to number")

    class Meta:
        indexes = [models.Index(fields=["width", "start"], name="bucket_in_order")]

    def __str__(self) -> str:
        return f"{self.width} s from {self.start}"
