"""Python programs forked from a process that has imported what all of them import: each starts in a fifth of the time.

Arguments, environment, folder, output and exit status are a program's own. What was imported before knows neither
settings nor sbdash.
"""

import atexit
import multiprocessing
import os
import runpy
import sys
from collections.abc import Mapping
from multiprocessing.connection import wait
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

TESTS = str(Path(__file__).parent)
IMPORTED = [
    "cryptography.hazmat.primitives.ciphers.aead", "cryptography.x509", "django.contrib.admin.utils",
    "django.core.management.commands.migrate", "django.core.serializers.json", "django.db.backends.postgresql.base",
    "django.db.backends.sqlite3.base", "django.db.migrations.executor", "django.forms", "django.template.defaulttags",
    "django.test.client", "django.views.generic", "forked", "maxminddb", "msgspec", "psycopg", "pydantic", "pymongo",
]  # fmt: skip
_turn = Lock()
"""The start of a process looks at the end of all others, which is read once."""
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(IMPORTED)


def run(words: tuple[str, ...], folder: Path, environment: Mapping[str, str], seconds: float) -> tuple[int, str]:
    """Returns the exit status of a script with its arguments, and what it said: output, then errors. Raises
    TimeoutError if it does not end in time."""
    with TemporaryDirectory() as said:
        files = [Path(said) / name for name in ("output", "errors")]
        process = _context.Process(target=_become, args=(words, str(folder), dict(environment), files))
        with _turn:
            process.start()
        is_over = bool(wait([process.sentinel], seconds))
        with _turn:
            if not is_over:
                process.kill()
            process.join()
        words_said = "".join(file.read_text() for file in files)
    if not is_over:
        raise TimeoutError(f"{words} did not end within {seconds} s: {words_said}")
    return process.exitcode or 0, words_said


def _become(words: tuple[str, ...], folder: str, environment: dict[str, str], files: list[Path]) -> None:
    for number, file in enumerate(files, 1):
        with open(file, "wb") as opened:
            os.dup2(opened.fileno(), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = list(words)
    script = os.path.abspath(words[0])
    asked = [place for place in environment.get("PYTHONPATH", "").split(os.pathsep) if place]
    known = [place for place in sys.path if not place.startswith(TESTS)]
    sys.path[:] = [os.path.dirname(script), *asked, *known]
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        atexit._run_exitfuncs()
