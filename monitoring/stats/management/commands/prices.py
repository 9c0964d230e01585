"""Show the price list, export it to a file, or import prices from one."""

import csv
from getpass import getuser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from monitoring.events.internal import Actor
from monitoring.stats import prices as store
from monitoring.stats.price_list import InvalidPrice, per_million, read, rows
from sbdash import commands


class Command(commands.Command):
    help = "Show the prices in force today, which give a cost to tokens without a reported one."

    def add_arguments(self, parser: CommandParser) -> None:
        either = parser.add_mutually_exclusive_group()
        either.add_argument("--export", metavar="FILE", help="write all prices with their dates to a CSV table")
        either.add_argument(
            "--import", metavar="FILE", dest="import_from", help="save the prices of a CSV table: all or none"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["export"]:
                self.write_to(Path(options["export"]))
            elif options["import_from"]:
                self.import_from(Path(options["import_from"]))
            else:
                self.show()
        except (InvalidPrice, OSError, UnicodeDecodeError, csv.Error) as error:
            raise CommandError(str(error)) from None

    def show(self) -> None:
        prices = store.price_list()
        in_force = prices.in_force(store.today())
        self.stdout.write(f"{'model':<28}{'from':<12}{'prompt':>10}{'completion':>12}  version  note")
        for price in in_force:
            amounts = f"{per_million(price.prompt):>10f}{per_million(price.completion):>12f}"
            self.stdout.write(
                f"{price.model:<28}{price.valid_from!s:<12}{amounts}{price.version:>9}  {price.note}".rstrip()
            )
        self.stdout.write(
            f"version {prices.version}, {len(in_force)} models, USD per million tokens; shipped prices: version 0"
        )

    def write_to(self, file: Path) -> None:
        prices = store.price_list()
        effective = prices.effective()
        with file.open("w", newline="", encoding="utf-8") as table:
            csv.writer(table, lineterminator="\n").writerows(rows(effective))
        self.stdout.write(f"{len(effective)} prices of {len(prices.models)} models written to {file}")

    def import_from(self, file: Path) -> None:
        new = read(file.read_text(encoding="utf-8-sig").splitlines())
        saved = store.save(new, _saved_by(), Actor("command", name="prices"))
        for price in saved:
            self.stdout.write(f"{price.model} from {price.valid_from}: {price.note}".rstrip(": "))
        known = f"; {len(new) - len(saved)} already there" if len(new) > len(saved) else ""
        version = f"version {saved[0].version}: " if saved else ""
        self.stdout.write(f"{version}{len(saved)} prices saved{known}")


def _saved_by() -> str:
    """Returns the name of the operating system's user."""
    try:
        return f"{getuser()} (command)"[:150]
    except (KeyError, OSError):
        return "command"
