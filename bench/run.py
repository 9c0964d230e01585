"""`make bench`: every benchmark, or those that are named; a table on the screen and `bench/results.json`."""

import argparse
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import fanout, frames, ingest, mongo, postgres, rest, session, spans
from bench.figures import Plan, chosen, keep, repeated, result, table
from bench.server import end_on_sigterm

BENCHMARKS = [module.BENCHMARK for module in (ingest, session, fanout, frames, rest, mongo, spans, postgres)]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(found.name for found in BENCHMARKS))
    parser.add_argument("--short", action="store_true", help="one short run of each, two minutes in all")
    parser.add_argument("--server", choices=["daphne", "uvicorn"], default="daphne", help="what `serve` runs on")
    return parser.parse_args()


def main() -> int:
    """Exit status 1 when a benchmark failed; the others run all the same."""
    wanted = arguments()
    end_on_sigterm()
    try:
        benchmarks = chosen(BENCHMARKS, wanted.names)
    except KeyError as unknown:
        print(f"no benchmark {unknown}; there are {', '.join(found.name for found in BENCHMARKS)}")
        return 2
    plan, results, failed = Plan(wanted.short, wanted.server), {}, []
    for benchmark in benchmarks:
        began = time.monotonic()
        try:
            results[benchmark.name] = result(benchmark, plan, repeated(benchmark, plan))
        except Exception:
            traceback.print_exc()
            failed.append(benchmark.name)
        print(f"{benchmark.name} took {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    keep(results)
    print(table(results))
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
