"""Django in this process, for benchmarks that call the application's functions: import this before those."""

import os
import tempfile
from pathlib import Path

import django
from django.core.management import call_command

from bench.server import environment


def set_up(name: str, **extra: str) -> None:
    """Set Django up on a DATA_DIR of the benchmark's own, which stays for the next time."""
    data = Path(tempfile.gettempdir()) / f"sbdash-{name}"
    data.mkdir(exist_ok=True)
    os.environ |= environment(data, 0, extra)
    django.setup()


def migrate() -> None:
    call_command("migrate", verbosity=0)
