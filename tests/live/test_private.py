"""What an owner is told says nothing of what others do: not how much, and not when."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from running import Server, event, message, talk
from test_sockets import frame, take, until, watching

from monitoring.stats.sessions.query import cursor_of


async def frames_while(line: Any, work: Callable[[], None]) -> tuple[list[dict[str, Any]], float]:
    """What comes while a thread works, and for how many seconds it did."""
    came: list[dict[str, Any]] = []

    async def listen() -> None:
        while True:
            came.append(json.loads(await line.recv()))

    began, listening = time.monotonic(), asyncio.create_task(listen())
    await asyncio.to_thread(work)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    return came, time.monotonic() - began


@pytest.mark.parametrize("topic", ["mine", "session/quiet"])
async def test_an_owner_s_frames_come_for_their_own_changes_and_on_the_tick(either: Server, topic: str) -> None:
    await take(either, talk("quiet", "alice"))

    def others() -> None:
        for turn in range(6):
            either.take(talk(f"loud-{turn}", "charlie", 1))
            time.sleep(0.3)  # longer than the pace of a topic

    async with watching(either, "alice", topic) as line:
        first = await frame(line)
        came, seconds = await frames_while(line, others)
        assert len(came) <= seconds / 5 + 1, "a tick every 5 s, and nothing for what others did"
        for told in [first, *came]:
            assert isinstance(told["position"], str)
            assert (told["newest"], told["lag"]) == (first["newest"], 0.0)
        await take(either, [message("quiet", f"quiet-{topic}", "user", user_id="alice")])
        changed = await until(line, lambda one: one["newest"] != first["newest"])
        assert changed["position"] not in {told["position"] for told in [first, *came]}


async def test_an_owner_goes_on_from_the_word_for_a_position_and_nobody_else_does(server: Server) -> None:
    await take(server, talk("resumed", "alice") + talk("not-hers", "charlie"))
    async with watching(server, "alice", "session/resumed") as line:
        known = (await frame(line))["position"]
    async with watching(server, "charlie", "session/not-hers") as line:
        his = (await frame(line))["position"]
    await take(server, [message("resumed", "resumed-late", "user")])
    async with watching(server, "alice", "session/resumed", after=known) as line:
        caught = await frame(line)
        assert (caught["kind"], [one["id"] for one in caught["messages"]]) == ("frame", ["resumed-late"])
    for other in (his, server.position() - 1, "A" * 40):
        async with watching(server, "alice", "session/resumed", after=other) as line:
            assert (await frame(line))["kind"] == "snapshot"
    async with watching(server, "bob", "session/resumed", after=known) as line:
        told = await frame(line)
        assert (told["kind"], type(told["position"])) == ("snapshot", int), "staff are given numbers"


def test_an_owner_s_cursors_are_opaque_the_same_each_time_and_theirs_alone(either: Server) -> None:
    for user in ("alice", "charlie"):
        either.take([event for n in range(3) for event in talk(f"paged-{user}-{n}", user, 1)])
    path = "/api/v1/sessions?limit=1&q=paged"
    first = either.page(path, "alice")
    word = first.json["next"]
    with pytest.raises(ValueError, match="is not the `next`"):
        cursor_of(word, "last_message", True)
    assert either.page(path, "alice").json["next"] == word
    found, following = [row["id"] for row in first.json["sessions"]], word
    while following:
        page = either.page(f"{path}&before={quote(following)}", "alice").json
        found, following = found + [row["id"] for row in page["sessions"]], page["next"]
    assert found == [f"paged-alice-{n}" for n in (2, 1, 0)]
    plain = either.get(path).json["next"]
    for wrong in (plain, either.page(path, "charlie").json["next"]):
        for address in (path, "/api/v1/sessions.csv?q=paged"):
            assert either.page(f"{address}&before={quote(wrong)}", "alice").status == 422
    assert either.get(f"{path}&before={quote(plain)}").status == 200
    assert b"is not the `next`" in either.page(f"/mine/sessions/?before={quote(plain)}", "alice").body.replace(
        b"&#x27;", b"'"
    )


def test_an_owner_s_security_events_have_opaque_positions(either: Server) -> None:
    either.take([event("access", {"user_id": "alice", "outcome": "granted", "action": f"pace_{n}"}) for n in range(3)])
    first = either.page("/api/v1/security/events?limit=1", "alice").json
    assert first["next"] == first["events"][0]["position"]
    assert not first["next"].isdigit()
    second = either.page(f"/api/v1/security/events?limit=1&before={first['next']}", "alice").json
    assert [first["events"][0]["name"], second["events"][0]["name"]] == ["pace_2", "pace_1"]
    assert either.page(f"/api/v1/security/events?before={either.position()}", "alice").status == 422
