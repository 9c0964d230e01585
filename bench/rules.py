"""Events a second with the alert rules evaluated, beside the same without them: `python bench/rules.py [--pairs 3]
[--seconds 6]`.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.ingest import folded, sent_by_all
from bench.server import Server

NO_RULES = {"ENABLE_REAL_TIME_MONITORING": "false", "MONITORING_UPDATE_FREQUENCY": "86400"}
"""The rules are evaluated once, at the start of the server."""


def ingested(extra: dict[str, str], seconds: float) -> float:
    """Returns the events a second that a server of its own has folded."""
    with Server(extra=extra) as server:
        head = server.health()["head"]
        return folded(server, sent_by_all(server, seconds), head)["folded"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6.0)
    options = parser.parse_args()
    for _ in range(options.pairs):
        without = ingested(NO_RULES, options.seconds)
        found = ingested({}, options.seconds)
        print(f"folded: {found:,.0f} with rules, {without:,.0f} without, {found / without:.3f}", flush=True)


if __name__ == "__main__":
    main()
