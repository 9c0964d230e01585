"""Rules in the database: those that ship with sbdash, and those that administrators saved. A saved rule replaces a
shipped one, and each change is an entry of the journal."""

import logging
from collections.abc import Iterable
from time import time
from typing import NamedTuple

import msgspec
from django.conf import settings
from django.db.models import Max
from msgspec.structs import asdict, astuple

from monitoring.alerts import models
from monitoring.alerts.figure import FIGURES
from monitoring.alerts.rows import RuleRow
from monitoring.alerts.rule import Invalid, Rule, Stale, valid
from monitoring.alerts.shipped import Thresholds, shipped
from monitoring.db.transactions import transactional
from monitoring.events.internal import Actor, Values
from monitoring.events.shape import Shape
from monitoring.journal import store as journal
from monitoring.recording.changes import change, record_changes
from sbdash.fields import new_key

log = logging.getLogger(__name__)
MAX_RULES = 2_000
_logged: set[tuple[str, str]] = set()
"""Rules and figures that were logged as not known."""


class KnownRule(NamedTuple):
    """A rule that is in force. `source`: "setting", "shipped" or "saved"; `setting` names the setting. `saved_at` in µs
    since 1970, 0 for one that was never saved."""

    key: int
    rule: Rule
    version: int
    source: str
    setting: str
    position: int
    saved_at: int


def first_rules() -> dict[int, KnownRule]:
    """Returns the rules as they ship, with the settings as thresholds, by key."""
    thresholds = Thresholds(
        settings.MAX_RESPONSE_TIME_ALERT,
        settings.ALERT_HIGH_RESPONSE_TIME,
        settings.ALERT_LOW_ENGAGEMENT,
        settings.ALERT_SUSPICIOUS_ACTIVITY,
        settings.MAX_SESSION_DURATION,
    )
    return {
        key: KnownRule(key, rule, 0, "setting" if setting else "shipped", setting, 0, 0)
        for key, (rule, setting) in shipped(thresholds).items()
    }


def rules() -> dict[int, KnownRule]:
    """Returns all rules in force by key, in order of name."""
    first = first_rules()
    for row in models.SavedRule.objects.all():
        setting = first[row.key].setting if row.key in first else ""
        decoded = msgspec.json.decode(row.rule, type=Rule)
        _log_unknown(decoded)
        first[row.key] = KnownRule(row.key, decoded, row.version, "saved", setting, row.position, row.saved_at)
    return dict(sorted(first.items(), key=lambda one: one[1].rule.name.lower()))


def _log_unknown(rule: Rule) -> None:
    """Logs once in a process that a rule cannot be evaluated, because this version does not know its figure."""
    if rule.figure not in FIGURES and (rule.name, rule.figure) not in _logged:
        _logged.add((rule.name, rule.figure))
        log.warning("the rule %r cannot be evaluated: figure %r is not known", rule.name, rule.figure)


def rules_changed() -> tuple[int, int]:
    """Returns a value that differs after each change of the saved rules."""
    found = models.SavedRule.objects.aggregate(last=Max("saved_at"))["last"] or 0
    return models.SavedRule.objects.count(), found


def row_of(known: KnownRule) -> RuleRow:
    return RuleRow(
        *astuple(known.rule),
        id=known.key,
        version=known.version,
        source=known.source,
        setting=known.setting or None,
        position=known.position,
    )


@transactional
def save_rule(rule: Rule, by: str, actor: Actor, key: int | None = None, read: int | None = None) -> KnownRule:
    """Stores a rule, new or instead of the one with this key, with its entry in the journal. `read` is the version that
    it is to replace; None for any. A rule that is saved as it is stays as it is. Raises Invalid, and Stale if there
    is another version."""
    valid(rule, settings.STATISTICS_RETENTION_DAYS)
    _lock(key)
    known = rules()
    before = None if key is None else known.get(key)
    _check_version(before, read)
    if before and before.source == "saved" and before.rule == rule:
        return before
    if any(other.rule.name == rule.name and other.key != key for other in known.values()):
        raise Invalid(f"name: there is a rule {rule.name!r} already")
    if len(known) >= MAX_RULES:
        raise Invalid(f"there are {MAX_RULES} rules already; delete one first")
    if missing := set(rule.receivers) - set(models.Receiver.objects.values_list("name", flat=True)):
        raise Invalid(f"receivers: there is no receiver {sorted(missing)[0]!r}; save it first")
    number, version = key or new_key(), (before.version if before else 0) + 1
    position = record_changes([change(actor, "rule", number, _values(before), asdict(rule))]) or journal.size()
    now = int(time() * 1e6)
    models.SavedRule.objects.update_or_create(
        key=number,
        defaults={
            "name": rule.name, "rule": msgspec.json.encode(rule).decode(), "version": version, "position": position,
            "saved_by": by, "saved_at": now,
        },
    )  # fmt: skip
    return KnownRule(number, rule, version, "saved", before.setting if before else "", position, now)


def _lock(key: int | None) -> None:
    """Holds up other transactions that save this rule, until the end of this one."""
    if key is not None:
        models.SavedRule.objects.select_for_update().filter(key=key).first()


def _check_version(known: KnownRule | None, read: int | None) -> None:
    if read is None or (known is not None and known.version == read):
        return
    words = "is deleted" if known is None else "was changed"
    raise Stale(f"the rule {words} since you opened it: load it again, then make your change")


@transactional
def delete_rule(key: int, actor: Actor) -> bool:
    """Removes a saved rule, with its entry in the journal. A shipped rule is again as it ships. Returns False if no
    saved rule has this key."""
    row = models.SavedRule.objects.filter(key=key).first()
    if row is None:
        return False
    first = first_rules().get(key)
    before = asdict(msgspec.json.decode(row.rule, type=Rule))
    record_changes([change(actor, "rule", key, before, _values(first))])
    row.delete()
    return True


def _values(known: KnownRule | None) -> Values | None:
    return None if known is None else asdict(known.rule)


class Rules(Shape, frozen=True):
    """All rules in force."""

    rules: list[RuleRow]


def listed(found: Iterable[KnownRule]) -> Rules:
    return Rules([row_of(known) for known in found])
