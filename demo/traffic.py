"""Simulates the traffic of a chat application for demonstrations; its events follow from seed, rate and time. Pure.

Each hour has a random stream of its own, and so has each session that begins in it: whatever is told twice, by another
process or after a restart, has the same ids and the same content. Times are whole milliseconds since 1970 UTC. Events
have no text.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from hashlib import sha256
from math import log
from operator import attrgetter
from random import Random
from typing import NamedTuple

from monitoring.ingest.sources.cloud_event import CloudEvent, cloud_event

SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1000, 60_000, 3_600_000, 86_400_000
OWNERS = tuple(f"demo-owner-{number:02}" for number in range(1, 41))
_PERCENT = "20 15 12 10 10 12 20 40 70 100 100 100 75 65 60 60 60 65 75 100 100 100 60 35"
HOURLY_LOAD = tuple(int(part) / 100 for part in _PERCENT.split())
"""Load of each hour of the day (UTC), relative to the rush hours."""
WEEKEND_LOAD = 0.5
MAX_LOAD = 1.25
"""The highest load that is drawn, and 1 / MAX_LOAD the lowest factor of a day."""
SESSIONS_PER_SECOND = 0.06
"""New sessions a second in a rush hour, at rate 1."""
DENIED_PER_SECOND = 1 / 240
"""Denied log-ins a second in a rush hour, at rate 1."""
LONGEST_TALK_MS = 3 * HOUR_MS
"""No question is asked later than this after a session's first one."""
LONGEST_MS = 5 * HOUR_MS
"""All events of a session lie within this time after the hour in which it begins."""
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


class Told(NamedTuple):
    """An event and when it is sent. `replaced`: when a later event makes it obsolete, as the end of an answer does with
    its beginning."""

    at: int
    event: CloudEvent
    replaced: int | None = None


@dataclass(frozen=True, slots=True)
class Spell:
    """A time in which a model is slower by `factor`, and its answers fail more often."""

    start: int
    end: int
    factor: float
    errors: float


CALM = Spell(0, 0, 1.0, 0.015)


class Story:
    """The traffic of one seed and rate; `rate` scales the number of sessions. Raises ValueError if it is not
    positive."""

    def __init__(self, seed: int, rate: float = 1.0) -> None:
        if rate <= 0:
            raise ValueError("the rate must be above 0")
        self.rate = rate
        self.name = sha256(f"{seed} {rate:g}".encode()).hexdigest()[:4]
        """Stands in every id, so that two stories share none."""
        self._day_load = cache(self._draw_day_load)
        self._spells = cache(self._draw_spells)

    def hour(self, number: int, share: float = 1.0) -> list[Told]:
        """The events of the sessions that begin in an hour (`number`: hours since 1970), in order of time; the last may
        be LONGEST_MS after the hour. A `share` tells that part of the sessions."""
        random, start = self.stream(number), number * HOUR_MS
        told: list[Told] = []
        for index, at in enumerate(self._arrivals(random, start, SESSIONS_PER_SECOND), start=1):
            if random.random() < share:
                told += Session(self, number, index).tell(at)
        for index, at in enumerate(self._arrivals(random, start, DENIED_PER_SECOND), start=1):
            if random.random() < share:
                told.append(self._denied_login(number, index, at))
        told.sort(key=attrgetter("at"))
        return told

    def load_at(self, at: int) -> float:
        """The load at a time, relative to a weekday's rush hour: changes evenly from the middle of an hour to the next,
        and is a little different each day. 1970 began on a Thursday."""
        day, hours = at // DAY_MS, at / HOUR_MS - 0.5
        hour, part = int(hours // 1), hours % 1
        load = HOURLY_LOAD[hour % 24] * (1 - part) + HOURLY_LOAD[(hour + 1) % 24] * part
        return load * (WEEKEND_LOAD if (day + 3) % 7 >= 5 else 1) * self._day_load(day)

    def spell_at(self, model: Model, at: int) -> Spell:
        """The model's slow spell at a time, or CALM."""
        return next((spell for spell in self._spells(model, at // DAY_MS) if spell.start <= at < spell.end), CALM)

    def stream(self, *parts: object) -> Random:
        """Random numbers that belong to a part of the story."""
        return Random("/".join(map(str, (self.name, *parts))))  # noqa: S311 - traffic, not secrets

    def _arrivals(self, random: Random, start: int, per_second: float) -> list[int]:
        """Times in an hour, more of them where the load is high (thinning of a Poisson process, Lewis and Shedler)."""
        found, at, most = [], float(start), per_second * self.rate * MAX_LOAD / SECOND_MS
        while (at := at + random.expovariate(most)) < start + HOUR_MS:
            if random.random() * MAX_LOAD < self.load_at(int(at)):
                found.append(int(at))
        return found

    def _draw_day_load(self, day: int) -> float:
        return min(MAX_LOAD, max(1 / MAX_LOAD, self.stream("load", day).lognormvariate(0, 0.1)))

    def _draw_spells(self, model: Model, day: int) -> tuple[Spell, ...]:
        """A model is four times slower for 5 to 15 minutes about every 6 hours, and every fifth day half as fast for
        2 to 4 hours. In one of ten short spells every third answer fails."""
        random, start = self.stream("spells", model.name, day), day * DAY_MS
        found = []
        at = start + random.expovariate(4 / DAY_MS)
        while at < start + DAY_MS:
            end = at + random.uniform(5, 15) * MINUTE_MS
            found.append(Spell(int(at), int(end), 4.0, 0.33 if random.random() < 0.1 else 0.06))
            at = end + random.expovariate(4 / DAY_MS)
        if random.random() < 0.2:
            at = start + random.uniform(8, 18) * HOUR_MS
            found.append(Spell(int(at), int(at + random.uniform(2, 4) * HOUR_MS), 2.0, 0.03))
        return tuple(found)

    def _denied_login(self, hour: int, index: int, at: int) -> Told:
        """70 % of denied log-ins are a wrong password, the others an unknown user."""
        random = self.stream(hour, "denied", index)
        subject = {"ip": f"198.51.100.{random.randint(1, 254)}", "user_agent": random.choice(AGENTS)}
        if random.random() < 0.7:
            number = random.randrange(len(OWNERS))
            subject |= {"user_id": OWNERS[number], "ip": f"203.0.113.{number * 5 + 5}"}
        data = subject | {
            "outcome": "denied",
            "action": "login",
            "reason": "wrong_password" if "user_id" in subject else "unknown_user",
        }
        return Told(at, cloud_event("demo", f"{self.name}-{hour}-denied-{index}", "access", write_ms(at), data))


class Session:
    """One session of a story, with a random stream of its own."""

    def __init__(self, story: Story, hour: int, index: int) -> None:
        self._story = story
        self._random = story.stream(hour, index)
        self.id = f"demo-{story.name}-{hour}-{index}"
        self.owner = self._random.choice(OWNERS)
        self.model = self._random.choices(MODELS, [model.share for model in MODELS])[0]
        self._told: list[Told] = []

    def tell(self, at: int) -> list[Told]:
        """All events of the session that begins then; not in order of time."""
        questions, end = max(1, min(200, round(self._lognormal(MEDIAN_QUESTIONS, 0.8)))), at + LONGEST_TALK_MS
        kind = self._random.choices(("GENERAL", "SQL", "VECTOR"), (70, 10, 20))[0]
        self._add(at, "session.started", session_id=self.id, user_id=self.owner, session_type=kind)
        self._grant_access(at + 50)
        at = self._after(at, self._lognormal(6, 0.5))
        for number in range(1, questions + 1):
            at = self._turn(at, number)
            if at > end:
                break
            at = self._after(at, self._lognormal(28, 0.7))
        if self._random.random() < 0.7:
            self._add(self._after(at, self._lognormal(12, 0.6)), "session.ended", session_id=self.id, reason="closed")
        else:
            self._add(at + 30 * MINUTE_MS, "session.ended", session_id=self.id, reason="timeout")
        return self._told

    # --- a question and its answer

    def _turn(self, at: int, number: int) -> int:
        """Returns when the answer is complete."""
        characters = round(self._lognormal(90, 0.9))
        question = f"{self.id}-{number}-q"
        self._message(at, at, question, "user", "completed", {"user_id": self.owner, "characters": characters})
        if self._random.random() < 0.35:
            self._run_operation(at + 20)
        began = self._after(at, self._lognormal(0.35, 0.5) * self._story.spell_at(self.model, at).factor)
        spell = self._story.spell_at(self.model, began)
        seconds = min(300.0, self._lognormal(self.model.median, self.model.spread) * spell.factor)
        end, answer = self._after(began, seconds), f"{self.id}-{number}-a"
        self._message(began, began, answer, "assistant", "pending", {"model": self.model.name}, until=end)
        self._finish(answer, number, began, end, spell)
        return end

    def _finish(self, answer: str, number: int, began: int, at: int, spell: Spell) -> None:
        """Adds the answer's last state: its time remains the answer's start, `completed_at` is its end."""
        known = {"completed_at": write_ms(at), "model": self.model.name}
        if self._random.random() < spell.errors:
            error = self._random.choice(ERRORS) if spell.errors < 0.1 else "upstream_unavailable"
            self._message(at, began, answer, "assistant", "failed", known | {"error": error})
            return
        tokens = self._tokens(number)
        if self.model.late:
            ids = {"message_id": answer, "session_id": self.id, "model": self.model.name}
            self._add(self._after(at, self._lognormal(0.6, 0.5)), "token_usage", **ids, **tokens)
            tokens = {}
        self._message(at, began, answer, "assistant", "completed", {**known, **tokens})
        if self._random.random() < 0.07:
            self._vote(answer, at)

    def _tokens(self, number: int) -> dict[str, float]:
        prompt = max(1, round(self._lognormal(60 + 40 * number, 0.6)))
        completion = max(1, round(self._lognormal(160, 0.7)))
        cost = (prompt * self.model.prompt_price + completion * self.model.completion_price) / 1e6
        counts = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
        return counts | {"cost": round(cost, 6)}

    def _vote(self, answer: str, at: int) -> None:
        """A vote, and now and then another one in its place."""
        at, down = self._after(at, self._lognormal(9, 0.6)), 0.22
        while True:
            value = self._random.choices(("down", "none", "up"), (down, 0.04, 0.96 - down))[0]
            ids = {"message_id": answer, "session_id": self.id, "user_id": self.owner}
            self._add(at, "vote", **ids, value=value)
            if self._random.random() >= 0.08:
                return
            at, down = self._after(at, self._lognormal(5, 0.5)), 0.5

    # --- access and operations

    def _grant_access(self, at: int) -> None:
        """The owner has one address and browser, and in 6 % of the cases others."""
        number = OWNERS.index(self.owner) + 1
        elsewhere = self._random.random() < 0.06
        ip = f"198.51.100.{self._random.randint(1, 254)}" if elsewhere else f"203.0.113.{number * 5}"
        agent = AGENTS[(number + elsewhere) % len(AGENTS)]
        subject = {"user_id": self.owner, "session_id": self.id, "ip": ip, "user_agent": agent}
        self._add(at, "access", **subject, outcome="granted", action="open_session")

    def _run_operation(self, at: int) -> None:
        name, median = self._random.choice(OPERATIONS)
        duration = round(self._lognormal(median, 0.6), 1)
        outcome = self._random.choices(("ok", "failed", "timeout"), (985, 11, 4))[0]
        data = {"operation": name, "outcome": outcome, "session_id": self.id, "duration_ms": duration}
        data |= {"cpu_seconds": round(duration / 4_000, 4), "memory_bytes": int(duration * 40_000) + 8_000_000}
        if outcome != "ok":
            data["error"] = "connection_lost" if outcome == "failed" else "deadline_exceeded"
        self._add(at, "operation", **data)

    # --- times and events

    def _after(self, at: int, seconds: float) -> int:
        return at + 1 + int(seconds * SECOND_MS)

    def _lognormal(self, median: float, spread: float) -> float:
        return self._random.lognormvariate(log(median), spread)

    def _message(
        self, at: int, time: int, id: str, role: str, status: str, more: Mapping[str, object], until: int | None = None
    ) -> None:
        data = {"message_id": id, "session_id": self.id, "role": role, "status": status, **more}
        self._told.append(Told(at, self._event("message", time, data), until))

    def _add(self, at: int, type: str, **data: object) -> None:
        self._told.append(Told(at, self._event(type, at, data)))

    def _event(self, type: str, time: int, data: dict[str, object]) -> CloudEvent:
        return cloud_event("demo", f"{self.id}.{len(self._told)}", type, write_ms(time), data)


class Demo:
    """The traffic of a story after `start` (seconds since 1970 UTC), without end. Sessions may have begun before."""

    def __init__(self, seed: int, start: float, rate: float = 1.0) -> None:
        self._story, self._start = Story(seed, rate), int(start * SECOND_MS)
        self._start_time = write_ms(self._start)
        self._hour = (self._start - LONGEST_MS) // HOUR_MS
        self._waiting: list[Told] = []

    def events_until(self, t: float) -> list[CloudEvent]:
        """Returns the events after the last call and until `t` (seconds since 1970 UTC), in order of time."""
        until = int(t * SECOND_MS)
        while self._hour * HOUR_MS <= until:
            self._waiting += [told for told in self._story.hour(self._hour) if self._is_whole(told)]
            self._waiting.sort(key=attrgetter("at"))
            self._hour += 1
        cut = bisect_right(self._waiting, until, key=attrgetter("at"))
        told, self._waiting = self._waiting[:cut], self._waiting[cut:]
        return [one.event for one in told]

    def _is_whole(self, told: Told) -> bool:
        """Returns True if the event, and the one that it completes, lie after the start."""
        return told.at > self._start and str(told.event["time"]) > self._start_time


def write_ms(at: int) -> str:
    """Returns ISO 8601 in UTC with milliseconds."""
    minute, ms = divmod(at, MINUTE_MS)
    return f"{_write_minute(minute)}:{ms // SECOND_MS:02}.{ms % SECOND_MS:03}Z"


@lru_cache(maxsize=DAY_MS // MINUTE_MS)
def _write_minute(number: int) -> str:
    """Returns minutes since 1970 as ISO 8601 without seconds; most events share theirs with others."""
    return datetime.fromtimestamp(number * 60, UTC).isoformat(timespec="minutes").removesuffix("+00:00")
