"""Compare stored figures with their messages, and with the chat application's database."""

import signal
import sys

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from monitoring.operations.check import Check, CheckFailed, open_application
from monitoring.operations.difference import ConsistencyReport, Difference
from monitoring.operations.reader import save_report, session_count
from sbdash import commands

CLEAR = "\r\x1b[K"
UNASKED, STOPPED = 2, 128


class Command(commands.Command):
    help = "Compare every session's figures with its messages and with the chat application's; one line per difference."
    came = 0

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--session", metavar="ID", help="check this session only")
        parser.add_argument("--no-application", action="store_true", help="do not compare with the chat application")

    def handle(self, *args: object, session: str | None, no_application: bool, **options: object) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.note)
        if no_application:
            self.go(Check(None, "", self.say, self.go_on), session, keeping=not settings.CHAT_MONGODB_URL)
            return
        with open_application() as (application, error):
            self.go(Check(application, error, self.say, self.go_on), session)

    def go(self, check: Check, session: str | None, keeping: bool = True) -> None:
        """Run the check, print the result, and save the report of a complete check."""
        self.total = 1 if session else session_count()
        try:
            report = check.one(session) if session else check.run()
        except CheckFailed as error:
            raise CommandError(str(error), returncode=UNASKED) from error
        if report is None:
            raise CommandError(f"there is no session {session}", returncode=UNASKED)
        if keeping and not session and not check.ended_early:
            save_report(report)
        self.report(report)
        status = self.came + STOPPED if check.ended_early else UNASKED if report.error else bool(report.found)
        if status:
            sys.exit(status)

    def report(self, report: ConsistencyReport) -> None:
        """Print a summary to stderr."""
        self.clear()
        if report.error:
            self.stderr.write(f"the chat application's database could not be read: {report.error}")
        done = f"{report.sessions:,} sessions with {report.messages:,} messages checked in {report.seconds:.2f} s"
        beside = f"{report.compared:,} compared with the application" if report.compared else ""
        moving = f"{report.moving:,} changed while they were read" if report.moving else ""
        elsewhere = f"{report.elsewhere:,} are not from the application" if report.elsewhere else ""
        causes = [
            f"{against}: " + ", ".join(f"{count:,} {cause}" for cause, count in sorted(found.items()))
            for against, found in sorted(report.counts.items())
        ]
        said = [done, beside, moving, elsewhere, "ended early" if self.came else ""]
        self.stderr.write("; ".join([*filter(None, said), *(causes or ["no difference"])]))

    # --- called by a Check

    def say(self, difference: Difference) -> None:
        self.clear()
        self.stdout.write(str(difference))

    def go_on(self, sessions: int) -> bool:
        """Print progress, on a terminal."""
        if sys.stderr.isatty():
            self.stderr.write(f"{CLEAR}{sessions:,} of {self.total:,} sessions", ending="")
            self.stderr.flush()
        return not self.came

    def clear(self) -> None:
        if sys.stderr.isatty():
            self.stderr.write(CLEAR, ending="")

    def note(self, number: int, frame: object) -> None:
        """End after the present page; a second signal ends at once."""
        self.came = number
        signal.signal(number, signal.SIG_DFL)
