"""Follows the chat application's MongoDB: the history, then changes as they happen; continues after a restart."""

import asyncio
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from pymongo import AsyncMongoClient

from monitoring.ingest.follow.address import OPTIONS, Unusable, database_hash, database_of, describe_error
from monitoring.ingest.follow.follower import Busy, Follower
from monitoring.ingest.follow.reader import Client
from monitoring.ingest.follow.store import FollowerStore
from monitoring.ingest.http.wiring import the_ignored_counters
from sbdash import commands
from sbdash.servers.descriptors import raise_limit

WORKER_THREADS = 2
"""One thread writes, while the other renews the lease."""
PROGRESS_INTERVAL = 1.0
"""Seconds between two outputs of the progress, and between two checks of the parent process."""


class Command(commands.Command):
    help = "Follow the MongoDB at CHAT_MONGODB_URL until SIGTERM or Ctrl-C. Of several followers one is active."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when all existing documents are read")
        parser.add_argument("--beside", action="store_true", help="end when the parent process has ended")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            name = database_of(settings.CHAT_MONGODB_URL, settings.CHAT_MONGODB_DATABASE)
        except Unusable as error:
            raise CommandError(str(error)) from None
        raise_limit()
        process = os.getppid() if options["beside"] else os.getpid()
        follower = Follower(
            connect, name, FollowerStore(database_hash(settings.CHAT_MONGODB_URL, name), process), describe
        )
        self.stdout.write(f"following the database {name}")
        try:
            asyncio.run(self.follow(follower, options["once"], options["beside"]))
        except Busy as busy:
            raise CommandError(str(busy)) from None
        the_ignored_counters().flush()
        status = follower.status
        self.stdout.write(f"stopped following: {status.read + status.changes} documents and changes read")

    async def follow(self, follower: Follower, once: bool, beside: bool) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(WORKER_THREADS, "follower"))
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, follower.stop)
        watching = asyncio.create_task(self.watch_progress(follower, os.getppid() if beside else None))
        try:
            await follower.run(once)
        finally:
            watching.cancel()

    async def watch_progress(self, follower: Follower, parent: int | None) -> None:
        """Shows the progress on a terminal; stops the follower when its parent process has ended."""
        while True:
            await asyncio.sleep(PROGRESS_INTERVAL)
            if parent is not None and os.getppid() != parent:
                follower.stop()
            status = follower.status
            if sys.stderr.isatty():
                share = f" {status.read:,} of about {status.total:,}" if status.phase == "history" else ""
                self.stderr.write(
                    f"\r\x1b[K{status.phase}{share}, {status.changes:,} changes {status.error}", ending=""
                )


def connect() -> Client:
    return AsyncMongoClient(settings.CHAT_MONGODB_URL, **OPTIONS)


def describe(error: Exception) -> str:
    return describe_error(error, settings.CHAT_MONGODB_URL)
