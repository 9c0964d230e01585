"""What a page has not been told is told by position, however long it was away and whatever its clock says."""

from datetime import UTC, datetime, timedelta
from typing import Any

from running import Server, message, talk
from test_sockets import frame, take, watching

REPORT = """
from monitoring.operations.difference import ConsistencyReport
from monitoring.operations.reader import save_report
at = "1970-01-01T00:00:00.000Z"
save_report(ConsistencyReport(at, at, 0.5, 0, 3, 2, 0, 0, 0, {}, [], ""))
"""
"""Ended in 1970: nobody is told of it because it is new."""
HOUR = 3_600


async def first_frame(server: Server, topic: str, after: int | None, **more: Any) -> dict[str, Any]:
    async with watching(server, "bob", topic, after=after, **more) as line:
        return await frame(line)


async def test_a_page_that_was_away_while_a_check_ended_is_told_of_it_once(server: Server) -> None:
    await take(server, talk("before-a-check", "alice", 1))
    before = server.position()
    server.shell(REPORT)
    told = await first_frame(server, "operations", before)
    assert (told["kind"], told["consistency"]["ended"]) == ("frame", "1970-01-01T00:00:00.000Z")
    await take(server, talk("checked-2", "alice", 1))
    known = await first_frame(server, "operations", server.position())
    assert (known["kind"], known["position"] > before) == ("frame", True)
    assert known.get("consistency", {}).get("ended") != told["consistency"]["ended"], "another check may have ended"
    assert (await first_frame(server, "operations", None))["consistency"]["sessions"] == 3


async def test_a_page_that_was_away_is_told_which_hours_changed(either: Server) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=3)
    await take(either, talk("hours", "alice", 1))
    whole = await first_frame(either, "overview", None)
    await take(either, talk("hours-2", "bert", 2, long_ago))
    told = await first_frame(either, "overview", whole["position"])
    begin = int(long_ago.timestamp()) // HOUR * HOUR
    changed = {hour["t"]: hour for hour in told["hours"]["changed"]}
    assert told["hours"]["from"] == whole["heat"]["from"]
    assert begin in changed
    assert "heat" not in told
    for t, hour in changed.items():
        held = whole["heat"]["messages"][(t - whole["heat"]["from"]) // HOUR]
        assert hour["messages"] >= held
    again = await first_frame(either, "overview", None)
    late = {hour["t"]: hour["messages"] for hour in again["hours"]["changed"]}
    stood = again["heat"]["messages"][(begin - again["heat"]["from"]) // HOUR]
    assert late.get(begin, stood) == changed[begin]["messages"]


async def test_a_point_of_a_time_to_come_is_told_when_it_changes(server: Server) -> None:
    """It will not change again when its time has come."""
    before = server.position()
    ahead = datetime.now(UTC) + timedelta(minutes=5)
    await take(server, [message("ahead", "ahead", "user", ahead)])
    told = await first_frame(server, "overview", before, range="15m")
    assert int(ahead.timestamp()) // 10 * 10 in {point["t"] for point in told["buckets"]}


async def test_a_frame_has_one_position_and_no_other(server: Server) -> None:
    assert "head" not in await first_frame(server, "overview", None)
