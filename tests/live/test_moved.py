"""What has left its place in a session leaves its open page, and one that comes back after a loss."""

from datetime import UTC, datetime, timedelta
from typing import Any

from running import Server, event, message
from test_sockets import frame, take, until, watching

BEGIN = datetime.now(UTC) - timedelta(hours=1)


def said(session: str, id: str, second: int, **data: Any) -> dict[str, Any]:
    return message(session, id, "user", BEGIN + timedelta(seconds=second), user_id="alice", **data)


def ids(told: dict[str, Any]) -> list[str]:
    return [row["id"] for row in told["messages"]]


async def test_a_message_that_moved_leaves_the_page_of_its_old_session(either: Server) -> None:
    await take(either, [said("from", f"moves-{n}", n) for n in range(3)] + [said("to", "stays", 0)])
    async with watching(either, "bob", "session/from") as old, watching(either, "bob", "session/to") as new:
        first = await frame(old)
        assert ids(first) == [f"moves-{n}" for n in range(3)]
        await frame(new)
        await take(either, [said("to", "moves-1", 1)])
        told = await until(old, lambda one: one["whole"])
        assert (told["kind"], ids(told), told["session"]["message_count"]) == ("frame", ["moves-0", "moves-2"], 2)
        assert ids(await until(new, lambda one: one["messages"])) == ["moves-1"]
    async with watching(either, "bob", "session/from", after=first["position"]) as line:
        again = await frame(line)
        assert (again["kind"], again["whole"], ids(again)) == ("frame", True, ["moves-0", "moves-2"])
    async with watching(either, "bob", "session/from", after=again["position"]) as line:
        known = await frame(line)
        assert (known["whole"], ids(known)) == (False, [])
    rows = either.get("/api/v1/sessions/from/messages").json["messages"]
    assert [row["id"] for row in rows] == ["moves-0", "moves-2"]


async def test_a_message_that_goes_back_in_time_may_leave_the_newest_ones(server: Server) -> None:
    await take(server, [said("long", f"long-{n:03}", n) for n in range(501)])
    async with watching(server, "bob", "session/long") as line:
        first = await frame(line)
        assert ids(first)[-1] == "long-500"
        await take(server, [said("long", "long-500", -60)])
        told = await until(line, lambda one: one["whole"])
        assert ids(told) == [f"long-{n:03}" for n in range(500)]


async def test_a_newer_state_at_its_place_or_later_is_told_alone(server: Server) -> None:
    await take(server, [said("in-place", f"in-place-{n}", n, status="pending") for n in range(3)])
    before = server.position()
    await take(server, [said("in-place", "in-place-1", 1), said("in-place", "in-place-2", 9)])
    async with watching(server, "bob", "session/in-place", after=before) as line:
        told = await frame(line)
        assert (told["whole"], ids(told)) == (False, ["in-place-1", "in-place-2"])


async def test_a_vote_that_was_taken_back_is_told_by_the_whole(server: Server) -> None:
    who = {"session_id": "voted", "message_id": "voted-0", "user_id": "alice"}
    await take(server, [said("voted", "voted-0", 0), event("vote", who | {"value": "up"})])
    before = server.position()
    await take(server, [event("vote", who | {"value": "none"})])
    async with watching(server, "bob", "session/voted", after=before) as line:
        told = await frame(line)
        assert (told["kind"], told["whole"], told["votes"]) == ("frame", True, [])
