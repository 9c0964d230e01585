"""Recompute the journal's tree from its entries, and say where it does not hold."""

import sys
from typing import Any

from monitoring.journal.progress import verified
from sbdash import commands


class Command(commands.Command):
    help = "Recompute every hash of the journal; exit status 1 and the first bad position when something is wrong."

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = verified()
        if verdict.bad is not None:
            self.stderr.write(f"position {verdict.bad}: {verdict.reason}")
            sys.exit(1)
        self.stdout.write(f"{verdict.size} entries verify; root {verdict.root.hex()}")
