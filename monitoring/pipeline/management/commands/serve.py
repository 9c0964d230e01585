"""Runs the web server, Daphne or uvicorn, and the pipeline in a child process or inside."""

import logging
import os
import signal
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from monitoring.dashboard.demonstration import demonstration, is_alone
from monitoring.ingest.supervisor import Supervisor
from monitoring.people.store import keyring
from monitoring.pipeline.placement import BESIDE, INSIDE, cores, memory, place
from sbdash.listening import bare_host, url_of

log = logging.getLogger(__name__)
BACKLOG = 1_024
"""Connections that may wait to be accepted (listen(2))."""


class Command(BaseCommand):
    help = "Serve the dashboard. The pipeline runs in a child process if there are two cores, else inside."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--demo", action="store_true", help="with live simulated traffic")
        parser.add_argument("--server", choices=["daphne", "uvicorn"], default="daphne")

    def handle(self, *, host: str, port: int, demo: bool, server: str, **options: object) -> None:
        serve = {"daphne": with_daphne, "uvicorn": with_uvicorn}[server]
        check_master_key()
        tell_address(host, port)
        demonstration.address = url_of(host, port)
        if demo:
            if not is_alone():
                self.stdout.write("demonstration: there are other sessions, too: the pages show the figures of both")
            demonstration.start()
        if settings.CHAT_MONGODB_URL and settings.FOLLOW_INSIDE:
            environment = {**os.environ, "DATA_DIR": str(settings.DATA_DIR)}
            Supervisor(restart=True).start(["follow_mongodb", "--beside"], environment)
        choose_place()
        serve(bare_host(host), port)


def tell_address(host: str, port: int) -> None:
    """Sets the address at which this process listens for links in messages, here and in its child processes."""
    settings.HOST, settings.PORT = host, port
    os.environ.update(HOST=host, PORT=str(port))


def choose_place() -> None:
    """Set where the runtime starts the pipeline, by the setting PIPELINE and the size of the machine."""
    from sbdash.asgi import runtime

    runtime.place = place(settings.PIPELINE, cores(), memory())
    names = {INSIDE: "in this process", BESIDE: "beside this process"}
    log.info("the pipeline runs %s", names.get(runtime.place, "elsewhere"))


def check_master_key() -> None:
    """Raises CommandError if the database was sealed with another master key. A database that is down is no error: the
    key is checked again when it is used."""
    try:
        keyring()
    except ImproperlyConfigured as error:
        raise CommandError(str(error)) from None
    except DatabaseError as error:
        log.warning("the database does not answer yet: %s", error)


def with_daphne(host: str, port: int) -> None:
    """Daphne sends no lifespan events: the runtime is started when the server listens, and stopped when it ends."""
    from sbdash.asgi import application, runtime
    from sbdash.servers.daphne_server import Server  # importing it installs Twisted's reactor

    endpoint = f"tcp:port={port}:backlog={BACKLOG}:interface={host.replace(':', chr(92) + ':')}"
    server = Server(application, endpoints=[endpoint], ready_callable=runtime.start, server_name="sbdash", verbosity=0)
    try:
        server.run()
    finally:
        runtime.stop()
    if server.listen_failure:
        raise CommandError(f"cannot listen at {url_of(host, port)}: {server.listen_failure}", returncode=2)


def with_uvicorn(host: str, port: int) -> None:
    """uvicorn starts the runtime through lifespan events. After its shutdown it raises the signal that it got again."""
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
        proxy_headers=False,  # sbdash.proxies reads them, from trusted proxies alone
        ws_per_message_deflate=False,
        log_config=None,  # the settings' own
        log_level="warning",
        access_log=False,
        lifespan="on",
    )
