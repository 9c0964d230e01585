"""Runs the pipeline as a process of its own. `serve` starts one if the machine has two cores. For several web processes
(with PIPELINE=elsewhere) one or more are started by the operator, and share the stages' partitions."""

import signal
from socket import socket

from django.core.management.base import CommandParser

from monitoring.messaging.pipe import join
from monitoring.messaging.wiring import the_notifier
from monitoring.pipeline.runtime import pipeline, tune_interpreter
from sbdash import commands
from sbdash.servers.descriptors import raise_limit


class Command(commands.Command):
    help = "Run every stage of the pipeline until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        words = "file descriptor of a socket to the parent process; this process ends when the socket is closed"
        parser.add_argument("--wire", type=int, help=words)

    def handle(self, *, wire: int | None, **options: object) -> None:
        """`wire` is given by the parent process, which says itself that the pipeline runs."""
        raise_limit()
        running = pipeline()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: running.end())
        tune_interpreter()
        the_notifier().start()
        if wire is None:
            self.stdout.write("the pipeline runs")
        else:
            join(the_notifier(), socket(fileno=wire), running.end)
        running.start()
        running.wait()
        the_notifier().stop()
        if wire is None:
            self.stdout.write("the pipeline has ended after its last batch")
