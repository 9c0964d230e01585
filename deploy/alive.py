"""Whether this container does its work, for its health check: `alive.py web` asks the server whether it answers,
`alive.py WORD` looks for a process that was started with that word. The standard library alone."""

import os
import sys
import urllib.request
from pathlib import Path

SECONDS = 4.0


def answers(host: str, port: str) -> bool:
    """/healthz, where the server listens: while the workers are behind, this container is well."""
    name = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    place = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
    asked = urllib.request.Request(f"http://{place}/healthz")
    try:
        with urllib.request.urlopen(asked, timeout=SECONDS) as answer:  # noqa: S310  the address is ours
            return bool(answer.status == 200)
    except OSError:
        return False


def runs(word: str) -> bool:
    """Some process other than this one has the word in its command."""
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if place.parent.name != str(os.getpid()) and word.encode() in place.read_bytes():
                return True
        except OSError:
            continue
    return False


if __name__ == "__main__":
    asked_for = sys.argv[1]
    place = os.environ.get("HOST", ""), os.environ.get("PORT") or "8000"
    sys.exit(0 if (answers(*place) if asked_for == "web" else runs(asked_for)) else 1)
