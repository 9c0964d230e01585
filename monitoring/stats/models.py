"""Tables of the statistics fold. All rows, except prices, can be rebuilt from the journal. Times are µs, costs 1e-9
USD."""

from django.db import models

from sbdash.fields import KeyField, new_key

SORTED = (
    "last_at", "started", "message_count", "duration", "average_wait", "slowest_wait", "p95_wait", "total_tokens",
    "cost", "errors",
)  # fmt: skip
"""Columns that lists of sessions can be sorted by."""


def _sorted_by(name: str) -> models.Index:
    return models.Index(fields=[name, "key"], name=f"session_by_{name}")


class Session(models.Model):
    """Sums of one session. The key is the position of the first entry that named it."""

    key = KeyField()
    digest = models.BinaryField(max_length=16, unique=True)
    session_id = models.TextField()
    person = models.BigIntegerField(null=True)
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
    last_at = models.BigIntegerField(null=True)
    last_id = models.TextField(null=True)  # noqa: DJ001
    last_role = models.TextField(null=True)  # noqa: DJ001
    last_wait = models.BigIntegerField(null=True, help_text="the last message's response time")
    last_done = models.BigIntegerField(null=True, help_text="and when it was whole")
    responses = models.BigIntegerField(default=0)
    wait_sum = models.BigIntegerField(default=0)
    start_sum = models.BigIntegerField(default=0)
    skewed_responses = models.BigIntegerField(default=0, help_text="answers that ended before their question")
    votes_up = models.BigIntegerField(default=0)
    votes_down = models.BigIntegerField(default=0)
    failed_operations = models.BigIntegerField(default=0)
    detail = models.BinaryField(help_text="JSON: waits, models, gaps and hours of the week, counted")
    left_position = models.BigIntegerField(default=0, help_text="by which something last left its place here")
    # Derived columns: lists sort and search by them; the fold writes them and never reads them.
    started = models.BigIntegerField(null=True)
    duration = models.BigIntegerField(default=0, help_text="first to last message")
    average_wait = models.BigIntegerField(null=True)
    slowest_wait = models.BigIntegerField(null=True)
    p95_wait = models.BigIntegerField(null=True)
    errors = models.BigIntegerField(default=0, help_text="failed messages and operations")
    outcome = models.TextField(default="open", help_text="open, closed, timeout or error")
    open_at = models.BigIntegerField(null=True, db_index=True, help_text="since when it is silent; null once ended")
    model_names = models.TextField(default="", help_text="between bars: |a|b|")

    class Meta:
        indexes = [
            *(_sorted_by(name) for name in SORTED),
            models.Index(fields=["person", "last_at", "key"], name="session_by_person"),
            models.Index(fields=["outcome", "last_at", "key"], name="session_by_outcome"),
        ]

    def __str__(self) -> str:
        return f"session {self.key}"


class Message(models.Model):
    """Figures of one message, without its text. `role` is empty while only its tokens are known."""

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
    partition = models.SmallIntegerField(default=0, help_text="of its session: whose workers write this row")
    state_position = models.BigIntegerField(default=0, help_text="of the entry whose state holds")
    slow_rank = models.BigIntegerField(
        null=True, db_index=True, help_text="day of completion * 4096 + bucket of the response time"
    )

    class Meta:
        indexes = [models.Index(fields=["session", "at", "message_id"], name="message_in_order")]

    def __str__(self) -> str:
        return f"message {self.key}"


class Vote(models.Model):
    """One person's vote on one message."""

    key = KeyField()
    digest = models.BinaryField(max_length=16, unique=True)
    session = models.BigIntegerField(db_index=True)
    value = models.TextField()
    at = models.BigIntegerField()
    message_id = models.TextField(default="")

    def __str__(self) -> str:
        return f"vote {self.key}"


class Operation(models.Model):
    """One reported operation of a session. The key is the position of its entry."""

    key = KeyField()
    session = models.BigIntegerField()
    at = models.BigIntegerField()
    operation = models.TextField()
    outcome = models.TextField()
    duration = models.BigIntegerField(null=True, help_text="µs")
    error = models.TextField(null=True)  # noqa: DJ001
    memory = models.BigIntegerField(null=True, help_text="bytes")
    cpu = models.BigIntegerField(null=True, help_text="µs")

    class Meta:
        indexes = [models.Index(fields=["session", "at", "key"], name="operation_in_order")]

    def __str__(self) -> str:
        return f"operation {self.key}"


class Counted(models.Model):
    """The counts, in the columns of `metrics.COLUMNS`."""

    position = models.BigIntegerField(help_text="of its last change")
    counts = models.BinaryField(default=b"{}", help_text="JSON: number by metric's code and value")
    durations = models.BinaryField(default=b"{}", help_text="the same: response times and lifetimes, as histograms")
    by_model = models.BinaryField(default=b"{}", help_text="the same: histograms of response times by model")
    by_operation = models.BinaryField(default=b"{}", help_text="the same: operations by name")

    class Meta:
        abstract = True


class Bucket(Counted):
    """Counts of one time bucket: `width` seconds from `start`. The key encodes both."""

    key = KeyField(help_text="start * 5 + the width's place in WIDTHS")
    width = models.IntegerField()
    start = models.BigIntegerField(help_text="s since 1970 UTC")

    class Meta:
        indexes = [models.Index(fields=["width", "start"], name="bucket_in_order")]

    def __str__(self) -> str:
        return f"{self.width} s from {self.start}"


class OwnerDay(Counted):
    """Counts of one person's sessions on one UTC day. The key encodes both."""

    key = KeyField(help_text="person * 65536 + day")
    person = models.BigIntegerField()
    day = models.IntegerField(help_text="days since 1970 UTC")

    class Meta:
        indexes = [models.Index(fields=["day", "person"], name="owner_day_by_day")]

    def __str__(self) -> str:
        return f"person {self.person} on day {self.day}"


class Price(models.Model):
    """Price of a model's tokens from a day on, in 1e-9 USD per million tokens. A saved price never changes."""

    key = KeyField(default=new_key, editable=False)
    model = models.CharField(max_length=200)
    valid_from = models.DateField()
    prompt = models.BigIntegerField()
    completion = models.BigIntegerField()
    version = models.IntegerField()
    note = models.CharField(max_length=300, blank=True, default="")
    saved_by = models.CharField(max_length=150, blank=True, default="")
    saved_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.model} from {self.valid_from}"
