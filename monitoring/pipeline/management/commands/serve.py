"""Daphne with the pipeline inside, or uvicorn."""

import logging
import os
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from monitoring.dashboard.views import demonstration
from monitoring.ingest.beside import Beside
from monitoring.people.store import keyring

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Serve the dashboard, with the pipeline inside."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--demo", action="store_true", help="with live simulated traffic")
        parser.add_argument("--server", choices=["daphne", "uvicorn"], default="daphne")

    def handle(self, *args: Any, **options: Any) -> None:
        serve = {"daphne": with_daphne, "uvicorn": with_uvicorn}[options["server"]]
        host = "127.0.0.1" if options["host"] in ("0.0.0.0", "") else options["host"]  # noqa: S104  the door's own
        sealed_with_our_key()
        demonstration.address = f"http://{host}:{options['port']}"
        if options["demo"]:
            demonstration.start()
        if settings.CHAT_MONGODB_URL and settings.FOLLOW_INSIDE:
            here = {**os.environ, "DATA_DIR": str(settings.DATA_DIR)}
            Beside(again=True).start(["follow_mongodb", "--beside"], here)
        serve(options["host"], options["port"])


def sealed_with_our_key() -> None:
    """Refuse to start with another master key than the database was sealed with; one that is silent is asked later."""
    try:
        keyring()
    except ImproperlyConfigured as error:
        raise CommandError(str(error)) from None
    except DatabaseError as error:
        log.warning("the database does not answer yet: %s", error)


def with_daphne(host: str, port: int) -> None:
    """Daphne sends no lifespan events: the river is started when it listens, and stopped when it ends."""
    from daphne.server import Server  # importing it installs Twisted's reactor, which only this command wants

    from sbdash.asgi import application, river

    place = f"tcp:port={port}:interface={host.replace(':', chr(92) + ':')}"
    server = Server(application, endpoints=[place], ready_callable=river.start, server_name="sbdash", verbosity=0)
    try:
        server.run()
    finally:
        river.stop()


def with_uvicorn(host: str, port: int) -> None:
    """uvicorn starts the river through lifespan events."""
    import uvicorn

    uvicorn.run(
        "sbdash.asgi:application",
        host=host,
        port=port,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level="warning",
        lifespan="on",
    )
