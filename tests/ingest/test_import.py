"""Whole imports, as a person runs them: interrupted in every way, of damaged files, with lines to mend."""

import gzip
import json
import os
import pty
import re
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from running import FIRST_RUN, ROOT, STATISTICS, Server, until

from monitoring.ingest.importing import jsonl
from monitoring.ingest.importing.files import MAX_LINE_BYTES, open_file, read_lines

Fresh = Callable[..., Server]
MAP = ("--format", "csv", "--map", "time=created,session_id=chat,role=sender,total_tokens=tokens")
HEADER = "created,chat,sender,tokens,text"
ROWS = 24_000
WRONG = (50, 9_000, 20_000)
"""Rows of the big table that are refused."""


def row(number: int, role: str = "") -> str:
    """Every third one runs over two lines."""
    text = '"two\nlines"' if number % 3 == 0 else "one"
    who = role or ("User" if number % 2 else "Assistant")
    return f"{1_767_323_045 + number},c{number % 40},{who},{number % 90},{text}"


def message(number: int, **changed: Any) -> dict[str, Any]:
    data = {"message_id": f"m{number}", "session_id": "s", "role": "user", "status": "completed"} | changed
    known = {"specversion": "1.0", "id": str(number), "source": "/t", "type": "message", "time": "2026-01-02T03:04:05Z"}
    return known | {"data": data}


def write(path: Path, *lines: str, end: str = "\n") -> Path:
    path.write_bytes((end.join(lines) + end).encode())
    return path


def events(path: Path, *numbers: int) -> Path:
    return write(path, *(json.dumps(message(number)) for number in numbers))


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [row(number, "nobody" if number in WRONG else "") for number in range(ROWS)]
    return write(tmp_path_factory.mktemp("big") / "big.csv", HEADER, *rows)


@pytest.fixture(scope="module")
def whole(copy: Fresh, big: Path) -> tuple[Server, str, bytes]:
    """A database that has read the big table without interruption, what was said, and the lines that were refused."""
    server = copy()
    said = server.manage("import_events", str(big), *MAP)
    server.manage("rebuild")
    rejected = big.with_name("big.csv.rejected")
    return server, said.splitlines()[0], rejected.read_bytes()


@pytest.fixture
def server(copy: Fresh) -> Server:
    return copy()


@pytest.fixture
def mine(big: Path, tmp_path: Path) -> Path:
    """The big table in a folder of its own."""
    path = tmp_path / big.name
    path.write_bytes(big.read_bytes())
    return path


def imported(server: Server) -> int:
    return int(server.sql("SELECT COUNT(*) FROM journal_entry")[0][0]) - FIRST_RUN


def in_the_middle(server: Server, path: Path, *words: str, events: int = 3_000) -> "subprocess.Popen[bytes]":
    """An import that is under way."""
    process = server.begin("import_events", str(path), *(words or MAP))
    until(lambda: imported(server) >= events or process.poll() is not None, 60, "some of the file")
    assert process.poll() is None, server.log
    return process


def tally(said: str) -> tuple[int, int, int]:
    """Events that were new, events that were there already, and refused lines."""
    found = re.search(r"(\d+) events imported, (\d+) were there already, (\d+) lines refused", said)
    assert found, said
    new, known, refused = map(int, found.groups())
    return new, known, refused


def ends_like(whole: tuple[Server, str, bytes], server: Server, path: Path, *words: str) -> None:
    """Run it again: what is there is skipped, and all figures and refused lines are those of an import without
    interruption."""
    before = imported(server)
    assert tally(server.manage("import_events", str(path), *(words or MAP))) == (
        ROWS - len(WRONG) - before,
        before,
        len(WRONG),
    )
    server.manage("rebuild")
    other, _, rejected = whole
    assert path.with_name(f"{path.name}.rejected").read_bytes() == rejected
    assert imported(server) == ROWS - len(WRONG)
    for table in STATISTICS:
        assert server.rows(table) == other.rows(table)


def test_a_whole_import_counts_all_and_keeps_the_wrong_lines(whole: tuple[Server, str, bytes], big: Path) -> None:
    server, said, rejected = whole
    assert said == f"{ROWS - len(WRONG)} events imported, 0 were there already, {len(WRONG)} lines refused"
    assert len(server.rows("stats_session")) == 40
    first = 2 + sum(2 if number % 3 == 0 else 1 for number in range(50))
    assert rejected.decode() == "".join(f"{row(number, 'nobody')}\n" for number in WRONG)
    why = big.with_name("big.csv.rejected.txt").read_text().splitlines()
    assert why[0].partition(": ")[0] == f"line {first}"
    assert len(why) == 3
    assert big.with_name("big.csv.rejected").stat().st_mode & 0o777 == 0o600


def test_after_kill_9_it_is_run_again_and_ends_as_if_nothing_had_been(
    whole: tuple[Server, str, bytes], server: Server, mine: Path
) -> None:
    for events in (3_000, 8_000):
        process = in_the_middle(server, mine, events=events)
        process.kill()
        process.wait()
    ends_like(whole, server, mine)


def otlp(number: int, agent: bool) -> str:
    """A request with one span: a call, or the agent above it that repeats its tokens."""
    tokens = [{"key": f"gen_ai.usage.{side}_tokens", "value": {"intValue": "7"}} for side in ("input", "output")]
    what = {"key": "gen_ai.operation.name", "value": {"stringValue": "invoke_agent" if agent else "chat"}}
    begin = 1_767_323_045_000_000_000 + number * 10**9
    span = {
        "traceId": f"{number + 1:032x}",
        "spanId": f"{2 * number + 1 + agent:016x}",
        "parentSpanId": "" if agent else f"{2 * number + 2:016x}",
        "name": "x",
        "startTimeUnixNano": str(begin + (0 if agent else 10)),
        "endTimeUnixNano": str(begin + (10**9 if agent else 10**8)),
        "attributes": [what, *tokens],
    }
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})


def test_a_request_that_repeats_what_an_earlier_line_counted_is_known_after_kill_9_too(
    copy: Fresh, tmp_path: Path
) -> None:
    lines = [otlp(number, agent) for agent in (False, True) for number in range(6_000)]
    path = write(tmp_path / "spans.jsonl", *lines)
    words = ("--format", "otel-jsonl")
    kinds = "SELECT type, COUNT(*) FROM journal_entry WHERE type <> 'created' GROUP BY type ORDER BY type"
    one, other = copy(), copy()
    new, _, _ = tally(one.manage("import_events", str(path), *words))
    process = in_the_middle(other, path, *words)
    process.kill()
    process.wait()
    before = imported(other)
    assert tally(other.manage("import_events", str(path), *words)) == (new - before, before, 0)
    assert dict(one.sql(kinds))["message"] == 2 * 6_000
    assert other.sql(kinds) == one.sql(kinds)


def test_on_postgresql_it_is_run_again_after_kill_9_as_well(
    whole: tuple[Server, str, bytes], copy: Fresh, mine: Path
) -> None:
    server = copy("postgresql")
    process = in_the_middle(server, mine)
    process.kill()
    process.wait()
    before = imported(server)
    said = server.manage("import_events", str(mine), *MAP)
    assert tally(said) == (ROWS - len(WRONG) - before, before, len(WRONG))
    assert mine.with_name("big.csv.rejected").read_bytes() == whole[2]
    assert imported(server) == ROWS - len(WRONG)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_behind_a_batch_and_it_says_what_to_do(
    whole: tuple[Server, str, bytes], server: Server, mine: Path, number: signal.Signals
) -> None:
    process = in_the_middle(server, mine)
    process.send_signal(number)
    assert process.wait(20) == 128 + number
    new, known, _ = tally(server.log)
    assert (new, known) == (imported(server), 0)
    assert re.search(r"stopped after line \d+: interrupted by a signal\. Run the same command again", server.log)
    ends_like(whole, server, mine)


def test_on_a_full_disk_it_ends_with_a_sentence_and_is_run_again_when_there_is_room(
    whole: tuple[Server, str, bytes], server: Server, mine: Path
) -> None:
    command = ["bash", "-c", 'ulimit -f 4000; exec "$0" "$@"', sys.executable, "manage.py", "import_events"]
    done = subprocess.run(
        [*command, str(mine), *MAP], cwd=ROOT, env=server.environment, capture_output=True, timeout=60
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert b"Run the same command again: what is there already is skipped." in done.stderr
    assert 0 < imported(server) < ROWS
    ends_like(whole, server, mine)


def test_a_packed_file_is_the_same_file(
    whole: tuple[Server, str, bytes], server: Server, big: Path, tmp_path: Path
) -> None:
    packed = tmp_path / "big.csv.gz"
    packed.write_bytes(gzip.compress(big.read_bytes(), 1))
    process = in_the_middle(server, packed)
    process.kill()
    process.wait()
    ends_like(whole, server, packed)
    assert tally(server.manage("import_events", str(big), *MAP)) == (0, ROWS - len(WRONG), len(WRONG))


def test_a_packed_file_that_is_cut_off_is_told_and_what_is_whole_is_kept(server: Server, tmp_path: Path) -> None:
    packed = events(tmp_path / "a.jsonl", *range(3_000))
    packed.write_bytes(gzip.compress(packed.read_bytes())[:-2_000])
    said = server.manage("import_events", str(packed), "--format", "jsonl", status=1)
    assert "packed with gzip, and damaged" in said
    kept = len(server.entries())
    assert 0 < kept < 3_000
    assert said.startswith(f"CommandError: {kept} events imported")


def test_refused_rows_are_mended_in_their_table_and_only_they_are_new(server: Server, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEADER, row(1), row(3, "nobody"), row(5), row(7, "x"))
    assert tally(server.manage("import_events", str(path), *MAP)) == (2, 0, 2)
    assert path.with_name("a.csv.rejected").read_text() == f"{row(3, 'nobody')}\n{row(7, 'x')}\n"
    assert path.with_name("a.csv.rejected.txt").read_text().count("line 3: data.role: ") == 1
    write(path, HEADER, row(1), row(3, "user"), row(5), row(7, "tool"))
    assert tally(server.manage("import_events", str(path), *MAP)) == (2, 2, 0)
    said = server.manage("import_events", str(path.with_name("a.csv.rejected")), *MAP, status=1)
    assert "a.csv.rejected was not imported: " in said


def test_refused_json_lines_are_kept_as_they_were_mended_and_imported(server: Server, tmp_path: Path) -> None:
    wrong = b'{"id": "\xff"}\r\n', json.dumps(message(8, role="nobody")).encode()
    path = tmp_path / "a.jsonl"
    path.write_bytes(json.dumps(message(1)).encode() + b"\r\n" + wrong[0] + b"\n" + wrong[1])
    said = server.manage("import_events", str(path), "--format", "jsonl")
    assert "1 events imported, 0 were there already, 2 lines refused" in said
    assert "line 2: not readable as UTF-8" in said
    assert "line 4: data.role: " in said
    rejected = tmp_path / "a.jsonl.rejected"
    assert rejected.read_bytes() == b"".join(wrong) + b"\n"
    assert rejected.stat().st_mode & 0o777 == 0o600
    events(rejected, 7, 8)
    assert "2 events imported" in server.manage("import_events", str(rejected), "--format", "jsonl")


def test_a_good_file_leaves_nothing_behind_and_can_be_read_twice(server: Server, tmp_path: Path) -> None:
    path = events(tmp_path / "a.jsonl", 1, 2)
    assert "2 events imported" in server.manage("import_events", str(path), "--format", "jsonl")
    assert "0 events imported, 2 were there" in server.manage("import_events", str(path), "--format", "jsonl")
    assert list(tmp_path.iterdir()) == [path]


def test_lines_that_another_import_kept_are_set_aside(server: Server, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", "{")
    (tmp_path / "a.jsonl.rejected").write_text("mended by hand")
    server.manage("import_events", str(path), "--format", "jsonl")
    assert (tmp_path / "a.jsonl.rejected.old").read_text() == "mended by hand"
    assert (tmp_path / "a.jsonl.rejected").read_text() == "{\n"


def test_a_place_for_refused_lines_that_cannot_be_is_told_before_anything_is_read(
    server: Server, tmp_path: Path
) -> None:
    path = events(tmp_path / "a.jsonl", 1)
    for place in (tmp_path / "nowhere" / "x", tmp_path, path, Path("/dev/null")):
        said = server.manage("import_events", str(path), "--format", "jsonl", "--rejected", str(place), status=1)
        assert "refused lines cannot be kept in " in said
    assert server.entries() == []


def test_where_the_usual_place_cannot_be_written_a_wrong_line_stops_the_import_and_another_place_lets_it_run(
    server: Server, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jsonl", json.dumps(message(1)), "{")
    (tmp_path / "a.jsonl.rejected").mkdir()
    said = server.manage("import_events", str(path), "--format", "jsonl", status=1)
    assert "choose another file with --rejected PATH, or write none with --rejected -" in said
    words = ("import_events", str(path), "--format", "jsonl", "--rejected")
    assert "1 events imported, 0 were there already, 1 lines" in server.manage(*words, "-")
    assert "0 events imported, 1 were there already, 1 lines" in server.manage(*words, str(tmp_path / "other"))
    assert (tmp_path / "other").read_text() == "{\n"


def test_the_first_twenty_refusals_are_shown_and_all_are_counted(server: Server, tmp_path: Path) -> None:
    odd = message(1)
    odd["data"] |= {"cost": "dear", "prompt_tokens": "25"}
    path = write(tmp_path / "a.jsonl", *["{"] * 25, json.dumps(odd))
    said = server.manage("import_events", str(path), "--format", "jsonl")
    assert "1 invalid values were dropped: cost 1" in said
    assert server.sql("SELECT source, kind, name, count FROM ingest_sighting") == [("files", "unreadable", "cost", 1)]
    assert said.count("\nline ") == 20
    assert "and 5 more" in said
    assert "25 lines refused" in said
    assert "were dropped" not in server.manage("import_events", str(path), "--format", "jsonl"), (
        "an event that is known"
    )
    assert server.sql("SELECT count FROM ingest_sighting") == [(1,)]
    assert len((tmp_path / "a.jsonl.rejected.txt").read_text().splitlines()) == 25


def test_what_is_no_file_to_read_is_told_in_a_sentence(server: Server, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").touch()
    for name, why in [("", "it is a directory"), ("no", "No such file"), ("loop", "Too many"), ("pipe", "it is not a")]:
        said = server.manage("import_events", str(tmp_path / name), "--format", "jsonl", status=1)
        assert said.startswith("CommandError: ")
        assert f"cannot be read: {why}" in said
    for words in (("--format", "jsonl"), MAP):
        assert "is empty: nothing to import" in server.manage("import_events", str(tmp_path / "empty"), *words)
    said = server.manage("import_events", str(tmp_path / "empty"), "--format", "jsonl", *MAP[2:], status=1)
    assert "--map requires --format csv" in said


def test_without_tables_it_ends_with_a_sentence(tmp_path: Path) -> None:
    path = events(tmp_path / "a.jsonl", 1)
    said = Server(tmp_path / "data").manage("import_events", str(path), "--format", "jsonl", status=2)
    assert "stopped after line 0: the database cannot be used: no such table" in said


def test_a_map_that_cannot_be_ends_before_anything_is_read(server: Server, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEADER, row(1))
    said = server.manage("import_events", str(path), "--format", "csv", status=1)
    assert (
        f"--map is missing, as in --map time=COLUMN,session_id=COLUMN; the columns are: {HEADER.replace(',', ', ')}"
        in said
    )
    assert list(tmp_path.iterdir()) == [path]


def test_on_a_terminal_a_bar_shows_share_speed_and_the_time_left(server: Server, mine: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "manage.py", "import_events", str(mine), *MAP]
    process = subprocess.Popen(command, cwd=ROOT, env=server.environment, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = b"".join(until_closed(ours)).decode()
    assert process.wait(30) == 0
    assert "[###" in said
    assert " events/s  0:0" in said
    assert "100%" in said


def until_closed(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            yield os.read(terminal, 65_536)
        except OSError:
            os.close(terminal)
            return


def test_a_line_that_is_too_long_is_refused_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.write(b"{}\n")
        for _ in range(5):
            file.write(b" " * MAX_LINE_BYTES)
        file.write(b"\n{}")
    tracemalloc.start()
    with open_file(path) as read:
        found = list(read.lines())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(raw_line.number, bool(raw_line.problem)) for raw_line in found] == [(1, False), (2, True), (3, False)]
    assert found[-1].text == "{}"
    assert peak < 4 * MAX_LINE_BYTES


def test_a_line_of_the_greatest_length_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b" " * MAX_LINE_BYTES + b"\n" + b" " * (MAX_LINE_BYTES + 1) + b"\n")
    with open_file(path) as file:
        assert [bool(raw_line.problem) for raw_line in file.lines()] == [False, True]


def test_a_long_line_is_counted_and_the_lines_around_it_are_taken(server: Server, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", json.dumps(message(1)), "x" * (MAX_LINE_BYTES + 9), json.dumps(message(2)))
    said = server.manage("import_events", str(path), "--format", "jsonl")
    assert "line 2: longer than 16 MiB, and not kept" in said
    assert "2 events imported, 0 were there already, 1 lines refused" in said


def test_blank_lines_without_number_need_no_room() -> None:
    text = BytesIO(b"\n" * 60_000 + b"{}\n")
    tracemalloc.start()
    (line,) = jsonl.read(read_lines(text), "a")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (line.raw.number, line.raw.text) == (60_001, "{}\n")
    assert peak < 1_000_000
