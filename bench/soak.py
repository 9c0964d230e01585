"""Load on a cluster on PostgreSQL while its processes are killed, one after the other, at random moments: `bench/soak
--minutes 10 --viewers 500 --rate 2000`. Then nothing acknowledged may be missing, doubled or shown wrong."""

import argparse
import json
import random
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import soak_checks as checks
from bench.cluster import Cluster
from bench.cluster_parts import Part
from bench.commit import head
from bench.server import end_on_sigterm
from bench.soak_figures import Memory, figures, said, table
from bench.soak_load import Load, own_session, shared_session

RESULT = Path(__file__).parent / "soak.json"
CALM, QUIET = 10.0, 12.0
"""Seconds without kills at the beginning and at the end."""
SHORTEST, KILLS = 12.0, 14
PROBES, TOPICS = 3, 10
RANGES = ("15m", "15m", "15m", "1h")
FOLD_PATIENCE = 600.0
SETTLE, POLL = 12.0, 0.3
"""Seconds after the last fold in which every page is up to date (a frame comes every 5 s, and a pause is shorter), and
between looks whether it is."""
LOG_INS = """
from importlib import import_module
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from monitoring.people.models import User
user = User.objects.get(username="ops")
for _ in range({}):
    made = SessionStore()
    made[SESSION_KEY], made[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    made[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    made.save()
    print("sessionid=" + made.session_key)
"""
"""Log-ins as the page makes them, without hashing a password for each."""


@dataclass
class Fault:
    """Something that is killed `after` seconds, and stays away for `away` seconds at least."""

    kind: str
    name: str
    after: float
    away: float = 0.0
    how: signal.Signals | None = None
    began: float = 0.0
    back: float = 0.0

    def happen(self, cluster: Cluster) -> None:
        self.began = time.monotonic()
        if self.how is None:
            cluster.kill(self.name)
            time.sleep(self.away)
        cluster.restart(self.name, self.how)
        self.back = time.monotonic()


def faults(seconds: float, seed: int) -> list[Fault]:
    """Each kind in turn, in a random order, at random moments. In the first third any web process and any worker dies,
    afterwards only the second ones: the first ones show what they need in the long run."""
    chance, made, kinds = random.Random(seed), list[Fault](), list[str]()
    room = seconds - CALM - QUIET
    every = max(SHORTEST, room / KILLS)
    for number in range(int(room / every)):
        kinds = kinds or chance.sample(["web", "worker", "redis", "fast", "immediate"], 5)
        kind, after = kinds.pop(), CALM + every * number + chance.uniform(0, every - SHORTEST / 2)
        one = chance.choice("12") if number * every < room / 3 else "2"
        if kind in ("web", "worker"):
            made.append(Fault(kind, f"{kind}-{one}", after, 2.0 if kind == "web" else chance.uniform(2, 6)))
        elif kind == "redis":
            made.append(Fault(kind, kind, after, chance.uniform(2, 5)))
        else:
            made.append(Fault(kind, "database", after, 0, signal.SIGINT if kind == "fast" else signal.SIGQUIT))
    return made


def pages(cluster: Cluster, viewers: int) -> list[dict[str, Any]]:
    """Topics of viewers: six of ten the overview, three a session, one operations; half of them at each web process."""
    cookies = cluster.manage("shell", "--no-imports", "-c", LOG_INS.format(viewers)).split()
    sessions = [shared_session(0), *(own_session(number, number) for number in range(TOPICS - 1))]
    made = list[dict[str, Any]]()
    for number, cookie in enumerate(cookies):
        web, place = number % 2, number // 2
        session = f"session/{sessions[place // 10 * 3 % len(sessions)]}"
        topic = "operations" if place % 10 == 9 else session if place % 10 > 5 else "overview"
        probe = topic == "overview" and place < PROBES
        page = {"web": web, "port": cluster.port(cluster.web[web]), "cookie": cookie, "topic": topic, "probe": probe}
        made.append(page | {"range": RANGES[place % 4], "sample": topic != "operations" and place < 60})
    for page in made:
        if page["probe"]:
            page["range"] = "15m"
    return made


def viewers(cluster: Cluster, count: int) -> Part:
    """The process that holds all of them, once each has seen a frame."""
    known = cluster.folder / "pages.json"
    known.write_text(json.dumps(pages(cluster, count)))
    words = [sys.executable, "-m", "bench.soak_viewers", str(known), str(cluster.folder / "seen.json")]
    part = Part("viewers", words, cluster.folder)
    part.ready = lambda: "all watch" in part.words()
    part.start()
    return part


@dataclass
class Soak:
    """The result of one soak; `differences` is empty when all is well."""

    seconds: float
    rate: float
    viewers: int
    planned: Sequence[Fault] = ()
    differences: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    found: dict[str, Any] = field(default_factory=dict)

    def run(self, cluster: Cluster, keep: Path | None = None) -> None:
        """On a cluster with two of each on PostgreSQL, which is the soak's alone; its workers do not run afterwards."""
        with ExitStack() as after:
            if keep:
                after.callback(lambda: shutil.copytree(cluster.folder, keep, ignore=no_words, dirs_exist_ok=True))
            load = Load([cluster.port(name) for name in cluster.web], cluster.first["ingest_key"], self.rate)
            load.start()
            after.callback(load.abandon)
            watching = viewers(cluster, self.viewers)
            after.callback(watching.kill)
            watching.await_ready()
            memory = Memory([*cluster.parts.values(), watching])
            memory.start()
            after.callback(memory.end)
            self._go(cluster, load, watching)
            memory.end()
            self._compare(cluster, load, watching, memory)

    def _go(self, cluster: Cluster, load: Load, watching: Part) -> None:
        """The time of the load, with its faults."""
        began = time.monotonic()
        for fault in self.planned:
            time.sleep(max(0.0, began + fault.after - time.monotonic()))
            print(f"{time.monotonic() - began:5.0f} s  {fault.kind} {fault.name}", file=sys.stderr, flush=True)
            fault.happen(cluster)
            self.faults.append(fault)
            if ended := [p.name for p in [*cluster.parts.values(), watching] if not p.running]:
                self.differences.append(f"ended by themselves: {ended}")
                break
        time.sleep(max(0.0, began + self.seconds - time.monotonic()))
        load.end()

    def _compare(self, cluster: Cluster, load: Load, watching: Part, memory: Memory) -> None:
        """Wait until all is folded and shown; then compare everything."""
        ended = time.monotonic()
        head = cluster.folded()[0]
        if load.posts and head < max(post.position for post in load.posts):
            self.differences.append(f"the journal ends at {head}, which is before what was answered")
        reached = cluster.await_folded(head, FOLD_PATIENCE)
        behind = time.monotonic() - ended
        if reached < head:
            self.differences.append(f"folded to {reached} of {head} in {FOLD_PATIENCE:.0f} s")
        _show(watching, cluster, head)
        watching.stop()
        seen = _seen(cluster)
        compared, wrong = checks.pages(cluster, seen["pages"], head)
        self.differences += [load.fault] * bool(load.fault) + wrong
        for name in cluster.workers:
            cluster.parts[name].stop()
        count, lost = timed(lambda: checks.journal(cluster, load))
        rows, unequal = timed(lambda: checks.rebuilt(cluster))
        self.differences += lost + unequal
        told = {"catching up": behind, "pages": compared, "journal": count, "rows": rows, "said": said(cluster)}
        self.found = figures(load, self.faults, seen, memory) | told


def _show(watching: Part, cluster: Cluster, head: int) -> None:
    """Wait until every page shows the journal's head; whether each does is compared afterwards."""
    end = time.monotonic() + SETTLE
    while time.monotonic() < end and any(page["position"] < head for page in _seen(cluster)["pages"]):
        watching.send(signal.SIGUSR1)
        time.sleep(POLL)


def _seen(cluster: Cluster) -> dict[str, Any]:
    """The last notes of the viewers; nothing at first."""
    place = cluster.folder / "seen.json"
    found: dict[str, Any] = json.loads(place.read_text()) if place.exists() else {"pages": [{"position": -1}]}
    return found


def timed(work: Callable[[], Any]) -> Any:
    began = time.monotonic()
    found = work()
    print(f"compared in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return found


def no_words(folder: str, names: Sequence[str]) -> list[str]:
    """The files of a cluster's folder that are not kept."""
    return [name for name in names if not name.endswith((".log", ".json"))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--viewers", type=int, default=500)
    parser.add_argument("--rate", type=float, default=2_000.0, help="events a second")
    parser.add_argument("--server", choices=["daphne", "uvicorn"], default="uvicorn")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--calm", action="store_true", help="kill nothing: how fast it is when all is well")
    parser.add_argument("--keep", type=Path, help="where the processes' logs are copied to")
    wanted = parser.parse_args()
    end_on_sigterm()
    threading.excepthook = lambda args: print(f"{args.thread}: {args.exc_value!r}", file=sys.stderr)
    psutil.cpu_percent()
    seconds, measured = wanted.minutes * 60, head()
    soak = Soak(seconds, wanted.rate, wanted.viewers, [] if wanted.calm else faults(seconds, wanted.seed))
    with Cluster("postgresql", server=wanted.server) as cluster:
        soak.run(cluster, wanted.keep)
    asked = {"minutes": wanted.minutes, "viewers": wanted.viewers, "rate": wanted.rate, "server": wanted.server}
    result = {
        "commit": measured.name,
        "dirty": measured.dirty,
        "asked": asked | {"seed": wanted.seed, "calm": wanted.calm},
        **soak.found,
        "differences": soak.differences,
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(table(result))
    for difference in soak.differences:
        print(difference)
    print("something is wrong" if soak.differences else "nothing lost, doubled, unequal or shown wrong")
    return 1 if soak.differences else 0


if __name__ == "__main__":
    sys.exit(main())
