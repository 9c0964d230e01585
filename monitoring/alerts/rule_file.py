"""Saved rules and silences as a YAML file that can be kept in git: export, the differences of a file, import."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import yaml
from django.conf import settings
from msgspec import Struct
from msgspec.structs import asdict

from monitoring.alerts import models
from monitoring.alerts.rule import Invalid, Rule, valid
from monitoring.alerts.rules import KnownRule, rules, save_rule
from monitoring.alerts.silences import NewSilence, check, match_of, save_silence, seconds
from monitoring.db.transactions import transactional
from monitoring.events.envelope import instant
from monitoring.events.internal import Actor, difference


class RuleFile(Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a file. A rule is known by its name; silences are added unless the same one exists."""

    rules: list[Rule] = []
    silences: list[NewSilence] = []


class Difference(NamedTuple):
    """A rule or a silence of a file that is not in force as it is written there. `words` names the fields that differ
    with their old and new values."""

    name: str
    words: list[str]


def export() -> str:
    """Returns all rules in force and the silences that have not ended, as YAML."""
    found = [msgspec.to_builtins(known.rule) for known in rules().values()]
    return yaml.safe_dump(
        {"rules": found, "silences": [msgspec.to_builtins(one) for one in _silences()]},
        sort_keys=False,
        allow_unicode=True,
    )


def read(text: str) -> RuleFile:
    """Returns the content of a file, validated. Raises Invalid."""
    try:
        found = msgspec.convert(_loaded(text), RuleFile)
    except msgspec.ValidationError as error:
        raise Invalid(str(error)) from None
    names = [rule.name for rule in found.rules]
    for name in names:
        if names.count(name) > 1:
            raise Invalid(f"rules: {name!r} stands there twice")
    for rule in found.rules:
        try:
            valid(rule, settings.STATISTICS_RETENTION_DAYS)
        except Invalid as error:
            raise Invalid(f"{rule.name}: {error}") from None
    for silence in found.silences:
        check(silence.match, silence.reason)
    return found


def _loaded(text: str) -> Any:
    try:
        return yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise Invalid(f"this is not YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise Invalid("this is no file of rules: its lists are nested too deeply") from None


def differences(file: RuleFile) -> list[Difference]:
    """Returns what an import would change. Rules that are not in the file stay."""
    by_name = _by_name()
    found = []
    for rule in file.rules:
        known = by_name.get(rule.name)
        changes = difference(None if known is None else asdict(known.rule), asdict(rule))
        if changes:
            words = [f"{field}: {old!r} → {new!r}" for field, (old, new) in changes.items()] if known else ["new"]
            found.append(Difference(rule.name, words))
    return found + [Difference(silence.reason or "silence", [f"until {silence.end}"]) for silence in _new(file)]


@transactional
def apply(file: RuleFile, by: str, actor: Actor) -> list[Difference]:
    """Saves what differs, all or nothing. Returns it. Raises Invalid."""
    found, by_name = differences(file), _by_name()
    changed = {one.name for one in found}
    for rule in file.rules:
        if rule.name in changed:
            known = by_name.get(rule.name)
            save_rule(rule, by, actor, None if known is None else known.key)
    for silence in _new(file):
        save_silence(silence, by, actor)
    return found


def _new(file: RuleFile) -> list[NewSilence]:
    """The silences of the file that no stored one is like: with this end, match and reason."""
    held = [(seconds("to", one.end), one.match, one.reason) for one in _silences()]
    return [one for one in file.silences if (seconds("to", one.end), one.match, one.reason) not in held]


def _by_name() -> dict[str, KnownRule]:
    return {known.rule.name: known for known in rules().values()}


def _silences() -> Iterator[NewSilence]:
    """The stored silences, in order of their ends."""
    for row in models.Silence.objects.order_by("end", "key"):
        yield NewSilence(instant(row.end) or "", match_of(row), instant(row.start), row.reason)
