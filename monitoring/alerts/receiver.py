"""A receiver of messages as an administrator writes it, its validation, and its quiet hours. Pure."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field

from monitoring.alerts.delivery.addresses import refusal_of_literal
from monitoring.alerts.delivery.chat import check
from monitoring.alerts.delivery.http_client import split
from monitoring.alerts.rule import Invalid, words_about
from monitoring.events.shape import Shape

Kind = Literal["email", "webhook", "alertmanager", "apprise"]
Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
MAX_NAME, MAX_TO, MAX_SECRET = 100, 2_000, 500
MIN_REPEAT, MAX_REPEAT, MAX_GROUP, MAX_ESCALATION = 60, 30 * 86_400, 3_600, 1_440
"""Seconds, seconds, seconds, minutes."""
MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
CHAT = re.compile(r"([a-z][a-z0-9+.-]*)://\S+", re.IGNORECASE)
LOCAL_FILE = re.compile(r"[?&](template|config|attach)\w*=", re.IGNORECASE)
"""Parameters of Apprise that name a file of this machine."""


class QuietHours(Struct, frozen=True, forbid_unknown_fields=True):
    """Hours of each day in which messages below critical wait: `from` and `to` as HH:MM in an IANA time zone."""

    zone: str
    start: Clock = field(name="from")
    end: Clock = field(name="to")

    def end_after(self, at: float) -> float | None:
        """Returns when the quiet hours end that contain `at`; None outside of them. Both in s since 1970."""
        local = datetime.fromtimestamp(at, ZoneInfo(self.zone))
        clock = f"{local:%H:%M}"
        is_inside = self.start <= clock < self.end if self.start < self.end else not self.end <= clock < self.start
        if not is_inside:
            return None
        end = local.replace(hour=int(self.end[:2]), minute=int(self.end[3:]), second=0, microsecond=0, fold=0)
        end = end if f"{local:%H:%M}" < self.end else end + timedelta(days=1)
        return max(end.timestamp(), at + 1)


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds after which a firing alert is told again (0: never); quiet hours; the receiver that is told after
    `escalate_after_minutes` in which nobody acknowledged; and the seconds in which alerts of one rule are gathered
    into one message (0: those of one moment)."""

    repeat_seconds: int = 4 * 3_600
    quiet_hours: QuietHours | None = None
    escalate_to: str | None = None
    escalate_after_minutes: int = 30
    group_seconds: int = 0


class NewReceiver(Struct, frozen=True, forbid_unknown_fields=True):
    """A receiver to save. Without `to`, `secret` or `options` a saved receiver keeps its own."""

    name: str
    kind: Kind
    to: str | UnsetType = UNSET
    secret: str | UnsetType = UNSET
    options: Options | UnsetType = UNSET


class Receiver(Shape, frozen=True):
    """A receiver as it is shown. `to` is the address without user, password, path and query."""

    name: str
    kind: Kind
    to: str
    has_secret: bool
    options: Options


def parse(body: bytes) -> NewReceiver:
    """Returns the receiver in a request's body, not yet validated. Raises Invalid."""
    try:
        return msgspec.json.decode(body, type=NewReceiver)
    except msgspec.MsgspecError as error:
        raise Invalid(str(error)) from None


def valid(new: NewReceiver, private: bool) -> NewReceiver:
    """Returns the receiver. `private` allows private addresses. An Apprise URL takes seconds. Raises Invalid."""
    if words := words_about("name", new.name, MAX_NAME):
        raise Invalid(words)
    if isinstance(new.secret, str) and (len(new.secret) > MAX_SECRET or not new.secret.isprintable()):
        raise Invalid(f"secret: must have at most {MAX_SECRET} printable characters")
    if isinstance(new.to, str) and (words := _address_words(new.kind, new.to, private)):
        raise Invalid(f"to: {words}")
    if isinstance(new.options, Options) and (words := _options_words(new.name, new.options)):
        raise Invalid(words)
    return new


def shown(kind: str, to: str) -> str:
    """Returns a valid address without what may be secret or names a person. The host of a chat service's URL is often
    a token."""
    if kind == "email":
        return f"…@{to.rpartition('@')[2]}"
    scheme = to.partition("://")[0].lower()
    if kind == "apprise":
        return f"{scheme}://…"
    url = split(to)
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    return f"{scheme}://{host}{f':{url.port}' if url.port else ''}"


def _address_words(kind: Kind, to: str, private: bool) -> str:
    if not 0 < len(to) <= MAX_TO:
        return f"must have 1 to {MAX_TO} characters"
    if kind == "email":
        return "" if MAIL.fullmatch(to) else "is not one e-mail address, such as ops@example.org"
    if kind == "apprise":
        return _chat_words(to)
    try:
        url = split(to)
    except ValueError as error:
        return f"is not a web address, such as https://example.org/hook: {error}"
    return refusal_of_literal(url.hostname or "", private)


def _chat_words(to: str) -> str:
    if not CHAT.fullmatch(to):
        return "is not an Apprise URL, such as discord://ID/TOKEN"
    if LOCAL_FILE.search(to):
        return "template, config and attach would read files of this machine: leave them out"
    return check(to)


def _options_words(name: str, options: Options) -> str:
    if options.repeat_seconds and not MIN_REPEAT <= options.repeat_seconds <= MAX_REPEAT:
        return f"repeat_seconds: 0 for never, or {MIN_REPEAT} to {MAX_REPEAT} s"
    if not 0 <= options.group_seconds <= MAX_GROUP:
        return f"group_seconds: 0 to {MAX_GROUP} s"
    if not 1 <= options.escalate_after_minutes <= MAX_ESCALATION:
        return f"escalate_after_minutes: 1 to {MAX_ESCALATION} minutes"
    if options.escalate_to == name:
        return "escalate_to: must be another receiver"
    return _quiet_words(options.quiet_hours) if options.quiet_hours else ""


def _quiet_words(quiet: QuietHours) -> str:
    if quiet.start == quiet.end:
        return "quiet_hours: from and to must differ"
    try:
        ZoneInfo(quiet.zone)
    except (ValueError, OSError, KeyError):
        return f"quiet_hours: {quiet.zone[:60]!r} is not a time zone, such as Europe/Berlin"
    return ""
