"""REST views of rules: to list and change them, and to try them on the past."""

from datetime import UTC, datetime
from time import time
from typing import Annotated, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from msgspec import Meta, Struct
from ninja import Router
from ninja.errors import HttpError

from monitoring.alerts.backtest import Backtest, backtest
from monitoring.alerts.curve import Curve, curve
from monitoring.alerts.proposal import Proposal, propose
from monitoring.alerts.rows import RuleRow
from monitoring.alerts.rule import ChangedRule, Invalid, Rule, parse, parse_change, valid
from monitoring.alerts.rules import Rules, delete_rule, listed, row_of, rules, save_rule
from monitoring.api.auth import staff, writer
from monitoring.api.moments import seconds
from monitoring.api.rest import body_of, created, decoded, gone, read_endpoint, write_endpoint
from monitoring.events.shape import Moment

router = Router(tags=["alerts"])
DEFAULT_DAYS = 30


class Tried(Struct, frozen=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """A rule to try on the past: from `from` (default: 30 days before `to`) to `to` (default: now)."""

    rule: Rule
    start: Moment | None = None
    end: Moment | None = None


class TriedRule(Tried, frozen=True, kw_only=True):
    """A rule to try on the past, and the rule `against` which its firings are compared."""

    against: Rule | None = None


class Wanted(Tried, frozen=True, kw_only=True):
    """A rule for which a threshold is wanted that gives at most `per_week` alerts a week."""

    per_week: Annotated[float, Meta(ge=0)]


Kind = TypeVar("Kind", bound=Tried)


@read_endpoint(router, "/rules", "Rules")
def all_rules(request: HttpRequest) -> Rules:
    """All rules in force, in order of name: those that ship with sbdash, and those that were saved. For staff."""
    staff(request, "rules are")
    return listed(rules().values())


@read_endpoint(router, "/rules/{int:rule_id}", "One rule", 404)
def rule(request: HttpRequest, rule_id: int) -> RuleRow:
    """For staff."""
    staff(request, "rules are")
    known = rules().get(rule_id)
    if known is None:
        raise HttpError(404, f"there is no rule {rule_id}")
    return row_of(known)


@write_endpoint(router, "POST", "/rules", "Save a new rule", 413, 422, body=Rule, kind=RuleRow, status=201)
def add_rule(request: HttpRequest) -> HttpResponse:
    """It is evaluated from now on, in every process within two seconds. The change is an entry of the journal."""
    by = writer(request)
    return created(row_of(save_rule(parse(body_of(request)), by.name, by.actor)))


@write_endpoint(
    router, "PUT", "/rules/{int:rule_id}", "Change a rule", 404, 409, 413, 422, body=ChangedRule, kind=RuleRow
)
def change_rule(request: HttpRequest, rule_id: int) -> RuleRow:
    """The rule is replaced by the one that is sent. What fires of the old version ends. With `version`, a rule that was
    changed since it was read stays as it is: 409."""
    by = writer(request)
    if rule_id not in rules():
        raise HttpError(404, f"there is no rule {rule_id}")
    sent, read = parse_change(body_of(request))
    return row_of(save_rule(sent, by.name, by.actor, rule_id, read))


@write_endpoint(router, "DELETE", "/rules/{int:rule_id}", "Delete a saved rule", 404, status=204)
def remove_rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    """A rule that ships with sbdash is again as it ships. To take one out of use, save it with `enabled` false."""
    if not delete_rule(rule_id, writer(request).actor):
        raise HttpError(404, f"no saved rule has the id {rule_id}")
    return gone()


@write_endpoint(router, "POST", "/rules/backtest", "Try a rule on the past", 413, 422, body=TriedRule, kind=Backtest)
def try_rule(request: HttpRequest) -> Backtest:
    """The times at which the rule would have fired on the history that is kept."""
    tried = _decoded(request, TriedRule)
    if tried.against is not None:
        valid(tried.against, settings.STATISTICS_RETENTION_DAYS)
    return backtest(tried.rule, *_times(tried), tried.against)


@write_endpoint(router, "POST", "/rules/history", "The past of a rule's figure", 413, 422, body=Tried, kind=Curve)
def history_of_rule(request: HttpRequest) -> Curve:
    """The least and the largest value in each of at most 1,500 parts of the time, to set a threshold on."""
    tried = _decoded(request, Tried)
    return curve(tried.rule, *_times(tried))


@write_endpoint(router, "POST", "/rules/propose", "Propose a threshold", 413, 422, body=Wanted, kind=Proposal)
def propose_threshold(request: HttpRequest) -> Proposal:
    """The threshold with at most so many alerts a week on the history that is kept."""
    wanted = _decoded(request, Wanted)
    found = propose(wanted.rule, wanted.per_week, *_times(wanted))
    if found is None:
        raise HttpError(422, "rule: no value of this figure is kept for this time")
    return found


def _decoded(request: HttpRequest, kind: type[Kind]) -> Kind:
    tried = decoded(request, kind)
    valid(tried.rule, settings.STATISTICS_RETENTION_DAYS)
    return tried


def _times(tried: Tried) -> tuple[int, int]:
    """Start and end in s. Raises Invalid."""
    end = int(time()) + 1 if tried.end is None else _seconds("to", tried.end)
    start = end - DEFAULT_DAYS * 86_400 if tried.start is None else _seconds("from", tried.start)
    if not 0 <= start < end <= time() + 86_400:
        raise Invalid("from and to: a time that has begun, `from` before `to`")
    return start, end


def _seconds(name: str, moment: str) -> int:
    try:
        found = datetime.fromisoformat(moment)
        return int(seconds(found if found.tzinfo else found.replace(tzinfo=UTC)))
    except (ValueError, OverflowError):
        raise Invalid(f"{name}: {moment!r} is not a time such as 2026-11-30T15:00:00Z") from None
