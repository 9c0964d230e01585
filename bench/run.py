"""`make bench`: every benchmark, or those that are named; a table on the screen, in `bench/results.json`, in README."""

import argparse
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import fanout, frames, ingest, mongo, postgres, rest, session, spans
from bench.commit import head
from bench.figures import RESULTS, Benchmark, chosen, circumstances, keep, known, repeated, result, table
from bench.plan import Plan, Size
from bench.readme import README, refreshed
from bench.server import end_on_sigterm

BENCHMARKS = [module.BENCHMARK for module in (ingest, session, fanout, frames, rest, mongo, spans, postgres)]


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(found.name for found in BENCHMARKS))
    parser.add_argument("--short", action="store_true", help="one short run of each, three minutes in all")
    parser.add_argument("--server", choices=["daphne", "uvicorn"], default="daphne", help="what `serve` runs on")
    return parser.parse_args(words)


def measured(benchmarks: Sequence[Benchmark], plan: Plan) -> tuple[dict[str, Any], list[str]]:
    """The results by name, and the names of those that failed; the others run all the same."""
    results, failed = dict[str, Any](), list[str]()
    for benchmark in benchmarks:
        began = time.monotonic()
        try:
            results[benchmark.name] = result(benchmark, repeated(benchmark, plan))
        except Exception:
            traceback.print_exc()
            failed.append(benchmark.name)
        print(f"{benchmark.name} took {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return results, failed


def main(words: Sequence[str] | None = None) -> int:
    """Exit status 1 when a benchmark failed."""
    wanted = arguments(words)
    end_on_sigterm()
    try:
        benchmarks = chosen(BENCHMARKS, wanted.names)
    except KeyError as unknown:
        print(f"no benchmark {unknown}; there are {', '.join(found.name for found in BENCHMARKS)}")
        return 2
    plan = Plan(Size.SHORT if wanted.short else Size.FULL, wanted.server)
    about = circumstances(plan, head())
    results, failed = measured(benchmarks, plan)
    print(table(results))
    if failed:
        print(f"failed: {', '.join(failed)}; {RESULTS.name} stays as it is")
    elif keep(results, about, whole=len(benchmarks) == len(BENCHMARKS)):
        README.write_text(refreshed(README.read_text(), known(RESULTS)))
    else:
        print(f"{RESULTS.name} stays as it is: it is of another commit, or of another kind of run")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
