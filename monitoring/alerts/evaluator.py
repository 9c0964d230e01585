"""Evaluates the rules as data arrives: alerts follow from the same samples and the same state machine as a backtest.

The state of a rule is final up to `until`, SETTLE_SECONDS behind the present; later samples are folded again each
time, that of a step that is filling too if it is certain. What arrives for an older time moves `until` back to that
time, once in LATE_SECONDS, and the alerts since then are evaluated again. A state is never stored: it follows from the
alerts before.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from time import monotonic, time

from monitoring.alerts import store
from monitoring.alerts.changes import Known, Place, changes, micros, place_of
from monitoring.alerts.figure import FIGURES
from monitoring.alerts.history import (
    ByScope,
    PartsByScope,
    answers,
    first_step,
    judged,
    parts_between,
    samples_of,
)
from monitoring.alerts.rule import Rule
from monitoring.alerts.rules import KnownRule, rules, rules_changed
from monitoring.alerts.sessions import breaches, changed_sessions
from monitoring.alerts.state import OK, Firing, State, fold, moments
from monitoring.journal import checkpoints
from monitoring.journal import store as journal
from monitoring.stats.bucket import DAY, HOUR
from monitoring.stats.reader import changed_since
from monitoring.stats.session import Session

STATS, ANSWERS = "stats", "response_time"
SETTLE_SECONDS, LATE_SECONDS, REMEMBER_SECONDS = 300, 60, 10
LATE_FACTOR = 10
"""After going back the next time comes ten times as much later as it took, and LATE_SECONDS later at least."""
LATE_DAYS = 30
"""Data that is older than this when it arrives changes no alert."""


@dataclass
class Followed:
    """A rule that is evaluated: final `until` (s), its states then (None: to be derived), and its alerts by place."""

    known: KnownRule
    until: int
    states: dict[str, State] | None = None
    alerts: dict[Place, Known] = field(default_factory=dict)

    @property
    def start(self) -> int:
        """The first sample to fold, s. Without states, as long before `until` as a rule waits: nothing that was pending
        for longer has not fired. No sample from longer before the rule was saved is folded, so that an alert that fired
        at once begins at the same time whenever it is derived."""
        rule, saved = self.known.rule, self.known.saved_at // 1_000_000
        until, saved = self.until - self.until % rule.step, saved - saved % rule.step
        return until if self.states is not None else max(0, max(until, saved) - rule.for_seconds - rule.step)


@dataclass
class Steps:
    """The parts of a figure from `first` (s) on and before `end`. Rules with the same window share their samples."""

    parts: PartsByScope
    first: int
    end: int
    known: dict[tuple[int, int, str | None], tuple[range, ByScope]] = field(default_factory=dict)

    def samples(self, rule: Rule, start: int) -> tuple[range, ByScope]:
        """Returns the times of the samples from `start` (s) on, and the samples by scope name."""
        key = rule.window_seconds, start, rule.match
        if key not in self.known:
            times = range(max(start, self.first), self.end, rule.step)
            self.known[key] = times, samples_of(rule, self.parts, times)
        return self.known[key]


class Stopped(Exception):
    """The process ends: the evaluation is begun again by the next one."""


class Evaluator:
    """Evaluates all rules. One process at a time calls it. `stopping()`: True to raise Stopped before the next rule."""

    def __init__(self, tell: store.Tell, stopping: Callable[[], bool] = lambda: False) -> None:
        self._tell, self._stopping = tell, stopping
        self._rules: dict[int, Followed] = {}
        self._rules_changed: object = None
        self._position = 0
        self._late: int | None = None
        self._may_go_back = self._remembered = 0.0
        self._goes_back = False

    def news(self) -> tuple[object, ...]:
        """Returns a value that differs when an evaluation may find something new. Its first part is of the rules."""
        return rules_changed(), checkpoints.checkpoints([STATS])[STATS].position, journal.size()

    def evaluate(self, now: float | None = None) -> int:
        """Evaluates the rules up to what the statistics have counted. Returns the number of changes of alerts."""
        now = time() if now is None else now
        self._load_rules(now)
        checkpoint = checkpoints.checkpoints([STATS])[STATS]
        end = now if checkpoint.position >= journal.size() else min(now, checkpoint.at / 1e6)
        began = monotonic()
        self._go_back(now)
        stepped = [followed for followed in self._rules.values() if followed.known.rule.step]
        single = [followed for followed in self._rules.values() if not followed.known.rule.step]
        of_answers = [followed for followed in single if followed.known.rule.figure == ANSWERS]
        made = self._evaluate_steps(stepped, end, now)
        made += sum(self._evaluate_answers(followed, end, now) for followed in of_answers)
        made += self._evaluate_sessions([followed for followed in single if followed not in of_answers], now)
        self._position = checkpoint.position
        if self._goes_back:
            self._may_go_back = now + max(LATE_SECONDS, LATE_FACTOR * (monotonic() - began))
            self._goes_back = False
        if made or now - self._remembered >= REMEMBER_SECONDS:
            store.remember(min((followed.until for followed in stepped), default=0), self._position)
            self._remembered = now
        return made

    def _go_on(self) -> None:
        if self._stopping():
            raise Stopped

    def _load_rules(self, now: float) -> None:
        """Begins to evaluate new rules and new versions; ends the alerts of those that are gone."""
        changed = rules_changed()
        if changed == self._rules_changed:
            return
        last = store.evaluation()
        if self._rules_changed is None:
            self._position = last.position
        found = {key: known for key, known in rules().items() if known.rule.enabled and known.rule.figure in FIGURES}
        store.end_alerts_except({(key, known.version) for key, known in found.items()}, micros(now), self._tell)
        before, self._rules, self._rules_changed = self._rules, {}, changed
        for key, known in found.items():
            held = before.get(key)
            is_same = held is not None and held.known == known
            self._rules[key] = held if held and is_same else _begun(known, last.until)

    def _go_back(self, now: float) -> None:
        """Notes the oldest minute behind `until` that changed, and goes back to it from time to time."""
        until = max((followed.until for followed in self._rules.values()), default=0)
        hours = changed_since(HOUR, until - LATE_DAYS * DAY, until, self._position)
        if hours:
            minutes = changed_since(60, min(hours), until, self._position)
            self._late = min([*minutes, *([] if self._late is None else [self._late])], default=None)
        if self._late is None or now < self._may_go_back:
            return
        for key, followed in self._rules.items():
            if self._late < followed.until:
                self._rules[key] = _begun(followed.known, self._late)
        self._late, self._goes_back = None, True

    def _evaluate_steps(self, stepped: Iterable[Followed], end: float, now: float) -> int:
        """Evaluates rules with a window: the parts of a figure are read once for all of its rules."""
        made = 0
        ordered = sorted(stepped, key=lambda one: (one.known.rule.figure, one.known.rule.scope))
        for _, members in groupby(ordered, key=lambda one: (one.known.rule.figure, one.known.rule.scope)):
            self._go_on()
            group = list(members)
            rule = group[0].known.rule
            begin = min(one.start + one.known.rule.step - one.known.rule.window_seconds for one in group)
            parts = parts_between(rule.of, rule.scope, begin, int(end) + 1)
            first = first_step(rule.of, rule.step)
            if first is not None:
                read = Steps(parts, first, int(end) + 1)
                made += sum(self._follow(one, read, end, now) for one in group)
        return made

    def _follow(self, followed: Followed, read: Steps, end: float, now: float) -> int:
        self._go_on()
        known, rule = followed.known, followed.known.rule
        start = followed.start
        if followed.states is None:
            followed.states = states_at(known, start, followed.alerts)
        settled = max(followed.until, int(end - SETTLE_SECONDS) // rule.step * rule.step)
        times, by_scope = read.samples(rule, start)
        number = sum(1 for at in times if at < settled)
        after, found = dict(followed.states), list[tuple[str, Firing]]()
        for scope, samples in by_scope.items():
            after[scope], ended = fold(rule, followed.states.get(scope, OK), samples[:number])
            ended = ended[:-1] if after[scope].phase == "firing" else ended
            later = judged(rule, samples[number:], end)
            found += [(scope, one) for one in (*ended, *fold(rule, after[scope], later)[1])]
        made = changes(followed.alerts, found, micros(followed.until), micros(now))
        if made:
            followed.alerts |= store.save_changes(known, made, micros(now), self._tell)
        followed.states, followed.until = after, settled
        followed.alerts = {place: one for place, one in followed.alerts.items() if _matters(place, one, settled)}
        return len(made)

    def _evaluate_answers(self, followed: Followed, end: float, now: float) -> int:
        """Evaluates a rule over single answers, of those that changed since the last evaluation and since the rule was
        saved. An answer of the last SETTLE_SECONDS before that counts if it arrives after that."""
        self._go_on()
        known, rule, alerts = followed.known, followed.known.rule, followed.alerts
        since = max(int(end) - LATE_DAYS * DAY, known.saved_at // 1_000_000 - SETTLE_SECONDS)
        values = answers(rule, since, int(end) + DAY, max(self._position, known.position))
        fired = {scope: [start / 1e6 for name, start in alerts if name == scope] for scope in values}
        found = [(scope, one) for scope, listed in values.items() for one in moments(rule, listed, fired[scope])]
        made = changes({}, found, 0, micros(now))
        if made:
            alerts |= store.save_changes(known, made, micros(now), self._tell)
        return len(made)

    def _evaluate_sessions(self, followed: Sequence[Followed], now: float) -> int:
        """Evaluates the rules over each session, of the sessions that changed."""
        if not followed:
            return 0
        pages = changed_sessions(self._position)
        return sum(self._judge(one, page, now) for page in pages for one in followed)

    def _judge(self, followed: Followed, sessions: Sequence[Session], now: float) -> int:
        self._go_on()
        known, alerts = followed.known, followed.alerts
        firing = {scope: start for (scope, start), one in alerts.items() if one.end is None}
        found = breaches(known.rule, sessions, firing)
        made = changes(
            {place_of(*one): alerts[place_of(*one)] for one in found if place_of(*one) in alerts}, found, 0, 0
        )
        if made:
            alerts |= store.save_changes(known, made, micros(now), self._tell)
        return len(made)


def _begun(known: KnownRule, until: int) -> Followed:
    """The rule from `until` (s) on, or from when it was saved if that was later. An alert that fires then is evaluated
    from its start, because its most extreme value may change, and so is one that ended shortly before, because its
    cool-down holds."""
    since, rule = max(until, known.saved_at // 1_000_000), known.rule
    lead = rule.for_seconds + rule.step
    earlier = lead + rule.cooldown_seconds if rule.step else LATE_DAYS * DAY
    while True:
        alerts = store.known_alerts(known, (since - earlier) * 10**6)
        begun = [
            start // 10**6
            for (_, start), alert in alerts.items()
            if not alert.withdrawn
            and start < since * 10**6
            and (alert.end is None or alert.end >= (since - lead) * 10**6)
        ]
        if not begun or not rule.step:
            return Followed(known, since, alerts=alerts)
        since = min(begun)


def _matters(place: Place, alert: Known, until: int) -> bool:
    return alert.end is None or max(alert.end, place[1]) >= (until - DAY) * 10**6


def states_at(known: KnownRule, start: int, alerts: Mapping[Place, Known]) -> dict[str, State]:
    """Returns the state of each scope before the sample at `start` (s): the end of the last alert before it began a
    cool-down."""
    ends: dict[str, int] = {}
    for (scope, begun), alert in alerts.items():
        if begun < start * 10**6 and not alert.withdrawn:
            ends[scope] = max(ends.get(scope, 0), alert.end or 0)
    return {scope: State(quiet_until=end / 1e6 + known.rule.cooldown_seconds) for scope, end in ends.items()}
