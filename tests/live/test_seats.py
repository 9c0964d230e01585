"""Seats: a socket's is free again however it ends; nobody takes all of them, and nobody stays who may not."""

import asyncio
from collections.abc import Callable

import pytest
from channels.testing import WebsocketCommunicator
from django.db import OperationalError

from monitoring.live import consumers
from monitoring.live import hub as module
from monitoring.live.hub import MIN_UNSUBSCRIBED, TOO_MANY, TOO_SLOW, UNSUBSCRIBED, Hub, Reached
from monitoring.live.subscriber import Frame, Subscriber
from monitoring.live.wiring import the_hub


class Somebody:
    """Logged in, as far as the scope says."""

    is_authenticated, pk = True, 1

    def get_session_auth_hash(self) -> str:
        return "as it was"


class Session:
    session_key = "somebody's"


async def test_a_socket_that_ends_by_an_error_frees_its_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(login: object, topic: object, after: object) -> int:
        raise OperationalError("the database is gone")

    monkeypatch.setattr(consumers, "authorize", gone)
    before = the_hub().connections
    socket = WebsocketCommunicator(consumers.LiveConsumer.as_asgi(), "/ws/live/")
    socket.scope |= {"user": Somebody(), "session": Session()}
    assert (await socket.connect())[0]
    assert the_hub().connections == before + 1
    await socket.send_to(text_data='{"subscribe": "overview"}')
    with pytest.raises(OperationalError):
        await socket.wait()
    assert the_hub().connections == before


class Line:
    """A socket that notes with which code it was closed."""

    def __init__(self, user: int = 1) -> None:
        self.closed: list[int] = []
        self.subscriber = Subscriber(self.send, self.close, f"log-in of {user}", user)

    async def send(self, message: object) -> None:
        return

    async def close(self, code: int) -> None:
        self.closed.append(code)


async def looked(fits: Callable[[], object]) -> None:
    for _ in range(1_000):
        if fits():
            return
        await asyncio.sleep(0.005)
    raise AssertionError


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    for name, seconds in {"ROUND_INTERVAL": 0.01, "POLL_INTERVAL": 0.02, "RECHECK_INTERVAL": 0.03}.items():
        monkeypatch.setattr(module, name, seconds)
    return Hub(
        lambda topic, after, reached: Frame("", 0), lambda: Reached(0, 0, 0, 0.0), lambda asked: {}, max_connections=100
    )


def sits(hub: Hub, line: Line) -> int:
    """Takes a seat and says what it wants to watch."""
    code = hub.acquire(line.subscriber, is_staff=False)
    hub.mark_subscribed(line.subscriber)
    return code


async def test_one_user_has_twenty_seats_and_others_theirs(hub: Hub) -> None:
    lines = [Line(1) for _ in range(21)]
    assert [sits(hub, line) for line in lines] == [0] * 20 + [TOO_MANY]
    hub.max_connections = 1_000
    screens = []
    for line in [Line(3) for _ in range(201)]:
        screens.append(hub.acquire(line.subscriber, is_staff=True))
        hub.mark_subscribed(line.subscriber)
    assert screens == [0] * 200 + [TOO_MANY], "staff have screens on the wall"
    assert sits(hub, Line(2)) == 0
    hub.release(lines[0].subscriber)
    assert sits(hub, Line(1)) == 0
    assert hub.largest_user == 20


async def test_owners_leave_a_tenth_of_the_seats_to_staff(hub: Hub) -> None:
    assert [sits(hub, Line(user)) for user in range(100)] == [0] * 90 + [TOO_SLOW] * 10
    assert [hub.acquire(Line(1000 + user).subscriber, is_staff=True) for user in range(11)] == [0] * 10 + [TOO_SLOW]


async def test_sockets_that_did_not_subscribe_are_bounded_and_staff_come_in_all_the_same(hub: Hub) -> None:
    lines = [Line(user) for user in range(MIN_UNSUBSCRIBED + 1)]
    hub.max_connections = 1_000
    codes = [hub.acquire(line.subscriber, is_staff=False) for line in lines]
    assert codes == [0] * MIN_UNSUBSCRIBED + [TOO_SLOW]
    assert hub.acquire(Line(1000).subscriber, is_staff=True) == 0
    hub.mark_subscribed(lines[0].subscriber)
    hub.mark_subscribed(lines[1].subscriber)
    assert hub.acquire(lines[-1].subscriber, is_staff=False) == 0


async def test_a_socket_that_does_not_subscribe_in_time_is_closed(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SUBSCRIBE_TIMEOUT", 0.1)
    silent, watching = Line(1), Line(2)
    for line in (silent, watching):
        assert hub.acquire(line.subscriber, is_staff=False) == 0
    await hub.subscribe(watching.subscriber, ("overview", "1h"), None)
    await looked(lambda: silent.closed)
    assert (silent.closed, watching.closed) == ([UNSUBSCRIBED], [])


async def test_a_socket_that_never_subscribed_is_looked_at_again(hub: Hub) -> None:
    asked: list[object] = []

    def refused(seats: object) -> dict[object, int]:
        asked.append(seats)
        return {("log-in of 1", None): 4401}

    hub.close_codes = refused  # type: ignore[assignment]
    line, other = Line(1), Line(2)
    assert hub.acquire(line.subscriber, is_staff=False) == hub.acquire(other.subscriber, is_staff=False) == 0
    await looked(lambda: line.closed)
    await looked(lambda: len(asked) > 3)
    assert (line.closed, other.closed) == ([4401], []), "closed once, though it is slow to go"
