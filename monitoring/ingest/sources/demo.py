"""Simulates endless traffic for demonstrations; the same seed and start give the same events. Pure.

A discrete-event simulation: a heap holds (time, number, step). A step returns at most one event and schedules further
steps. Random numbers are drawn only by steps, in the heap's order, so that the events do not depend on how often and
how far `events_until` is called. Times are whole milliseconds since 1970 UTC. Events have no text.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from heapq import heappop, heappush
from math import ceil, log
from random import Random
from typing import Any

from monitoring.ingest.sources.cloud_event import CloudEvent, cloud_event

SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1000, 60_000, 3_600_000, 86_400_000
OWNERS = tuple(f"demo-owner-{number:02}" for number in range(1, 41))
_PERCENT = "20 15 12 10 10 12 20 40 70 100 100 100 75 65 60 60 60 65 75 100 100 100 60 35"
HOURLY_LOAD = tuple(int(part) / 100 for part in _PERCENT.split())
"""Load of each hour of the day (UTC), relative to the rush hours."""
WEEKEND_LOAD = 0.5
SESSIONS_PER_SECOND = 0.06
"""New sessions a second in a rush hour, at rate 1."""
MEDIAN_QUESTIONS = 8
"""Median of a session's questions; the distribution is log-normal with sigma 0.8."""
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/26.0 Mobile Safari",
)
ERRORS = ("upstream_timeout", "upstream_unavailable", "context_length_exceeded", "out_of_memory")
OPERATIONS = (("vector_search", 120), ("embed", 60), ("load_history", 15), ("save_message", 8), ("rerank", 250))
"""Names and median durations in ms."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model: its share of the sessions, the median and sigma of its response time in seconds (log-normal), and USD
    for a million tokens. `late`: its tokens come in a later event."""

    name: str
    share: float
    median: float
    spread: float
    prompt_price: float
    completion_price: float
    late: bool


MODELS = (
    Model("llama3.2", 40, 2.4, 0.55, 0, 0, False),
    Model("qwen2.5", 25, 3.6, 0.6, 0, 0, True),
    Model("mistral", 15, 3.0, 0.5, 0, 0, False),
    Model("gpt-4o", 20, 1.8, 0.45, 2.5, 10, True),
)


@dataclass(frozen=True, slots=True)
class Chat:
    """An open session."""

    id: str
    owner: str
    model: Model


@dataclass(frozen=True, slots=True)
class Answer:
    """A pending answer: its start, its later error (None: it succeeds), and its tokens."""

    id: str
    began: int
    error: str | None
    prompt: int
    completion: int

    def tokens(self, model: Model) -> dict[str, Any]:
        cost = (self.prompt * model.prompt_price + self.completion * model.completion_price) / 1e6
        total = self.prompt + self.completion
        counts = {"prompt_tokens": self.prompt, "completion_tokens": self.completion, "total_tokens": total}
        return counts | {"cost": round(cost, 6)}


Step = Callable[[int], CloudEvent | None]


class Demo:
    """Simulates traffic from `start` (seconds since 1970 UTC); `rate` scales the number of sessions. Raises ValueError
    if it is not positive."""

    def __init__(self, seed: int, start: float, rate: float = 1.0) -> None:
        if rate <= 0:
            raise ValueError("the rate must be above 0")
        self._random = Random(seed)  # noqa: S311 - traffic, not secrets
        self._rate = rate
        self._start = ceil(start * SECOND_MS)
        self._heap: list[tuple[int, int, Step]] = []
        self._steps = self._events = self._sessions = 0
        self._slow_until = dict.fromkeys(MODELS, 0)
        self._open_initial_sessions()
        self._after(self._start, self._arrival_gap(self._start), self._arrive)
        self._after(self._start, self._random.expovariate(1 / 60), self._deny_login)
        for model in MODELS:
            self._after(self._start, self._random.expovariate(1 / 21_600), partial(self._slow_down, model))

    def events_until(self, t: float) -> list[CloudEvent]:
        """Returns the events after the last call and until `t` (seconds since 1970 UTC), in order of time."""
        events = []
        while self._heap[0][0] / SECOND_MS <= t:
            at, _, step = heappop(self._heap)
            event = step(at)
            if event is not None:
                events.append(event)
        return events

    # --- time

    def _after(self, at: int, seconds: float, step: Step) -> None:
        self._steps += 1
        heappush(self._heap, (at + 1 + int(seconds * SECOND_MS), self._steps, step))

    def _arrival_gap(self, at: int) -> float:
        """Returns the seconds until the next session begins."""
        return self._random.expovariate(load_at(at) * SESSIONS_PER_SECOND * self._rate)

    def _lognormal(self, median: float, spread: float) -> float:
        return self._random.lognormvariate(log(median), spread)

    def _open_initial_sessions(self) -> None:
        """Opens about as many sessions as a running simulation has, so that a demonstration does not begin empty."""
        for _ in range(round(load_at(self._start) * SESSIONS_PER_SECOND * self._rate * 400)):
            self._after(self._start, self._random.uniform(0, 30), self._open)

    # --- sessions

    def _arrive(self, at: int) -> CloudEvent:
        self._after(at, self._arrival_gap(at), self._arrive)
        return self._open(at)

    def _open(self, at: int) -> CloudEvent:
        self._sessions += 1
        owner = self._random.choice(OWNERS)
        model = self._random.choices(MODELS, [model.share for model in MODELS])[0]
        chat = Chat(f"demo-{self._start:x}-{self._sessions}", owner, model)
        questions = max(1, min(200, round(self._lognormal(MEDIAN_QUESTIONS, 0.8))))
        self._after(at, 0.05, partial(self._grant_access, chat))
        self._after(at, self._lognormal(6, 0.5), partial(self._ask, chat, 1, questions))
        kind = self._random.choices(("GENERAL", "SQL", "VECTOR"), (70, 10, 20))[0]
        return self._event(at, "session.started", session_id=chat.id, user_id=owner, session_type=kind)

    def _ask(self, chat: Chat, number: int, questions: int, at: int) -> CloudEvent:
        message = f"{chat.id}-{number}"
        if self._random.random() < 0.35:
            self._after(at, 0.02, partial(self._run_operation, chat))
        next_step = partial(self._begin, chat, number, questions)
        self._after(at, self._lognormal(0.35, 0.5) * self._slowness(chat.model, at), next_step)
        characters = round(self._lognormal(90, 0.9))
        return self._message(at, chat, f"{message}-q", "user", "completed", user_id=chat.owner, characters=characters)

    def _begin(self, chat: Chat, number: int, questions: int, at: int) -> CloudEvent:
        slowness = self._slowness(chat.model, at)
        completion = max(1, round(self._lognormal(160, 0.7)))
        error = self._random.choice(ERRORS) if self._random.random() < (0.06 if slowness > 1 else 0.015) else None
        prompt = max(1, round(self._lognormal(60 + 40 * number, 0.6)))
        answer = Answer(f"{chat.id}-{number}-a", at, error, prompt, completion)
        seconds = min(300.0, self._lognormal(chat.model.median, chat.model.spread) * slowness)
        self._after(at, seconds, partial(self._finish, chat, answer, number, questions))
        return self._message(at, chat, answer.id, "assistant", "pending", model=chat.model.name)

    def _finish(self, chat: Chat, answer: Answer, number: int, questions: int, at: int) -> CloudEvent:
        """Returns the message's last state: its time remains the answer's start, `completed_at` is now."""
        self._continue(chat, number, questions, at)
        end = {"completed_at": write_ms(at), "model": chat.model.name}
        if answer.error:
            return self._message(answer.began, chat, answer.id, "assistant", "failed", error=answer.error, **end)
        if self._random.random() < 0.07:
            self._after(at, self._lognormal(9, 0.6), partial(self._vote, chat, answer, 0.22))
        if chat.model.late:
            self._after(at, self._lognormal(0.6, 0.5), partial(self._send_tokens, chat, answer))
        else:
            end |= answer.tokens(chat.model)
        return self._message(answer.began, chat, answer.id, "assistant", "completed", **end)

    def _continue(self, chat: Chat, number: int, questions: int, at: int) -> None:
        if number < questions:
            self._after(at, self._lognormal(28, 0.7), partial(self._ask, chat, number + 1, questions))
        elif self._random.random() < 0.7:
            self._after(at, self._lognormal(40, 0.6), partial(self._close, chat, "closed"))
        else:
            self._after(at, 1800, partial(self._close, chat, "timeout"))

    def _send_tokens(self, chat: Chat, answer: Answer, at: int) -> CloudEvent:
        tokens = answer.tokens(chat.model)
        ids = {"message_id": answer.id, "session_id": chat.id, "model": chat.model.name}
        return self._event(at, "token_usage", **ids, **tokens)

    def _vote(self, chat: Chat, answer: Answer, down: float, at: int) -> CloudEvent:
        if self._random.random() < 0.08:
            self._after(at, self._lognormal(5, 0.5), partial(self._vote, chat, answer, 0.5))
        value = self._random.choices(("down", "none", "up"), (down, 0.04, 0.96 - down))[0]
        return self._event(at, "vote", message_id=answer.id, session_id=chat.id, user_id=chat.owner, value=value)

    def _close(self, chat: Chat, reason: str, at: int) -> CloudEvent:
        return self._event(at, "session.ended", session_id=chat.id, reason=reason)

    # --- access and operations

    def _grant_access(self, chat: Chat, at: int) -> CloudEvent:
        """The owner has one address and browser, and in 6 % of the cases others."""
        number = OWNERS.index(chat.owner) + 1
        elsewhere = self._random.random() < 0.06
        ip = f"198.51.100.{self._random.randint(1, 254)}" if elsewhere else f"203.0.113.{number * 5}"
        agent = AGENTS[(number + elsewhere) % len(AGENTS)]
        subject = {"user_id": chat.owner, "session_id": chat.id, "ip": ip, "user_agent": agent}
        return self._event(at, "access", **subject, outcome="granted", action="open_session")

    def _deny_login(self, at: int) -> CloudEvent:
        """70 % of denied log-ins are a wrong password, the others an unknown user."""
        self._after(at, self._random.expovariate(load_at(at) * self._rate / 240), self._deny_login)
        ip = f"198.51.100.{self._random.randint(1, 254)}"
        subject = {"ip": ip, "user_agent": self._random.choice(AGENTS)}
        if self._random.random() < 0.7:
            number = self._random.randrange(len(OWNERS))
            subject |= {"user_id": OWNERS[number], "ip": f"203.0.113.{number * 5 + 5}"}
        reason = "wrong_password" if "user_id" in subject else "unknown_user"
        return self._event(at, "access", **subject, outcome="denied", action="login", reason=reason)

    def _run_operation(self, chat: Chat, at: int) -> CloudEvent:
        name, median = self._random.choice(OPERATIONS)
        duration = round(self._lognormal(median, 0.6), 1)
        outcome = self._random.choices(("ok", "failed", "timeout"), (985, 11, 4))[0]
        data = {"operation": name, "outcome": outcome, "session_id": chat.id, "duration_ms": duration}
        data |= {"cpu_seconds": round(duration / 4_000, 4), "memory_bytes": int(duration * 40_000) + 8_000_000}
        if outcome != "ok":
            data["error"] = "connection_lost" if outcome == "failed" else "deadline_exceeded"
        return self._event(at, "operation", **data)

    # --- slow periods

    def _slow_down(self, model: Model, at: int) -> None:
        """A model is four times slower for 5 to 15 minutes, on average every 6 hours."""
        self._slow_until[model] = at + int(self._random.uniform(5, 15) * MINUTE_MS)
        self._after(at, self._random.expovariate(1 / 21_600), partial(self._slow_down, model))

    def _slowness(self, model: Model, at: int) -> float:
        return 4.0 if at < self._slow_until[model] else 1.0

    # --- events

    def _message(self, at: int, chat: Chat, id: str, role: str, status: str, **more: Any) -> CloudEvent:
        return self._event(at, "message", message_id=id, session_id=chat.id, role=role, status=status, **more)

    def _event(self, at: int, type: str, **data: Any) -> CloudEvent:
        self._events += 1
        return cloud_event("demo", f"{self._start:x}-{self._events}", type, write_ms(at), data)


def load_at(at: int) -> float:
    """Returns the load at a time, relative to a weekday's rush hour. 1970 began on a Thursday."""
    weekend = (at // DAY_MS + 3) % 7 >= 5
    return HOURLY_LOAD[at // HOUR_MS % 24] * (WEEKEND_LOAD if weekend else 1)


def write_ms(at: int) -> str:
    """Returns ISO 8601 in UTC with milliseconds."""
    return datetime.fromtimestamp(at / SECOND_MS, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
