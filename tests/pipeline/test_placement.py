"""Where the pipeline runs."""

from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from running import Server, talk, until

from monitoring.pipeline import placement
from monitoring.pipeline.placement import AUTO, BESIDE, ELSEWHERE, INSIDE, MIN_MEMORY_BYTES, cores, memory, place

Fresh = Callable[..., Server]
ENOUGH = 4 * MIN_MEMORY_BYTES


@pytest.mark.parametrize(
    ("wanted", "with_cores", "with_memory", "found"),
    [
        (AUTO, 2, ENOUGH, BESIDE),
        (AUTO, 1.5, ENOUGH, INSIDE),
        (AUTO, 8, MIN_MEMORY_BYTES - 1, INSIDE),
        (INSIDE, 8, ENOUGH, INSIDE),
        (BESIDE, 1, 1, BESIDE),
        (ELSEWHERE, 8, ENOUGH, ELSEWHERE),
    ],
)
def test_it_has_a_process_of_its_own_where_there_is_room(
    wanted: str, with_cores: float, with_memory: float, found: str
) -> None:
    assert place(wanted, with_cores, with_memory) == found


def test_a_container_s_limits_are_its_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "CGROUP", tmp_path)
    there = cores(), memory()
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    (tmp_path / "memory.max").write_text("268435456\n")
    assert (cores(), memory()) == (0.5, 268_435_456)
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert (cores(), memory()) == there


def test_one_beside_is_started_again_when_it_ends_and_ends_with_its_server(fresh: Fresh) -> None:
    server = fresh(PIPELINE="beside")
    first = pipeline_of(server)
    server.take(talk("beside", "alice"))
    first.kill()
    until(lambda: pipeline_of(server).pid != first.pid, what="another pipeline")
    server.take(talk("beside-again", "alice"))
    second = pipeline_of(server)
    assert server.process is not None
    server.process.kill()
    server.process.wait()
    server.process = None
    assert psutil.wait_procs([second], 10)[1] == []


def test_inside_there_is_no_other_process(fresh: Fresh) -> None:
    server = fresh(PIPELINE="inside")
    server.take(talk("inside", "alice"))
    assert pipelines(server) == []


def test_what_is_known_of_the_process_is_known_of_the_pipeline_beside_it_too(server: Server) -> None:
    other = pipeline_of(server).memory_info().rss
    assert server.process is not None
    alone = psutil.Process(server.process.pid).memory_info().rss
    found = server.get("/api/v1/health").json["process"]["rss_bytes"]
    assert found > alone + other * 0.8


def pipelines(server: Server) -> list[psutil.Process]:
    assert server.process is not None
    return [child for child in psutil.Process(server.process.pid).children() if "run_pipeline" in words_of(child)]


def words_of(process: psutil.Process) -> list[str]:
    """Its command; none of one that has just ended."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def pipeline_of(server: Server) -> psutil.Process:
    found: list[psutil.Process] = until(lambda: pipelines(server), what="the pipeline beside")
    return found[0]
