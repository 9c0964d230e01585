"""Figures and their baselines: medians over several runs, a table, and a file."""

import json
import platform
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from os import cpu_count, getloadavg
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Any

from bench.commit import Commit
from bench.plan import Plan, Size

RESULTS = Path(__file__).parent / "results.json"
PACKAGES = ("django", "channels", "daphne", "uvicorn", "uvloop", "httptools", "websockets", "msgspec")
Values = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Spec:
    """One line of the table: the value under `key`, and under `beside` its baseline in the same run. A count of what
    should not happen `may_be_zero`."""

    name: str
    key: str
    unit: str
    beside: str = ""
    may_be_zero: bool = False


@dataclass(frozen=True, slots=True)
class Benchmark:
    """`measure` is one run; no further run begins that would end after `seconds`."""

    name: str
    specs: tuple[Spec, ...]
    measure: Callable[[Plan], Values]
    seconds: float


def percentile(values: Sequence[float], share: float) -> float:
    """By nearest rank; nan for none."""
    if not values:
        return float("nan")
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def repeated(benchmark: Benchmark, plan: Plan) -> list[Values]:
    """The values of each run, as many as the time allows."""
    began, longest, runs = monotonic(), 0.0, list[Values]()
    while len(runs) < plan.runs:
        started = monotonic()
        if runs and started - began + longest > benchmark.seconds:
            break
        runs.append(benchmark.measure(plan))
        longest = max(longest, monotonic() - started)
    return runs


def lines(benchmark: Benchmark, runs: Sequence[Values]) -> list[dict[str, Any]]:
    """The medians, each with its ratio to the baseline (the median of the runs' ratios)."""
    return [line(spec, runs) for spec in benchmark.specs]


def line(spec: Spec, runs: Sequence[Values]) -> dict[str, Any]:
    values = [run[spec.key] for run in runs]
    made: dict[str, Any] = {"figure": spec.name, "unit": spec.unit, "value": rounded(median(values))}
    if spec.beside:
        made |= {
            "baseline": spec.beside,
            "baseline_value": rounded(median(run[spec.beside] for run in runs)),
            "ratio": rounded(median(ratio(run[spec.key], run[spec.beside]) for run in runs)),
        }
    return made | {"runs": [rounded(value) for value in values]}


def ratio(value: float, baseline: float) -> float:
    return value / baseline if baseline else float("nan")


def rounded(value: float) -> float | None:
    """Four digits that mean something; None for what is not a number (JSON has no nan)."""
    return float(f"{value:.4g}") if value == value else None


def table(results: Mapping[str, Any]) -> str:
    """The lines under each other."""
    rows = [("benchmark", "figure", "value", "unit", "beside", "ratio")]
    for name, result in results.items():
        for found in result["figures"]:
            beside = f"{shown(found['baseline_value'])} {found['baseline']}" if "baseline" in found else ""
            there = (shown(found["value"]), found["unit"], beside, shown(found.get("ratio")))
            rows.append((name, found["figure"], *there))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def shown(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def versions() -> dict[str, Any]:
    """The versions and the machine of the run."""
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "sqlite": sqlite3.sqlite_version,
        "cpus": cpu_count(),
        "platform": f"{platform.system()} {platform.machine()}",
    }


def result(benchmark: Benchmark, runs: Sequence[Values]) -> dict[str, Any]:
    """The row of a benchmark in the file."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"date": now, "load": round(getloadavg()[0], 2), "figures": lines(benchmark, runs)}


def circumstances(plan: Plan, measured: Commit) -> dict[str, Any]:
    """The facts about all benchmarks in the file."""
    known = {"commit": measured.name, "dirty": measured.dirty, "short": plan.size is not Size.FULL}
    return known | {"server": plan.server, "versions": versions()}


def keep(results: Mapping[str, Any], about: Mapping[str, Any], whole: bool, path: Path = RESULTS) -> bool:
    """Write the file, which is of one commit: a run of all benchmarks (`whole`) begins it anew, a run of some is added
    when all it is `about` is the same as before. False when it is not, and nothing is written."""
    held = known(path)
    others = held.pop("benchmarks", {})
    if not whole and (held != about or about["dirty"]):
        return False
    benchmarks = {} if whole else others
    path.write_text(json.dumps({**about, "benchmarks": {**benchmarks, **results}}, indent=1) + "\n")
    return True


def known(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found


def chosen(benchmarks: Iterable[Benchmark], names: Sequence[str]) -> list[Benchmark]:
    """Those that are named; all without names. Raises KeyError."""
    by_name = {benchmark.name: benchmark for benchmark in benchmarks}
    return [by_name[name] for name in names] if names else list(by_name.values())
