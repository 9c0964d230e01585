"""Writes docs/openapi.json. To be run after a change of the API's paths, types or descriptions."""

from pathlib import Path

import msgspec
from django.core.management.base import BaseCommand, CommandParser

from monitoring.api.api import api

FILE = Path(__file__).resolve().parents[4] / "docs" / "openapi.json"


class Command(BaseCommand):
    help = "Write the API's OpenAPI 3.1 document."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=FILE)

    def handle(self, *args: object, file: Path, **options: object) -> None:
        file.write_bytes(described())
        self.stdout.write(f"{file}: {len(api.get_openapi_schema()['paths'])} paths")


def described() -> bytes:
    """The document as it is checked in."""
    return msgspec.json.format(msgspec.json.encode(api.get_openapi_schema()), indent=1) + b"\n"
