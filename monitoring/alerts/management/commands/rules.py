"""Write the rules and silences to a YAML file, or import them from one."""

from getpass import getuser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from monitoring.alerts import rule_file
from monitoring.alerts.rule import Invalid
from monitoring.events.internal import Actor
from sbdash import commands


class Command(commands.Command):
    help = "Write the rules and silences to a YAML file, or import them from one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["export", "import"])
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="show the differences, and save nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["action"] == "export":
                options["file"].write_text(rule_file.export(), encoding="utf-8")
                self.stdout.write(f"rules and silences written to {options['file']}")
            else:
                self.import_from(options["file"], options["dry_run"])
        except (Invalid, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from None

    def import_from(self, path: Path, is_dry: bool) -> None:
        file = rule_file.read(path.read_text(encoding="utf-8"))
        found = (
            rule_file.differences(file) if is_dry else rule_file.apply(file, _user(), Actor("command", name="rules"))
        )
        for difference in found:
            self.stdout.write(f"{difference.name}: {', '.join(difference.words)}")
        verb = "would change" if is_dry else "changed"
        self.stdout.write(f"{len(found)} {verb}, {len(file.rules) + len(file.silences)} in the file")


def _user() -> str:
    try:
        return getuser()
    except (KeyError, OSError):
        return "a command"
