"""Sends simulated traffic over HTTP: what happens now, and between it some weeks of past."""

import json
import os
import signal
import threading
from hashlib import sha256
from time import time
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from demo.sender import Sender
from demo.state import DAY_HOURS, State
from demo.teller import Teller
from demo.traffic import Story
from sbdash import commands
from sbdash.listening import url_of


class Command(commands.Command):
    help = "Send demonstration traffic to a running dashboard until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default=url_of(settings.HOST, settings.PORT))
        parser.add_argument("--key", default="", help="an ingest key; default: that of the first run")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--rate", type=float, default=0.7, help="scales the number of sessions")
        parser.add_argument("--hours", type=float, default=28.0 * DAY_HOURS, help="hours of past traffic")
        parser.add_argument("--beside", action="store_true", help="end when the parent process has ended")

    def handle(
        self, *args: Any, url: str, key: str, seed: int, rate: float, hours: float, beside: bool, **options: Any
    ) -> None:
        stopping = threading.Event()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signal_number, lambda *_: stopping.set())
        if beside:
            threading.Thread(target=end_with, args=(os.getppid(), stopping), name="parent", daemon=True).start()
        first_run = {} if key else json.loads(settings.FIRST_RUN_FILE.read_text())
        key = key or first_run["ingest_key"]
        story, began = Story(seed, rate), time()
        receiver = sha256(key.encode()).hexdigest()[:16]
        state = State(settings.DEMO_FILE, f"{story.name} {receiver}", began)
        teller = Teller(story, state, Sender(url, key, first_run.get("read_key", ""), stopping), hours, stopping)
        if any(True for _ in state.unfinished(state.began - int(hours), began)):
            self.say(f"sending {hours / DAY_HOURS:.3g} days of simulated past, the newest first; live from now on")
        teller.run(lambda: self.say(f"the past is complete: {teller.sent:,} events in {time() - began:.0f} s"))
        self.say("stopped")

    def say(self, words: str) -> None:
        self.stdout.write(f"demonstration: {words}")
        self.stdout.flush()


def end_with(parent: int, stopping: threading.Event) -> None:
    """Sets `stopping` once the parent process has ended, also by SIGKILL."""
    while not stopping.wait(1.0):
        if os.getppid() != parent:
            stopping.set()
