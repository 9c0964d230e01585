"""The pipeline as a process of its own, for several web processes (which then run with PIPELINE_INSIDE=false)."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from monitoring.pipeline.flow import Checks, runner


class Command(BaseCommand):
    help = "Run every stage of the pipeline until SIGTERM or Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        running, checks = runner(lambda: None), Checks()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: running.end())
        self.stdout.write("the pipeline runs")
        checks.start()
        running.run()
        checks.stop()
        self.stdout.write("the pipeline has ended after its last batch")
