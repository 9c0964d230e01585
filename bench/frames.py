"""From an event to the frame that shows it: 1,000 events a second, 100 viewers of the overview, the real server."""

import asyncio
import re
import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

import uvloop

from bench.events import batch, filled, templates
from bench.figures import Benchmark, Spec, Values, percentile
from bench.plan import Plan
from bench.sender import Sender
from bench.server import PATIENCE, Server
from bench.viewers import connect, ended, handshake, many_files, until

VIEWERS, SIZE, PAUSE = (100, 100, 3), 50, 0.05
SECONDS = (12.0, 6.0, 0.6)
LEFT_OUT = (1.0, 1.0, 0.1)
"""Of them at the beginning: caches fill."""
SETTLE = (2.0, 2.0, 0.1)
LINGER = (3.0, 3.0, 10.0)
"""Seconds within which the last frame may still arrive."""
WORKER = 9
"""The sender's number: its sessions and ids are nobody else's."""
WISH = b'{"subscribe":"overview","range":"15m"}'
PERIOD = 250.0
"""ms between two frames of a topic: at most four a second are promised."""
_POSITION = re.compile(rb'"position":(\d+)')


@dataclass(slots=True)
class Arrivals:
    """The times at which a viewer had reached positions; both ascend."""

    times: list[float] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)

    def __call__(self, now: float, head: bytes) -> None:
        found = _POSITION.search(head)
        if found is None:
            raise RuntimeError(f"no position at the beginning of a frame: {head!r}")
        position = int(found[1])
        if not self.positions or position > self.positions[-1]:
            self.times.append(now)
            self.positions.append(position)

    def when(self, position: int) -> float | None:
        """The time at which this position was first on the screen."""
        place = bisect_left(self.positions, position)
        return self.times[place] if place < len(self.times) else None


@dataclass(frozen=True, slots=True)
class Post:
    """One request: when it began and ended, and the position it was answered with."""

    began: float
    ended: float
    position: int


def post(server: Server, seconds: float, posts: list[Post]) -> None:
    """Send at an even rate; each request on time, however long the one before took."""
    sender, body = Sender(server.port, server.first["ingest_key"]), batch(templates(WORKER, SIZE))
    first = time.monotonic()
    for number in range(int(seconds / PAUSE)):
        time.sleep(max(0.0, first + number * PAUSE - time.monotonic()))
        words, began = filled(body, number), time.monotonic()
        position = sender.post(words)["position"]
        posts.append(Post(began, time.monotonic(), position))
    sender.connection.close()


async def watch(server: Server, plan: Plan) -> tuple[list[Post], list[Arrivals], float]:
    """The requests, what each viewer saw, and seconds of the server's CPU."""
    hello, seen = handshake(server.port, "/ws/live/", server.log_in()), [Arrivals() for _ in range(plan.of(VIEWERS))]
    sockets = [(await connect(1, server.port, hello, WISH, arrivals))[0] for arrivals in seen]
    await until(lambda: all(arrivals.positions for arrivals in seen), PATIENCE)
    await asyncio.sleep(plan.of(SETTLE))
    posts, before = list[Post](), server.cpu()
    await asyncio.to_thread(post, server, plan.of(SECONDS), posts)
    cpu = server.cpu() - before
    await until(lambda: all(arrivals.when(posts[-1].position) for arrivals in seen), plan.of(LINGER))
    lost = ended(sockets)
    for socket in sockets:
        socket.close()
    if lost:
        raise RuntimeError(f"{len(lost)} of {len(sockets)} viewers were cut off: {lost[0]}; {server.words()}")
    return posts, seen, cpu


def measure(plan: Plan) -> Values:
    """One run."""
    many_files()
    with plan.services.server(plan.server) as server, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        posts, seen, cpu = runner.run(watch(server, plan))
    return summed(posts[int(plan.of(LEFT_OUT) / PAUSE) :], seen) | {
        "cpu": cpu / plan.of(SECONDS) * 100,
        "rate": SIZE * len(posts) / (posts[-1].ended - posts[0].began),
        "period": PERIOD,
    }


def summed(posts: Sequence[Post], seen: Sequence[Arrivals]) -> dict[str, float]:
    """ms from the request's beginning to the frame and to the answer; the share that never came."""
    waits = [(post, arrivals.when(post.position)) for post in posts for arrivals in seen]
    came = [(when - post.began) * 1000 for post, when in waits if when is not None]
    answers = [(post.ended - post.began) * 1000 for post in posts]
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    return (
        {name: percentile(came, share) for name, share in shares.items()}
        | {f"answer {name}": percentile(answers, share) for name, share in shares.items()}
        | {"shown": len(came) / len(waits) * 100}
    )


BENCHMARK = Benchmark(
    "frames",
    (
        Spec("event to frame p50", "p50", "ms", "period"),
        Spec("event to frame p95", "p95", "ms", "period"),
        Spec("event to frame p99", "p99", "ms", "period"),
        Spec("answer p50", "answer p50", "ms", "p50"),
        Spec("answer p99", "answer p99", "ms", "p99"),
        Spec("shown", "shown", "%"),
        Spec("events sent", "rate", "events/s"),
        Spec("server CPU", "cpu", "% of a core"),
    ),
    measure,
    seconds=70,
)
