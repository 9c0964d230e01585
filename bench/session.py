"""One more message in a session of 10, 1,000 and 100,000, and its figures, beside a recalculation over its messages.

`measure` starts bench/session_inside.py as a process of its own, for Django can be set up for one database only.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Benchmark, Spec, Values
from bench.plan import Plan
from bench.server import ROOT, environment, prepared

LENGTHS = {"short": (10, 10, 10), "middle": (1_000, 1_000, 30), "long": (100_000, 100_000, 100)}
TIMES = (300, 100, 5)


def measure(plan: Plan) -> Values:
    """One run in a process and a database of its own."""
    wanted = {"times": plan.of(TIMES)} | {name: plan.of(length) for name, length in LENGTHS.items()}
    with tempfile.TemporaryDirectory(prefix="sbdash-bench-") as directory:
        shutil.copytree(prepared(), directory, dirs_exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-m", "bench.session_inside", json.dumps(wanted)],
            cwd=ROOT,
            env=environment(Path(directory)),
            capture_output=True,
            text=True,
            timeout=200,
        )
    if done.returncode:
        raise RuntimeError(f"bench.session_inside ended with {done.returncode}: {done.stderr[-3000:]}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def specs() -> Iterator[Spec]:
    """A line for each length, by its name in a full run."""
    long, short = (f"{LENGTHS[name][0]:,}" for name in ("long", "short"))
    for kind in ("in order", "late", "query"):
        for name, (length, *_) in LENGTHS.items():
            yield Spec(f"{kind}, {length:,} messages", f"{kind} {name}", "µs", f"recalculation {name}")
        yield Spec(f"{kind}, {long} : {short}", f"{kind} growth", "×", "recalculation growth")
    yield Spec(f"in order with its fsync, {long}", "committed long", "µs", "committed short")


BENCHMARK = Benchmark("session", tuple(specs()), measure, seconds=65)
