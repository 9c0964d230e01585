"""Sockets of a real server: a snapshot, then frames, for those who may see them, as long as they may."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from running import PASSWORD, Server, message, talk
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

Fresh = Callable[..., Server]


@asynccontextmanager
async def socket(server: Server, cookie: str = "", origin: str = "") -> AsyncIterator[ClientConnection]:
    headers = {"Cookie": cookie} if cookie else {}
    headers |= {"Origin": origin} if origin else {}
    address = f"ws://127.0.0.1:{server.port}/ws/live/"
    async with connect(address, additional_headers=headers, compression=None, max_size=None, max_queue=None) as line:
        yield line


@asynccontextmanager
async def watching(server: Server, user: str, topic: str, **more: Any) -> AsyncIterator[ClientConnection]:
    cookie = await asyncio.to_thread(server.log_in, user)
    async with socket(server, cookie) as line:
        await line.send(json.dumps({"subscribe": topic} | more))
        yield line


async def frame(line: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(10):
        found: dict[str, Any] = json.loads(await line.recv())
        return found


async def until(line: ClientConnection, fits: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while True:
            found: dict[str, Any] = json.loads(await line.recv())
            if fits(found):
                return found


async def code(line: ClientConnection, seconds: float = 5) -> int:
    """The code with which the server closes within so many seconds."""
    async with asyncio.timeout(seconds):
        await line.wait_closed()
    assert line.close_code is not None
    return line.close_code


async def take(server: Server, events: list[dict[str, Any]]) -> None:
    await asyncio.to_thread(server.take, events)


async def test_the_operations_topic_is_for_staff(server: Server) -> None:
    async with watching(server, "bob", "operations") as line:
        first = await frame(line)
        assert (first["kind"], first["topic"]) == ("snapshot", "operations")
        assert {"mongodb", "seen"} <= first["sources"].keys()
    for user in ("alice", "charlie"):
        async with watching(server, user, "operations") as line:
            assert await code(line) == 4403


@pytest.mark.parametrize("user", ["bob", "alice"])
async def test_a_session_watched_by_an_id_that_is_hashed_tells_what_changes(server: Server, user: str) -> None:
    id = f"Watched By {user}"
    await take(server, talk(id, "alice", 1))
    async with watching(server, user, f"session/{id}") as line:
        first = await frame(line)
        assert first["topic"] == f"session/{id}"
        await take(server, [message(id, f"{id} later", "user", user_id="alice")])
        changed = await until(line, lambda one: one["kind"] == "frame")
        assert len(changed["messages"]) == 1


async def test_staff_get_a_snapshot_and_then_what_changed(either: Server) -> None:
    async with watching(either, "bob", "overview", range="1h") as line:
        first = await frame(line)
        assert first["kind"] == "snapshot"
        assert (first["topic"], first["range"], first["step"]) == ("overview", "1h", 60)
        assert {"active_sessions", "messages_per_minute", "response_p50", "response_p95", "error_rate",
                "tokens_per_minute", "cost_today"} == first["tiles"].keys()  # fmt: skip
        await take(either, talk("overview-1", "alice", 200))
        changed = await until(line, lambda one: one["position"] >= first["position"] + 400)
        assert changed["kind"] == "frame"
        assert changed["position"] >= first["position"] + 1
        assert sum(sum(one["messages"].values()) for one in changed["buckets"]) >= 100
        spoke = {"id": "overview-1", "messages_in_window": 400, "messages": 400}
        await until(line, lambda one: any(spoke.items() <= row.items() for row in one["sessions"]))


async def test_a_fixed_time_is_shown_and_follows_what_comes_late_into_it(either: Server) -> None:
    begin = datetime.now(UTC).replace(minute=41, second=0, microsecond=0) - timedelta(days=3, hours=5)
    await take(either, talk("long-ago", "alice", 5, begin))
    window = f"{int(begin.timestamp())}-{int(begin.timestamp()) + 120}"
    async with (
        watching(either, "bob", "overview", range=window, compare=True) as overview,
        watching(either, "bob", "usage", range=window) as usage,
        watching(either, "alice", "mine", range=window) as mine,
        watching(either, "charlie", "mine", range=window) as none,
    ):
        first = await frame(overview)
        assert (first["range"], first["from"], first["step"]) == (window, int(begin.timestamp()), 60)
        assert sum(sum(one["messages"].values()) for one in first["buckets"]) == 10
        assert first["before"] == []
        assert [(row["id"], row["messages_in_window"]) for row in first["sessions"]] == [("long-ago", 10)]
        assert (await frame(usage))["report"]["totals"]["messages"] == 10
        assert (await frame(mine))["report"]["figures"]["messages"] == 10
        others = (await frame(none))["report"]
        assert others is None or others["figures"]["messages"] == 0, "Charlie may have sessions of another day"
        await take(either, talk("late", "bert", 5, begin))
        await until(overview, lambda one: sum(sum(point["messages"].values()) for point in one["buckets"]) == 20)
        await until(usage, lambda one: one["report"]["totals"]["messages"] == 20)
        assert (await frame(mine))["report"]["figures"]["messages"] == 10


async def test_who_comes_back_gets_what_was_missed(server: Server) -> None:
    await take(server, talk("missed-before", "alice"))
    async with watching(server, "bob", "session/missed") as line:
        position = (await frame(line))["position"]
    await take(server, talk("missed", "alice", 3))
    async with watching(server, "bob", "session/missed", after=position) as line:
        caught = await frame(line)
        assert caught["kind"] == "frame"
        assert [one["id"] for one in caught["messages"]] == [f"missed-{x}{n}" for n in range(3) for x in "qa"]
    async with watching(server, "bob", "session/missed", after=caught["position"]) as line:
        assert (await frame(line))["messages"] == []
    for nonsense in (-1, 10**9):
        async with watching(server, "bob", "session/missed", after=nonsense) as line:
            found = await frame(line)
            assert (found["kind"], len(found["messages"])) == ("snapshot" if nonsense > 0 else found["kind"], 6)


async def test_a_session_s_frames_hold_its_figures_and_the_changed_messages(server: Server) -> None:
    await take(server, talk("followed", "alice"))
    async with watching(server, "alice", "session/followed") as line:
        first = await frame(line)
        assert (first["kind"], first["session"]["message_count"], len(first["messages"])) == ("snapshot", 4, 4)
        assert [one["wait"] for one in first["messages"]] == [None, 2.0, None, 2.0]
        await take(server, [message("followed", "followed-q9", "user", error="x", status="failed")])
        changed = await until(line, lambda one: one["messages"])
        assert [one["id"] for one in changed["messages"]] == ["followed-q9"]
        assert changed["session"]["message_count"] == 5


async def test_another_subscription_replaces_the_first(server: Server) -> None:
    async with watching(server, "bob", "overview", range="15m") as line:
        await frame(line)
        await line.send(json.dumps({"subscribe": "overview", "range": "24h"}))
        found = await until(line, lambda one: one["range"] == "24h")
        assert (found["kind"], found["step"]) == ("snapshot", 900)


@pytest.mark.parametrize(
    ("user", "topic", "expected"),
    [
        ("alice", "overview", 4403),
        ("charlie", "overview", 4403),
        ("alice", "session/hers", 0),
        ("bob", "session/hers", 0),
        ("dora", "session/hers", 0),
        ("charlie", "session/hers", 4403),
        ("charlie", "session/his", 0),
        ("charlie", "session/nobody has ever seen it", 4403),
        ("bob", "session/nobody has ever seen it", 0),
        ("bob", "weather", 4403),
    ],
)
async def test_alice_sees_hers_and_bob_all_and_charlie_nothing_of_it(
    server: Server, user: str, topic: str, expected: int
) -> None:
    await take(server, talk("hers", "alice") + talk("his", "charlie"))
    async with watching(server, user, topic) as line:
        if expected:
            assert await code(line) == expected
        else:
            assert (await frame(line))["topic"] == topic


async def test_without_a_log_in_the_socket_is_closed(server: Server) -> None:
    for cookie in ("", "sessionid=nonsense"):
        async with socket(server, cookie) as line:
            assert await code(line) == 4401


@pytest.mark.parametrize("words", ["{", "5", "{}", '{"subscribe": 5}', '{"subscribe": "overview", "after": "x"}', "\0"])
async def test_an_unreadable_message_closes_the_socket(server: Server, words: str) -> None:
    cookie = await asyncio.to_thread(server.log_in, "bob")
    async with socket(server, cookie) as line:
        await line.send(words)
        assert await code(line) >= 4400


@pytest.mark.parametrize("words", [b"\xff\xfe", b'{"subscribe": "overview\xff"}'])
async def test_unreadable_bytes_close_the_socket(server: Server, words: bytes) -> None:
    cookie = await asyncio.to_thread(server.log_in, "bob")
    async with socket(server, cookie) as line:
        await line.send(words)
        assert await code(line) >= 4400


@pytest.mark.parametrize("range", ["2h", "", "__class__"])
async def test_an_unknown_range_closes_the_socket(server: Server, range: str) -> None:
    async with watching(server, "bob", "overview", range=range) as line:
        assert await code(line) >= 4400


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "http://["])
async def test_a_foreign_page_cannot_open_a_socket(server: Server, origin: str) -> None:
    cookie = await asyncio.to_thread(server.log_in, "bob")
    with pytest.raises(InvalidStatus):
        await socket(server, cookie, origin).__aenter__()


async def test_our_own_page_can(server: Server) -> None:
    cookie = await asyncio.to_thread(server.log_in, "bob")
    async with socket(server, cookie, server.url) as line:
        await line.send('{"subscribe": "overview"}')
        assert (await frame(line))["kind"] == "snapshot"


async def test_logging_out_closes_the_socket(either: Server) -> None:
    cookie = await asyncio.to_thread(either.log_in, "bob", True)
    async with socket(either, cookie) as line:
        await line.send('{"subscribe": "overview"}')
        await frame(line)
        token = "a" * 32
        headers = {"Cookie": f"{cookie}; csrftoken={token}", "X-CSRFToken": token}
        answer = await asyncio.to_thread(either.call, "POST", "/logout/", b"", headers)
        assert answer.status == 302
        assert await code(line) == 4401


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("user.groups.clear()", 4403),
        ("user.is_active = False; user.save()", 4401),
        ("user.delete()", 4401),
        ("user.set_password('another one altogether'); user.save()", 4401),
        ("from django.contrib.sessions.models import Session; Session.objects.filter(session_key=key).delete()", 4401),
    ],
)
async def test_losing_the_role_the_account_or_the_log_in_closes_the_socket(
    server: Server, after: str, expected: int
) -> None:
    name = f"passing-{len(after)}"
    await asyncio.to_thread(server.shell, f"make_user({name!r}, {PASSWORD!r}, 'ops')")
    cookie = await asyncio.to_thread(server.log_in, name, True)
    async with socket(server, cookie) as line:
        await line.send('{"subscribe": "overview"}')
        await frame(line)
        async with socket(server, cookie) as silent, socket(server, cookie) as late:
            known = f"user, key = User.objects.get(username={name!r}), {cookie.partition('=')[2]!r}"
            await asyncio.to_thread(server.shell, f"{known}; {after}")
            with suppress(ConnectionClosed):  # the look at all seats may have been quicker
                await late.send('{"subscribe": "overview"}')
            assert await code(late) == expected
            assert await code(line) == expected
            if expected == 4401:  # a role is no reason to go before anything was asked for
                assert await code(silent) == expected


async def test_an_owner_who_becomes_another_loses_the_session(server: Server) -> None:
    await take(server, talk("left-behind", "leaver"))
    await asyncio.to_thread(server.shell, f"make_user('leaver', {PASSWORD!r}, 'owner', 'leaver')")
    async with watching(server, "leaver", "session/left-behind") as line:
        await frame(line)
        await asyncio.to_thread(server.shell, "User.objects.filter(username='leaver').update(owner_id='alice')")
        assert await code(line) in (4403, 4503)
    async with watching(server, "leaver", "session/left-behind") as line:
        assert await code(line) == 4403


async def test_one_user_has_twenty_sockets_and_no_more(server: Server) -> None:
    await asyncio.to_thread(server.shell, f"make_user('grabber', {PASSWORD!r}, 'owner', 'grabber')")
    cookie = await asyncio.to_thread(server.log_in, "grabber")
    async with AsyncExitStack() as lines:
        for _ in range(20):
            line = await lines.enter_async_context(socket(server, cookie))
            await line.send('{"subscribe": "mine"}')
            await frame(line)
        async with socket(server, cookie) as one_more:
            assert await code(one_more) == 4429
        async with watching(server, "bob", "overview") as line:
            assert (await frame(line))["kind"] == "snapshot"


async def test_an_owner_whose_session_is_another_s_is_not_shown_it_by_a_trick(server: Server) -> None:
    await take(server, talk("tricks", "alice"))
    for topic in ("session/tricks/", "session/ tricks", "session/../tricks", "session/", "SESSION/tricks"):
        async with watching(server, "charlie", topic) as line:
            assert await code(line) == 4403


async def test_the_server_ends_in_time_with_sockets_open(fresh: Fresh) -> None:
    server = await asyncio.to_thread(fresh)
    async with watching(server, "bob", "overview") as line:
        await frame(line)
        await asyncio.to_thread(server.stop)
