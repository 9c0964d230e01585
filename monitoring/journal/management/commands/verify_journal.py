"""The command `verify_journal`."""

import sys

from monitoring.journal.verify import verify_journal
from sbdash import commands


class Command(commands.Command):
    help = "Recompute every hash of the journal. Print the first bad position and exit with status 1 if there is one."

    def handle(self, **options: object) -> None:
        verdict = verify_journal()
        if verdict.bad is not None:
            self.stderr.write(f"position {verdict.bad}: {verdict.reason}")
            sys.exit(1)
        self.stdout.write(f"{verdict.size} entries verify; root {verdict.root.hex()}")
