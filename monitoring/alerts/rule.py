"""A rule as an administrator writes it, and its validation. Pure."""

from math import isfinite
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from monitoring.alerts.figure import FIGURES, SCOPES, Figure
from monitoring.events.shape import Shape

DAY = 86_400
MAX_WINDOW, MAX_WAIT = 30 * DAY, 30 * DAY
"""The longest window, and the longest `for_seconds` and `cooldown_seconds`."""
MAX_RECEIVERS, MAX_NAME, MAX_MATCH = 20, 120, 200
Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
Scope = Literal["all", "session", "user", "model", "operation", "source"]
Comparison = Literal[">", ">=", "<", "<="]
Severity = Literal["notice", "warning", "critical"]
NoData = Literal["keep", "clear", "fire"]
SEVERITIES = ("notice", "warning", "critical")


class Rule(Shape, frozen=True, forbid_unknown_fields=True):
    """A threshold over a figure. `window_seconds` 0 stands for each single value. `clear` is the threshold at which it
    ends; default: the threshold. `no_data`: a rule without data keeps its state, is clear, or fires."""

    name: Name
    figure: str
    comparison: Comparison
    threshold: float
    scope: Scope = "all"
    match: Annotated[str, Meta(max_length=MAX_MATCH)] | None = None
    clear: float | None = None
    window_seconds: int = 300
    for_seconds: int = 0
    cooldown_seconds: int = 0
    severity: Severity = "warning"
    no_data: NoData = "keep"
    enabled: bool = True
    receivers: list[str] = []

    @property
    def clearing(self) -> float:
        return self.threshold if self.clear is None else self.clear

    @property
    def of(self) -> Figure:
        return FIGURES[self.figure]

    @property
    def step(self) -> int:
        """Seconds between two samples; 0 for single values."""
        return self.of.scopes[self.scope]


class ChangedRule(Rule, frozen=True, kw_only=True):
    """A rule to save instead of another. `version` is that of the rule that was read: if it has another one meanwhile,
    the change is refused. Without it the rule is replaced in any case."""

    version: int | None = None


_changed_rule = msgspec.json.Decoder(ChangedRule)


class Invalid(ValueError):
    """The rule cannot be kept; the text names the field and says what to do."""


class Stale(Invalid):
    """The rule was changed since it was read."""


def parse(body: bytes) -> Rule:
    """Returns the rule in a request's body. Raises Invalid."""
    try:
        rule = msgspec.json.decode(body, type=Rule)
    except msgspec.MsgspecError as error:
        raise Invalid(str(error)) from None
    return valid(rule)


def parse_change(body: bytes) -> tuple[Rule, int | None]:
    """Returns the rule in the body of a change, and the version that it is to replace. Raises Invalid."""
    try:
        sent = _changed_rule.decode(body)
    except msgspec.MsgspecError as error:
        raise Invalid(str(error)) from None
    return valid(Rule(**{name: getattr(sent, name) for name in Rule.__struct_fields__})), sent.version


def valid(rule: Rule, retention_days: int = 90) -> Rule:
    """Returns the rule. Raises Invalid."""
    words = _text_words(rule) or _figure_words(rule) or _threshold_words(rule) or _window_words(rule, retention_days)
    if words:
        raise Invalid(words)
    return rule


def words_about(name: str, text: str, most: int, least: int = 1) -> str:
    """Returns what is wrong with a text of the field `name`; empty for `least` to `most` printable characters, not only
    spaces. Control characters, line ends and characters that change the direction are not printable."""
    if least <= len(text) <= most and text.isprintable() and (text.strip() or text == ""):
        return ""
    return f"{name}: must have {f'{least} to' if least else 'at most'} {most} printable characters"


def _text_words(rule: Rule) -> str:
    match = "" if rule.match is None else words_about("match", rule.match, MAX_MATCH)
    return words_about("name", rule.name, MAX_NAME) or match


def _figure_words(rule: Rule) -> str:
    figure = FIGURES.get(rule.figure)
    if figure is None:
        return f"figure: {rule.figure!r} is none of {', '.join(sorted(FIGURES))}"
    if rule.scope not in figure.scopes:
        return f"scope: {rule.figure} is known for {' and '.join(figure.scopes)}, not for {SCOPES[rule.scope]}"
    if rule.match is not None and rule.scope == "all":
        return "match: a rule over all has no name to match; choose another scope or leave it out"
    return ""


def _threshold_words(rule: Rule) -> str:
    if not isfinite(rule.threshold) or not isfinite(rule.clearing):
        return "threshold: write a finite number"
    is_beyond = rule.clearing > rule.threshold if rule.comparison.startswith(">") else rule.clearing < rule.threshold
    if is_beyond:
        side = "at or below" if rule.comparison.startswith(">") else "at or above"
        return f"clear: {rule.clearing:g} must be {side} the threshold {rule.threshold:g}, or the rule never ends"
    return ""


def _window_words(rule: Rule, retention_days: int) -> str:
    step, longest = rule.step, min(MAX_WINDOW, retention_days * DAY)
    for name in ("window_seconds", "for_seconds", "cooldown_seconds"):
        if getattr(rule, name) < 0:
            return f"{name}: must not be negative"
    if max(rule.for_seconds, rule.cooldown_seconds) > MAX_WAIT:
        return f"for_seconds and cooldown_seconds: at most {MAX_WAIT} s"
    if step == 0:
        if rule.window_seconds:
            return f"window_seconds: is 0, because {rule.figure} for {SCOPES[rule.scope]} is a single value"
        return "for_seconds: is 0 for single values" if rule.for_seconds else ""
    if rule.window_seconds > longest:
        return f"window_seconds: at most {longest} s of figures are kept"
    if rule.window_seconds < step or rule.window_seconds % step:
        return f"window_seconds: a multiple of {step} s, in which {rule.figure} for {SCOPES[rule.scope]} is counted"
    return ""
