"""Sends simulated traffic over HTTP: some hours of past, then events as they happen."""

import json
import signal
import sys
import threading
import urllib.error
import urllib.request
from time import time
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from monitoring.ingest.sources.demo import Demo
from sbdash import commands
from sbdash.listening import url_of

BATCH_EVENTS = 2_000


class Command(commands.Command):
    help = "Send demonstration traffic to a running dashboard until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default=url_of(settings.HOST, settings.PORT))
        parser.add_argument("--key", default="", help="an ingest key; default: that of the first run")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--rate", type=float, default=1.0)
        parser.add_argument("--hours", type=float, default=26.0, help="hours of past traffic to begin with")

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signal_number, lambda *_: stopping.set())
        key = options["key"] or json.loads(settings.FIRST_RUN_FILE.read_text())["ingest_key"]
        traffic = Demo(options["seed"], time() - options["hours"] * 3600, options["rate"])
        while not stopping.is_set():
            events = traffic.events_until(time())
            for start in range(0, len(events), BATCH_EVENTS):
                deliver(options["url"], key, events[start : start + BATCH_EVENTS], stopping)
            stopping.wait(0.5)
        sys.stdout.write("demonstration stopped\n")


def deliver(url: str, key: str, events: list[dict[str, Any]], stopping: threading.Event) -> None:
    """Sends a batch, and retries while the server restarts or responds 429 or 503."""
    request = urllib.request.Request(  # noqa: S310  an address the operator gave
        f"{url}/api/v1/events",
        data=json.dumps(events).encode(),
        headers={"Content-Type": "application/cloudevents-batch+json", "Authorization": f"Bearer {key}"},
    )
    while not stopping.is_set():
        try:
            with urllib.request.urlopen(request, timeout=30):  # noqa: S310
                return
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503):
                raise
        except OSError:
            pass
        stopping.wait(1.0)
