"""The size of a benchmark, and the services it talks to."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Protocol, TypeVar

from bench.server import ROOT, Server, prepared

sys.path.append(str(ROOT / "tests"))

from mongodb import Mongo
from running import Postgres

Amount = TypeVar("Amount")


class Size(IntEnum):
    """FULL is what is published, SHORT a look in two minutes, TINY what the tests run."""

    FULL = 0
    SHORT = 1
    TINY = 2


@dataclass(frozen=True, slots=True)
class Postgresql:
    """A PostgreSQL, and on it a prepared installation (its DATA_DIR and its database) of which others are copies."""

    postgres: Postgres
    folder: Path
    template: str

    @classmethod
    def prepare(cls, postgres: Postgres) -> "Postgresql":
        address = postgres.database()
        return cls(postgres, prepared(address), address.rpartition("/")[2])

    def server(self, extra: dict[str, str]) -> Server:
        return Server(extra={"DATABASE_URL": self.postgres.database(self.template), **extra}, template=self.folder)


class Services(Protocol):
    """The source of the servers that a benchmark measures, for one run."""

    def server(self, kind: str) -> AbstractContextManager[Server]: ...
    def postgresql(self) -> AbstractContextManager[Postgresql]: ...
    def mongodb(self) -> AbstractContextManager[Mongo]: ...


class Fresh:
    """Each is started for the run and gone after it."""

    def server(self, kind: str) -> AbstractContextManager[Server]:
        return Server(kind)

    @contextmanager
    def postgresql(self) -> Iterator[Postgresql]:
        """It waits for the disk, as in production."""
        postgres = Postgres.started(durable=True)
        try:
            yield Postgresql.prepare(postgres)
        finally:
            postgres.stop()

    @contextmanager
    def mongodb(self) -> Iterator[Mongo]:
        mongo = Mongo(options={"oplog_max_entries": 3_000_000}).start()
        try:
            yield mongo
        finally:
            mongo.stop()


@dataclass(frozen=True, slots=True)
class Plan:
    """One for all benchmarks of a program; `server` is what `serve` runs on."""

    size: Size = Size.FULL
    server: str = "daphne"
    services: Services = field(default_factory=Fresh)

    @property
    def runs(self) -> int:
        return 3 if self.size is Size.FULL else 1

    def of(self, amounts: tuple[Amount, Amount, Amount]) -> Amount:
        """The amount for this size, of those for FULL, SHORT and TINY."""
        return amounts[self.size]
