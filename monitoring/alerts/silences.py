"""Silences: times in which matching alerts send no messages. Alerts are found and listed all the same."""

from collections.abc import Iterable
from datetime import datetime
from time import time
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from monitoring.alerts import models
from monitoring.alerts.rows import AlertRow, Match, SilenceRow
from monitoring.alerts.rule import Invalid, words_about
from monitoring.alerts.rules import rules
from monitoring.alerts.store import row_of
from monitoring.db.transactions import transactional
from monitoring.events.envelope import instant
from monitoring.events.internal import Actor
from monitoring.events.shape import Moment, Shape
from monitoring.recording.changes import change, record_changes
from sbdash.fields import new_key

MAX_DAYS, PREVIEW_DAYS, MAX_LISTED, MAX_PREVIEW = 366, 30, 200, 50
MAX_REASON, MAX_SCOPE = 300, 300


class NewSilence(Struct, frozen=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """The body of a request: which alerts are silent, from when (default: now) until when, and why."""

    end: Moment
    match: Match = Match()
    start: Moment | None = None
    reason: Annotated[str, Meta(max_length=MAX_REASON)] = ""


class Silences(Shape, frozen=True):
    """Silences, those that end last first."""

    silences: list[SilenceRow]


class Preview(Shape, frozen=True):
    """The alerts of the last PREVIEW_DAYS days that a silence would have hidden: their number, and the newest."""

    total: int
    alerts: list[AlertRow]


def parse(body: bytes) -> NewSilence:
    """Returns the silence in a request's body. Raises Invalid."""
    try:
        return msgspec.json.decode(body, type=NewSilence)
    except msgspec.MsgspecError as error:
        raise Invalid(str(error)) from None


@transactional
def save_silence(new: NewSilence, by: str, actor: Actor) -> SilenceRow:
    """Stores a silence with its entry in the journal. Raises Invalid."""
    check(new.match, new.reason)
    if new.match.rule is not None and new.match.rule not in rules():
        raise Invalid(f"match: there is no rule {new.match.rule}")
    now = time()
    start, end = now if new.start is None else seconds("from", new.start), seconds("to", new.end)
    if end <= max(start, now):
        raise Invalid("to: a silence ends in the future, and after it begins")
    if end - start > MAX_DAYS * 86_400:
        raise Invalid(f"to: a silence lasts {MAX_DAYS} days at most")
    key, match = new_key(), msgspec.json.encode(new.match).decode()
    values = {"match": match, "start": int(start * 1e6), "end": int(end * 1e6), "reason": new.reason}
    record_changes([change(actor, "silence", key, None, values)])
    return shown(models.Silence.objects.create(key=key, by=by, **values), now)


def check(match: Match, reason: str = "") -> None:
    """Raises Invalid if a text of a silence is not printable."""
    scope = "" if match.scope is None else words_about("scope", match.scope, MAX_SCOPE, least=0)
    if words := scope or words_about("reason", reason, MAX_REASON, least=0):
        raise Invalid(words)


@transactional
def end_silence(key: int, actor: Actor) -> SilenceRow | None:
    """Ends a silence now, with its entry in the journal. Returns it; None if there is none."""
    row = models.Silence.objects.filter(key=key).first()
    now = time()
    if row is None or row.end <= now * 1e6:
        return None if row is None else shown(row, now)
    before, row.end = row.end, int(now * 1e6)
    record_changes([change(actor, "silence", key, {"end": before}, {"end": row.end})])
    row.save(update_fields=["end"])
    return shown(row, now)


def silences(limit: int = MAX_LISTED) -> Silences:
    """Returns the silences that end last."""
    now = time()
    return Silences([shown(row, now) for row in models.Silence.objects.order_by("-end", "-key")[:limit]])


def shown(row: models.Silence, now: float) -> SilenceRow:
    state = "ended" if row.end <= now * 1e6 else "active" if row.start <= now * 1e6 else "planned"
    times = instant(row.start) or "", instant(row.end) or ""
    return SilenceRow(row.key, match_of(row), *times, row.reason, row.by, state)


def match_of(row: models.Silence) -> Match:
    return msgspec.json.decode(row.match, type=Match)


def in_force(now: float) -> list[Match]:
    """Returns the matches of the silences in force; `now` in s."""
    rows = models.Silence.objects.filter(start__lte=int(now * 1e6), end__gt=int(now * 1e6))
    return [match_of(row) for row in rows]


def is_silent(alert: models.Alert, matches: Iterable[Match]) -> bool:
    return any(match.fits(alert.rule, alert.scope, alert.severity) for match in matches)


def preview(match: Match) -> Preview:
    """Returns what a silence would have hidden in the last PREVIEW_DAYS days. Raises Invalid."""
    check(match)
    since = int((time() - PREVIEW_DAYS * 86_400) * 1e6)
    rows = models.Alert.objects.filter(start__gte=since).order_by("-start", "-key")
    for name in ("rule", "scope", "severity"):
        if (value := getattr(match, name)) is not None:
            rows = rows.filter(**{name: value})
    return Preview(rows.count(), [row_of(alert) for alert in rows[:MAX_PREVIEW]])


def seconds(name: str, moment: str) -> float:
    """Returns an RFC 3339 time in s since 1970. Raises Invalid, which names the field."""
    try:
        return datetime.fromisoformat(moment).timestamp()
    except (ValueError, OverflowError):
        raise Invalid(f"{name}: {moment!r} is not a time such as 2026-11-30T15:00:00Z") from None
