"""Daphne, or uvicorn, with the pipeline beside it or inside."""

import logging
import os
import signal
import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from monitoring.dashboard.views import demonstration
from monitoring.ingest.supervisor import Supervisor
from monitoring.people.store import keyring
from monitoring.pipeline.placement import BESIDE, INSIDE, cores, memory, place
from sbdash.listening import bare_host, url_of

log = logging.getLogger(__name__)
BACKLOG = 1_024
"""Connections that may wait to be accepted."""


class Command(BaseCommand):
    help = "Serve the dashboard, with the pipeline beside it where there are two cores, else inside."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--demo", action="store_true", help="with live simulated traffic")
        parser.add_argument("--server", choices=["daphne", "uvicorn"], default="daphne")

    def handle(self, *args: Any, **options: Any) -> None:
        serve = {"daphne": with_daphne, "uvicorn": with_uvicorn}[options["server"]]
        host = bare_host(options["host"])
        sealed_with_our_key()
        demonstration.address = url_of(host, options["port"])
        if options["demo"]:
            demonstration.start()
        if settings.CHAT_MONGODB_URL and settings.FOLLOW_INSIDE:
            here = {**os.environ, "DATA_DIR": str(settings.DATA_DIR)}
            Supervisor(restart=True).start(["follow_mongodb", "--beside"], here)
        choose_place()
        serve(host, options["port"])


def choose_place() -> None:
    """Give the pipeline a process of its own, which the river starts, where that is wanted or there is room."""
    from sbdash.asgi import river

    river.place = place(settings.PIPELINE, cores(), memory())
    log.info(
        "the pipeline runs %s", {INSIDE: "in this process", BESIDE: "beside this process"}.get(river.place, "elsewhere")
    )


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
    from sbdash.asgi import application, river
    from sbdash.servers.daphne_server import Server  # importing it installs Twisted's reactor

    place = f"tcp:port={port}:backlog={BACKLOG}:interface={host.replace(':', chr(92) + ':')}"
    server = Server(application, endpoints=[place], ready_callable=river.start, server_name="sbdash", verbosity=0)
    try:
        server.run()
    finally:
        river.stop()
    if server.trouble:
        raise CommandError(f"{url_of(host, port)} cannot be listened at: {server.trouble}", returncode=2)


def with_uvicorn(host: str, port: int) -> None:
    """uvicorn starts the river through lifespan events. Once it has ended it raises the signal again that ended it."""
    import uvicorn

    from sbdash.servers.uvicorn_server import Protocol, Socket

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        "sbdash.asgi:application",
        host=host,
        port=port,
        backlog=BACKLOG,
        http=Protocol,
        ws=Socket,
        proxy_headers=False,  # who the client is, is said by settings and not by a header
        ws_per_message_deflate=False,
        log_config=None,  # the settings' own
        log_level="warning",
        access_log=False,
        lifespan="on",
    )
