"""Tables with a map: what a row becomes, which maps are refused, and rows that nobody should have written."""

from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.events.envelope import Refused, take
from monitoring.events.vocabulary import TYPES
from monitoring.ingest.importing import csv_map
from monitoring.ingest.importing.files import read_lines
from monitoring.ingest.importing.lines import InvalidImport, Line, RawLine
from monitoring.ingest.importing.table import Table

LATEST = datetime(2100, 1, 1, tzinfo=UTC)
USUAL = "time=created,session_id=chat,role=sender"
HEADER = "created,chat,sender,tokens"
ROW = "2026-01-02T03:04:05Z,c1,user,7"


def read(text: str, *maps: str, type: str = "message", delimiter: str | None = None, name: str = "f.csv") -> list[Line]:
    lines = read_lines(BytesIO(text.encode()))
    return list(csv_map.read(csv_map.parse_map(maps or (USUAL,)), type, delimiter, lines, name))


def event(text: str, *maps: str, **chosen: Any) -> dict[str, Any]:
    """The only row's event, which the door takes without a field too many."""
    (line,) = read(text, *maps, **chosen)
    assert line.problem is None
    assert take(line.events[0], LATEST).dropped == 0
    return line.events[0]


def problem(text: str, *maps: str, **chosen: Any) -> str:
    (line,) = read(text, *maps, **chosen)
    assert not line.events
    return str(line.problem)


def refusal(text: str, *maps: str, **chosen: Any) -> str:
    with pytest.raises(InvalidImport) as found:
        read(text, *maps, **chosen)
    return str(found.value)


def test_a_row_becomes_a_message_with_what_its_columns_say() -> None:
    map = "time=created,session_id=chat,message_id=id,role=sender,total_tokens=tokens"
    assert event("id,chat,sender,created,tokens\n5,c1,user,2026-01-02T03:04:05Z,7\n", map) == {
        "specversion": "1.0",
        "id": "f.csv:2",
        "source": "file:f.csv",
        "type": "message",
        "time": "2026-01-02T03:04:05.000000Z",
        "data": {"status": "completed", "session_id": "c1", "message_id": "5", "role": "user", "total_tokens": 7},
    }


def test_what_no_column_names_is_named_after_file_and_line() -> None:
    found = read(f"{HEADER}\n{ROW}\n\n{ROW}\n")
    assert [line.events[0]["id"] for line in found] == ["f.csv:2", "f.csv:4"]
    assert [line.events[0]["data"]["message_id"] for line in found] == ["f.csv:2", "f.csv:4"]


def test_an_id_that_a_column_should_give_is_not_made_up_for_an_empty_cell() -> None:
    (line,) = read(f"{HEADER}\n2026-01-02,c1,user,\n", USUAL + ",message_id=tokens")
    assert "message_id" not in line.events[0]["data"]


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T03:04:05Z", "2026-01-02 03:04:05", "2026-01-02T04:04:05+01:00", "20260102T030405Z",
        "1767323045", "1767323045.0", "1767323045000", "1767323045000.0", "1767323045000000", "1767323045000000000",
    ],
)  # fmt: skip
def test_a_time_is_read_as_iso_8601_or_by_its_size(text: str) -> None:
    assert event(f"{HEADER}\n{text},c1,user,\n")["time"] == "2026-01-02T03:04:05.000000Z"


def test_decimals_of_a_second_are_kept_to_the_microsecond() -> None:
    assert event(f"{HEADER}\n1767323045.1234567,c1,user,\n")["time"].endswith("05.123456Z")


@pytest.mark.parametrize("text", ["", "noon", "-5", "1.7E+12", "9" * 21, "9" * 5000, "٣", "2026-13-01"])
def test_what_is_no_time_is_told(text: str) -> None:
    assert problem(f"{HEADER}\n{text},c1,user,\n") in {"time: not a time", "time: missing"}


@pytest.mark.parametrize(("cell", "kept"), [("12", 12), (" 12 ", 12), ("12.0", 12), ("", None), ("null", None)])
def test_a_number_is_converted_and_an_empty_cell_is_absent(cell: str, kept: int | None) -> None:
    found = event(f"{HEADER}\n2026-01-02,c1,user,{cell}\n", USUAL + ",total_tokens=tokens")
    assert found["data"].get("total_tokens") == kept


@pytest.mark.parametrize("cell", ["-1", "1.5", "many", "nan", "1e400"])
def test_what_is_no_count_is_left_out_with_its_field_named(cell: str) -> None:
    (line,) = read(f"{HEADER}\n2026-01-02,c1,user,{cell}\n", USUAL + ",total_tokens=tokens")
    taken = take(line.events[0], LATEST)
    assert (taken.data.session_id, taken.unread) == ("c1", ("total_tokens",))


def test_a_time_that_may_be_left_out_costs_itself_alone() -> None:
    (line,) = read(f"{HEADER}\n2026-01-02,c1,user,noon\n", USUAL + ",completed_at=tokens")
    assert take(line.events[0], LATEST).unread == ("completed_at",)


def test_what_a_row_is_nothing_without_refuses_it() -> None:
    map = (
        "time=created,session_id=chat,message_id=chat,prompt_tokens=tokens,completion_tokens:=2,total_tokens:=3,cost:=0"
    )
    (line,) = read(f"{HEADER}\n2026-01-02,c1,user,many\n", map, type="token_usage")
    with pytest.raises(Refused, match=r"^data\.prompt_tokens: "):
        take(line.events[0], LATEST)


def test_roles_and_states_are_read_in_any_case() -> None:
    found = event(f"{HEADER}\n2026-01-02,c1,ASSISTANT,Failed\n", USUAL + ",status=tokens")
    assert (found["data"]["role"], found["data"]["status"]) == ("assistant", "failed")


def test_a_constant_stands_in_every_row() -> None:
    assert event(f"{HEADER}\n{ROW}\n", USUAL, "status:=pending,model:=a=b")["data"]["model"] == "a=b"


def test_a_column_with_a_comma_or_an_equals_sign_is_put_in_quotes() -> None:
    text = '"created, at",chat,sender=who\n2026-01-02,c1,user\n'
    assert event(text, '"time=created, at",session_id=chat,role=sender=who')["data"]["role"] == "user"


MAPS = {
    "session.started": "session_id:=s,user_id:=u",
    "session.ended": "session_id:=s,reason:=CLOSED",
    "message": "session_id:=s,role:=user",
    "token_usage": "session_id:=s,message_id:=m,prompt_tokens:=1,completion_tokens:=2,total_tokens:=3,cost:=0.5",
    "vote": "session_id:=s,message_id:=m,user_id:=u,value:=Up",
    "access": "outcome:=granted",
    "rate_limit": "limit:=5,window_seconds:=1.5",
    "operation": "operation:=embed,outcome:=ok,duration_ms:=2.5",
    "security": "event_type:=login,outcome:=ok",
}


@pytest.mark.parametrize("type", list(TYPES))
def test_every_type_of_the_vocabulary_can_be_read(type: str) -> None:
    assert event("at\n2026-01-02\n", "time=at", MAPS[type], type=type)["type"] == type


@pytest.mark.parametrize("type", list(TYPES))
def test_a_map_that_lacks_what_the_type_needs_names_it_before_anything_is_read(type: str) -> None:
    said = refusal("at\n2026-01-02\n", "time=at", type=type)
    assert "--map lacks " in said
    assert "the columns are: at" in said


def test_the_type_can_come_from_a_column() -> None:
    text = "at,what,who,how\n2026-01-02,message,user,\n2026-01-02,vote,,up\n2026-01-02,dance,,\n"
    map = "time=at,type=what,role=who,value=how,session_id:=s,message_id:=m,user_id:=u"
    first, second, third = read(text, map)
    assert (first.events[0]["type"], "value" in first.events[0]["data"]) == ("message", False)
    assert (second.events[0]["type"], second.events[0]["data"]["value"]) == ("vote", "up")
    assert third.problem == "type: unknown"


@pytest.mark.parametrize(
    ("map", "said"),
    [
        ("", "--map is missing"),
        ("time", "neither field=column nor field:=value"),
        ("time=created,time=chat", "time is given twice"),
        (USUAL + ",colour=tokens", "message has no field 'colour'; it has: time, type, id, session_id"),
        (USUAL + ",value=tokens", "message has no field 'value'"),
        (USUAL + ",model=modell", "model=modell: this column is not in the file"),
        (USUAL + ",type:=dance", "type: unknown 'dance'"),
        ("session_id=chat,role=sender", "--map lacks time"),
        (USUAL + ",error=content", "content is never stored"),
        (USUAL + ",model=Title", "content is never stored"),
        (USUAL + ",text=tokens", "content is never stored"),
    ],
)
def test_a_map_that_cannot_be_is_refused_in_a_sentence(map: str, said: str) -> None:
    assert said in refusal(f"{HEADER}\n{ROW}\n", map)


def test_a_column_that_stands_twice_cannot_be_chosen() -> None:
    assert "occurs twice" in refusal("at,at\n1,2\n", "time=at,session_id:=s,role:=user")


def test_what_is_no_single_value_has_no_column() -> None:
    assert "no field 'details'" in refusal("at,d\n1,2\n", "time=at,details=d,outcome:=a,event_type:=b", type="security")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(delimiter: str) -> None:
    assert event(f"{HEADER}\n{ROW}\n".replace(",", delimiter))["data"]["role"] == "user"


def test_the_delimiter_can_be_said() -> None:
    assert event("created~chat,room~sender\n2026-01-02~a,b~user\n", '"session_id=chat,room",time=created,role=sender',
                 delimiter="~")["data"]["session_id"] == "a,b"  # fmt: skip


def test_a_quoted_cell_may_run_over_several_lines_and_a_byte_order_mark_is_no_column() -> None:
    text = f'\ufeff"created",chat,sender,tokens\r\n2026-01-02,c1,user,"say ""a,\r\n\r\nb"""\r\n{ROW}\r\n'
    first, second = read(text)
    assert (first.raw.number, first.raw.text.count("\n"), first.events[0]["id"]) == (2, 3, "f.csv:2")
    assert (second.raw.number, second.raw.text, second.events[0]["id"]) == (5, f"{ROW}\r\n", "f.csv:5")


@pytest.mark.parametrize("wrong", ['2026-01-02,c1,"user,7', '2026-01-02,c1,"us"er,7', "2026-01-02,c1,user", ROW + ",8"])
def test_a_row_that_is_not_well_formed_costs_its_own_line_and_no_other(wrong: str) -> None:
    found = read(f"{HEADER}\n{ROW}\n{wrong}\n{ROW}\n{ROW}\n")
    assert [(line.raw.number, line.raw.text, bool(line.events)) for line in found] == [
        (2, f"{ROW}\n", True), (3, f"{wrong}\n", False), (4, f"{ROW}\n", True), (5, f"{ROW}\n", True),
    ]  # fmt: skip


def test_a_quote_that_nobody_closes_costs_one_line_even_where_another_follows_much_later() -> None:
    rows = [
        f'{n},c1,user,"x' if n in {1767323045, 1767323945} else f"{n},c1,user,7" for n in range(1767323000, 1767324000)
    ]
    found = read("\n".join([HEADER, *rows]))
    assert len([line for line in found if line.events]) == 998
    assert [line.raw.number for line in found if line.problem] == [47, 947]


def test_a_header_that_is_not_utf_8_is_told() -> None:
    with pytest.raises(InvalidImport, match="the header is not readable: not readable as UTF-8"):
        Table(read_lines(BytesIO(f"{HEADER},grün\n{ROW},\n".encode("latin-1"))))


def test_a_row_of_several_lines_that_is_not_utf_8_is_refused_as_a_whole() -> None:
    text = f'{HEADER}\n2026-01-02,c1,user,"grün\n2"\n{ROW}\n'.encode("latin-1")
    broken, whole = Table(read_lines(BytesIO(text)))
    assert (broken.number, broken.problem) == (2, "not readable as UTF-8")
    assert broken.text.encode(errors="surrogateescape") == text.splitlines(keepends=True)[1] + b'2"\n'
    assert (whole.number, whole.problem) == (4, None)


def table(text: str) -> Table:
    return Table((RawLine(number, line + "\n") for number, line in enumerate(text.split("\n"), 1)), ",")


cells = st.lists(st.text(alphabet='",\n\r ab', max_size=8), min_size=1, max_size=4)


@given(st.lists(st.text(alphabet='",;\n\r ab1', max_size=30), max_size=8))
def test_no_table_whatever_it_holds_stops_the_reading_or_loses_a_line(rows: list[str]) -> None:
    text = HEADER + "\n" + "\n".join(rows)
    lines = text.split("\n")
    spans = [(row.number, row.number + row.text.count("\n")) for row in table(text)]
    assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))
    told = {number for begin, end in spans for number in range(begin, end)}
    assert all(number in told for number, line in enumerate(lines, 1) if line.strip() and number > 1)


def quoted(row: list[str]) -> str:
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in row)


@given(st.lists(cells.filter(lambda row: len(row) == 3), max_size=5))
def test_what_is_written_as_csv_is_read_as_it_was(rows: list[list[str]]) -> None:
    text = "a,b,c\n" + "".join(quoted(row) + "\n" for row in rows)
    found = [row.cells for row in table(text)]
    assert found == [tuple(cell.strip() for cell in row) for row in rows]
