"""What sessions and time buckets must say, recalculated the slow way from everything that was sent.

Written from the interfaces alone; it shares the shape of events with the code, the histogram's bucket numbers, and the
names of what is counted (stats/metrics.py).
An event here is (arrival, at, data): the order of arrival, µs since 1970, and the event's data.
"""

from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

from monitoring.events.vocabulary import Message, Operation, SessionEnded, SessionStarted, TokenUsage, Vote
from monitoring.stats import metrics
from monitoring.stats.histogram import bucket_of
from monitoring.stats.metrics import Metric

WIDTHS = (1, 10, 60, 3600, 86_400)
Seconds = dict[tuple[Metric, str], Counter[int]]
"""Amounts by second, of what is counted by what."""
Buckets = dict[tuple[int, int], dict[str, dict[str, int]]]
CLOCK = "sbdash"
"""The agent by which a test says that an end is the clock's."""
WAITS = (0, 1, 2, 5, 10, 20, 30, 60)
LIVES = (0, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 86400, 172800)
"""Lower borders of bands, s."""
BORDERS = (60, 120, 300, 600, 900, 1800, 3600)


def micros(moment: Any) -> int:
    return round(moment.timestamp() * 1e6)


def recalculated(
    sent: list[tuple[int, int, Any]], only: set[str] | None = None
) -> tuple[dict[str, dict[str, Any]], Buckets]:
    """The figures of each session, and the counts of each bucket by (width, start in s); of `only` these sessions."""
    states, usages = {}, defaultdict(list)
    for _, at, data in sorted(sent, key=lambda one: one[0]):
        if isinstance(data, Message):
            done = -1 if data.completed_at is None else micros(data.completed_at)
            rank = (data.status != "pending", done)
            if data.message_id not in states or rank >= states[data.message_id][0]:
                states[data.message_id] = rank, at, at if done < 0 else done, data
        elif isinstance(data, TokenUsage):
            usages[data.message_id].append(data)
    talks = defaultdict(list)
    for _, at, done, data in states.values():
        talks[data.session_id].append((at, data.message_id, done, data))
    figures: dict[str, dict[str, Any]] = defaultdict(
        lambda: dict.fromkeys(NAMES, 0) | {"models": {}, "histogram": {}, "free": {}, "gaps": {}}
    )
    seconds: Seconds = defaultdict(Counter)
    active = set()
    for session, talk in talks.items():
        if only is not None and session not in only:
            continue
        talk.sort(key=lambda one: one[:2])
        found, waits, starts = figures[session], [], []
        for at, id, done, data in talk:
            tokens = tokens_of(data, usages[id])
            said = usages[id] or [data]
            model = min((one.model for one in said if one.model), default=data.model) or "unknown"
            found["message_count"] += 1
            found["user_messages"] += data.role == "user"
            found["assistant_messages"] += data.role == "assistant"
            found["failed_messages"] += data.status == "failed"
            found["pending_messages"] += data.status == "pending"
            for name, amount in zip(
                ("prompt_tokens", "completion_tokens", "total_tokens", "cost"), tokens, strict=True
            ):
                found[name] += amount
            if data.role == "assistant" or any(tokens):
                held = found["models"].get(model, (0,) * 5)
                order = (1, tokens[2], tokens[3], tokens[0], tokens[1])
                found["models"][model] = tuple(a + b for a, b in zip(held, order, strict=True))
                add(seconds, done, metrics.MODEL_MESSAGES, 1, model)
                for metric, unpriced, amount in (
                    (metrics.PROMPT_TOKENS, metrics.UNPRICED_PROMPT, tokens[0]),
                    (metrics.COMPLETION_TOKENS, metrics.UNPRICED_COMPLETION, tokens[1]),
                ):
                    add(seconds, done, metric, amount, model)
                    add(seconds, done, unpriced, 0 if tokens[3] else amount, model)
                if not tokens[3] and any(tokens[:2]):
                    day = f"{done // 86_400_000_000} {model}"
                    free = found["free"].get(day, (0, 0))
                    found["free"][day] = (free[0] + tokens[0], free[1] + tokens[1])
                add(seconds, done, metrics.HOURLY_TOKENS, tokens[2], done // 3_600_000_000 % 24)
                add(seconds, done, metrics.HOURLY_COST, tokens[3], done // 3_600_000_000 % 24)
            add(seconds, at, metrics.HOURLY_MESSAGES, 1, at // 3_600_000_000 % 24)
            add(seconds, at, metrics.MESSAGES, 1, data.role)
            add(seconds, done, metrics.TOKENS, tokens[2], model)
            add(seconds, done, metrics.COST, tokens[3], model)
            add(seconds, done, metrics.ERRORS, data.status == "failed", "message")
            add(seconds, done, metrics.ANSWERS, data.role == "assistant" and data.status != "pending")
            add(seconds, done, metrics.ANSWERS_FAILED, data.role == "assistant" and data.status == "failed")
            active |= {(width, at // 1_000_000 // width * width, session) for width in WIDTHS}
        for (asked, _, _, question), (at, _, done, answer) in pairwise(talk):
            if question.role == "user" and answer.role == "assistant" and answer.status != "pending":
                if done < asked:
                    found["skewed_responses"] += 1
                    add(seconds, at, metrics.SKEWED, 1)
                    continue
                waits.append(done - asked)
                starts.append(at - asked)
                add(seconds, done, metrics.RESPONSE_TIME, 1, bucket_of(waits[-1]))
                add(seconds, done, metrics.RESPONSE_BANDS, 1, band(waits[-1], WAITS))
                said = usages[answer.message_id] or [answer]
                model = min((one.model for one in said if one.model), default=answer.model) or "unknown"
                add(seconds, done, metrics.MODEL_RESPONSE_TIME, 1, bucket_of(waits[-1]), model)
                if talk[-1][1] == answer.message_id:
                    add(seconds, done, metrics.LAST_BANDS, 1, band(waits[-1], WAITS))
        for (asked, _, _, _), (at, _, _, _) in pairwise(talk):
            border = min((one for one in BORDERS if at - asked <= one * 1_000_000), default=0)
            add(seconds, at, metrics.GAP_TIME, at - asked, border)
            if at > asked:
                found["gaps"][border] = found["gaps"].get(border, 0) + at - asked
        if talk[-1][3].role == "user":
            add(seconds, talk[-1][0], metrics.UNANSWERED, 1)
        found |= {"responses": len(waits), "wait_sum": sum(waits), "start_sum": sum(starts)}
        found |= {"first_at": talk[0][0], "last_at": talk[-1][0], "histogram": dict(Counter(map(bucket_of, waits)))}
    happenings([one for one in sent if only is None or one[2].session_id in only], figures, seconds)
    return dict(figures), spread(seconds, active)


NAMES = [
    "message_count", "user_messages", "assistant_messages", "failed_messages", "pending_messages", "prompt_tokens",
    "completion_tokens", "total_tokens", "cost", "first_at", "last_at", "responses", "wait_sum", "start_sum",
    "skewed_responses", "failed_operations", "votes_up", "votes_down", "ended_at",
]  # fmt: skip


def tokens_of(data: Message, usages: list[TokenUsage]) -> tuple[int, int, int, int]:
    """Prompt, completion, total, and cost in 1e-9 USD: the records' sums, or what the message carried."""
    if usages:
        sums = [sum(getattr(one, f"{name}_tokens") for one in usages) for name in ("prompt", "completion", "total")]
        return sums[0], sums[1], sums[2], sum(nanos(one.cost) for one in usages)
    prompt, completion = data.prompt_tokens or 0, data.completion_tokens or 0
    total = prompt + completion if data.total_tokens is None else data.total_tokens
    return prompt, completion, total, nanos(data.cost or 0.0)


def nanos(cost: float) -> int:
    """A cost is at least 1e-9 USD."""
    return max(1, round(cost * 1e9)) if cost else 0


def band(micros: int, borders: tuple[int, ...]) -> int:
    return max(border for border in borders if border * 1_000_000 <= micros)


def add(seconds: Seconds, at: int, metric: Metric, amount: int, *by: str | int) -> None:
    if amount:
        seconds[metric, ":".join(map(str, by))][at // 1_000_000] += amount


def spread(seconds: Seconds, active: set[tuple[int, int, str]]) -> Buckets:
    """The buckets that hold this, without zeros; `active` are (width, start, session)."""
    sums: dict[tuple[int, int], dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for (metric, by), counts in seconds.items():
        for second, amount in counts.items():
            for width in metric.widths:
                sums[width, second // width * width][metric.code][by] += amount
    for width, start, _ in active:
        sums[width, start][metrics.SESSIONS_ACTIVE.code][""] += 1
    found = {
        place: {code: dict(left) for code, counts in groups.items() if (left := +counts)}
        for place, groups in sums.items()
    }
    return {place: groups for place, groups in found.items() if groups}


def happenings(sent: list[tuple[int, int, Any]], figures: dict[str, dict[str, Any]], seconds: Seconds) -> None:
    """Starts (the earliest declared, or the first message), ends (the latest), operations, votes (the latest)."""
    declared: dict[str, int] = {}
    ended: dict[str, tuple[int, str, bool]] = {}
    votes: dict[tuple[str, str], tuple[int, int, str, str]] = {}
    for arrival, at, data in sent:
        match data:
            case SessionStarted():
                declared[data.session_id] = min(at, declared.get(data.session_id, at))
            case SessionEnded():
                one = at, data.reason, data.user_agent == CLOCK
                ended[data.session_id] = max(one, ended.get(data.session_id, one), key=rank)
            case Operation():
                add(seconds, at, metrics.OPERATIONS, 1, data.outcome)
                operation(seconds, at, data)
                add(seconds, at, metrics.ERRORS, data.outcome != "ok", "operation")
                if data.session_id:
                    figures[data.session_id]["failed_operations"] += data.outcome != "ok"
            case Vote():
                ballot = data.message_id, data.user_id or ""
                vote = at, arrival, data.value, data.session_id
                votes[ballot] = max(vote, votes.get(ballot, vote))
    for session in {*figures, *declared, *ended}:
        found = figures.get(session, {"message_count": 0})
        began = declared.get(session, found["first_at"] if found["message_count"] else None)
        if session in ended and began is not None and ended[session][0] >= began:
            life = min(ended[session][0] - began, 366 * 86_400_000_000)
            add(seconds, ended[session][0], metrics.LIFETIME_BANDS, 1, band(life, LIVES))
            add(seconds, ended[session][0], metrics.LIFETIME, 1, bucket_of(life))
            add(seconds, ended[session][0], metrics.LIFETIME_SUM, life)
        if began is not None and session not in declared:
            add(seconds, began, metrics.SESSIONS_STARTED, 1)
    for began in declared.values():
        add(seconds, began, metrics.SESSIONS_STARTED, 1)
    for session, (at, reason, _) in ended.items():
        figures[session]["ended_at"] = at
        add(seconds, at, metrics.SESSIONS_ENDED, 1, reason)
        add(seconds, at, metrics.ERRORS, reason == "error", "session")
    for _, _, value, session in votes.values():
        if value != "none":
            figures[session][f"votes_{value}"] += 1


def rank(end: tuple[int, str, bool]) -> tuple[int, bool, int, str]:
    """Of several ends the one that holds: the clock's is as late as the silence that it speaks of."""
    at, reason, clock = end
    return at - 1_800_000_000 if clock else at, not clock, at, reason


def operation(seconds: Seconds, at: int, data: Operation) -> None:
    name = data.operation
    add(seconds, at, metrics.NAMED_OPERATIONS, 1, data.outcome, name)
    if data.duration_ms is not None:
        add(seconds, at, metrics.OPERATION_TIME, 1, bucket_of(round(data.duration_ms * 1000)), name)
    if data.memory_bytes is not None:
        add(seconds, at, metrics.OPERATION_MEMORY, data.memory_bytes, name)
        add(seconds, at, metrics.OPERATION_MEMORY_REPORTS, 1, name)
    if data.cpu_seconds is not None:
        add(seconds, at, metrics.OPERATION_CPU, round(data.cpu_seconds * 1e6), name)
        add(seconds, at, metrics.OPERATION_CPU_REPORTS, 1, name)


def owner_days(sent: list[tuple[int, int, Any]]) -> dict[tuple[str, int], dict[str, dict[str, int]]]:
    """What is counted for each owner and day: the day buckets of their sessions alone. Whoever is named first in a
    session owns it; operations are nobody's."""
    owners: dict[str, str] = {}
    for _, _, data in sorted(sent, key=lambda one: one[0]):
        named = getattr(data, "user_id", None) if isinstance(data, Message | SessionStarted) else None
        if named and data.session_id:
            owners.setdefault(data.session_id, named)
    found = {}
    for owner in set(owners.values()):
        theirs = {session for session, whose in owners.items() if whose == owner}
        # a message belongs to the session of its last state, whoever counts it
        kept = [one for one in sent if not isinstance(one[2], Operation | Vote)]
        _, buckets = recalculated(kept, only=theirs)
        for (width, start), groups in buckets.items():
            groups.pop(metrics.SESSIONS_ACTIVE.code, None)
            if width == 86_400 and groups:
                found[owner, start // 86_400] = groups
    return found
