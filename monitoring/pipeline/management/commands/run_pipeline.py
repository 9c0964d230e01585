"""The pipeline as a process of its own, for several web processes (which then run with PIPELINE_INSIDE=false). Several
of these share the stages' parts."""

import signal
from typing import Any

from monitoring.between.feed import the_bell
from monitoring.pipeline.feed import calm_python, checks, runner
from sbdash import commands
from sbdash.servers.descriptors import raise_limit


class Command(commands.Command):
    help = "Run every stage of the pipeline until SIGTERM or Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        raise_limit()
        running, jobs = runner(), checks()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: running.end())
        calm_python()
        the_bell().start()
        self.stdout.write("the pipeline runs")
        jobs.start()
        running.run()
        jobs.stop()
        the_bell().stop()
        self.stdout.write("the pipeline has ended after its last batch")
