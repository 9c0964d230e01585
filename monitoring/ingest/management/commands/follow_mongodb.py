"""Follow the chat application's MongoDB (C2): history, then changes as they happen, from where it stopped."""

import asyncio
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from pymongo import AsyncMongoClient

from monitoring.ingest.follow.address import OPTIONS, Unusable, database_of, mark_of, words
from monitoring.ingest.follow.follower import Busy, Follower
from monitoring.ingest.follow.store import OurSide
from monitoring.ingest.http.wiring import the_ignored_counters
from sbdash import commands
from sbdash.servers.descriptors import raise_limit

THREADS = 2
"""One writes, while the other renews the lease."""
LOOK = 1.0
"""Seconds between two looks at the progress, and at whether the server that started this is still there."""


class Command(commands.Command):
    help = "Follow the MongoDB at CHAT_MONGODB_URL until SIGTERM or Ctrl-C. Of several followers one works."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when everything that is there has been read")
        parser.add_argument("--beside", action="store_true", help="end when the process that started this is gone")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            name = database_of(settings.CHAT_MONGODB_URL, settings.CHAT_MONGODB_DATABASE)
        except Unusable as error:
            raise CommandError(str(error)) from None
        raise_limit()
        process = os.getppid() if options["beside"] else os.getpid()
        follower = Follower(connect, name, OurSide(mark_of(settings.CHAT_MONGODB_URL, name), process), told)
        self.stdout.write(f"following the database {name}")
        try:
            asyncio.run(self.follow(follower, options["once"], options["beside"]))
        except Busy as busy:
            raise CommandError(str(busy)) from None
        the_ignored_counters().flush()
        status = follower.status
        self.stdout.write(f"following has ended: {status.read + status.changes} documents and changes read")

    async def follow(self, follower: Follower, once: bool, beside: bool) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(THREADS, "follower"))
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, follower.stop)
        looking = asyncio.create_task(self.look(follower, os.getppid() if beside else None))
        try:
            await follower.run(once)
        finally:
            looking.cancel()

    async def look(self, follower: Follower, parent: int | None) -> None:
        """Show the progress where somebody looks at it; end an orphan."""
        while True:
            await asyncio.sleep(LOOK)
            if parent is not None and os.getppid() != parent:
                follower.stop()
            status = follower.status
            if sys.stderr.isatty():
                share = f" {status.read:,} of about {status.total:,}" if status.phase == "history" else ""
                self.stderr.write(
                    f"\r\x1b[K{status.phase}{share}, {status.changes:,} changes {status.error}", ending=""
                )


def connect() -> "AsyncMongoClient[dict[str, Any]]":
    return AsyncMongoClient(settings.CHAT_MONGODB_URL, **OPTIONS)


def told(error: Exception) -> str:
    return words(error, settings.CHAT_MONGODB_URL)
