"""The MongoDB-compatible server of the tests, to be run as a program: port, folder, options. Its fault is mended here.

secantusdb takes a document inside `$project` and `$addFields` for a literal; MongoDB reads it as a path for each leaf.
"""

import ast
import signal
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from secantus import SecantusDBServer, aggregate


def leaves(spec: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """The paths and expressions of a specification: what begins with `$` is an expression, other documents are not."""
    for name, value in spec.items():
        path = before + name
        if isinstance(value, Mapping) and value and not any(key.startswith("$") for key in value):
            yield from leaves(value, f"{path}.")
        else:
            yield path, value


def mend(name: str) -> None:
    whole = getattr(aggregate, name)
    setattr(aggregate, name, lambda document, spec, known: whole(document, dict(leaves(spec)), known))


if __name__ == "__main__":
    mend("_project_one")
    mend("_add_fields_one")
    port, folder, options = sys.argv[1:]
    with SecantusDBServer(port=int(port), storage_path=folder, **ast.literal_eval(options)):
        print("ready", flush=True)
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
