"""Every benchmark of `make bench` runs, on little: each of its figures comes out. How fast it is says nothing here."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import pytest
from mongodb import Mongo
from running import Postgres
from running import Server as Prepared

from bench.figures import Benchmark
from bench.plan import Plan, Postgresql, Size
from bench.run import BENCHMARKS, arguments, measured
from bench.server import Server

TEN_MINUTES = 600


@dataclass(frozen=True)
class Shared:
    """The servers that all benchmarks use together here."""

    running: Server
    postgres: Postgresql
    mongo: Mongo

    def server(self, kind: str) -> AbstractContextManager[Server]:
        return nullcontext(self.running)

    def postgresql(self) -> AbstractContextManager[Postgresql]:
        return nullcontext(self.postgres)

    def mongodb(self) -> AbstractContextManager[Mongo]:
        return nullcontext(self.mongo)


@pytest.fixture(scope="module")
def running(prepared: Prepared) -> Iterator[Server]:
    with Server(template=prepared.folder) as made:
        yield made


@pytest.fixture
def plan(running: Server, postgres: Postgres, prepared_postgresql: Prepared, mongodb: Mongo) -> Plan:
    template = prepared_postgresql.database.rpartition("/")[2]
    host = Postgresql(postgres, prepared_postgresql.folder, template)
    return Plan(Size.TINY, services=Shared(running, host, mongodb))


@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=lambda each: each.name)
def test_a_benchmark_runs_and_each_of_its_figures_comes_out(benchmark: Benchmark, plan: Plan) -> None:
    results, failed = measured([benchmark], plan)
    assert failed == [], "its traceback stands above"
    lines = results[benchmark.name]["figures"]
    assert [line["figure"] for line in lines] == [spec.name for spec in benchmark.specs]
    for spec, line in zip(benchmark.specs, lines, strict=True):
        assert line["value"] is not None, line
        assert line["value"] > 0 or (spec.may_be_zero and line["value"] == 0), line
        assert not spec.beside or line["baseline_value"] is not None, line


def test_all_of_them_together_take_ten_minutes_at_most() -> None:
    assert sum(benchmark.seconds for benchmark in BENCHMARKS) <= TEN_MINUTES


def test_a_full_run_measures_what_is_published_and_a_short_one_says_that_it_is_short() -> None:
    assert not arguments([]).short
    assert arguments(["--short", "rest"]).names == ["rest"]
    assert (Plan().size, Plan().runs) == (Size.FULL, 3)
    assert Plan(Size.SHORT).runs == 1
