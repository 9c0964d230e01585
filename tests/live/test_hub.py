"""The broadcaster, with subscribers that the test holds in its hand."""

import asyncio
import threading
from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import pytest

from monitoring.live import hub as module
from monitoring.live.hub import Hub
from monitoring.live.subscriber import Frame, Subscriber
from monitoring.live.topics import Topic

TOPIC: Topic = ("overview", "1h")


@dataclass(frozen=True)
class At:
    """How far there is something to tell of."""

    position: int


@dataclass
class World:
    """What the hub asks: frames that say what they were made of, a position, and who may not watch."""

    at: int = 0
    barred: dict[Any, int] = field(default_factory=dict)
    made: list[tuple[Topic, int | None]] = field(default_factory=list)

    def make(self, topic: Topic, after: int | None, reached: At) -> Frame:
        self.made.append((topic, after))
        return Frame(f"{topic[0]} {after} {reached.position}", reached.position)

    def reached(self) -> At:
        return At(self.at)

    def refused(self, asked: Iterable[tuple[Any, Topic]]) -> dict[tuple[Any, Topic], int]:
        return {(login, topic): self.barred[login] for login, topic in asked if login in self.barred}


@dataclass
class Browser:
    """A socket: takes a frame at once, or only when it is let; `broken` ones fall."""

    login: str = "bob"
    heard: list[str] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    gate: asyncio.Event | None = None
    broken: bool = False

    async def send(self, message: dict[str, Any]) -> None:
        if self.broken:
            raise ConnectionError("gone")
        if self.gate:
            await self.gate.wait()
        self.heard.append(message["text"])

    async def close(self, code: int) -> None:
        self.closed.append(code)

    def subscriber(self) -> Subscriber:
        return Subscriber(self.send, self.close, self.login)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in {
        "ROUND_INTERVAL": 0.01,
        "POLL_INTERVAL": 0.02,
        "TICK_INTERVAL": 60.0,
        "RECHECK_INTERVAL": 0.05,
        "SEND_TIMEOUT": 0.2,
    }.items():
        monkeypatch.setattr(module, name, seconds)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def hub(world: World) -> AsyncIterator[Hub]:
    made = Hub(world.make, world.reached, world.refused, _ticked=monotonic())
    yield made
    if made._task:
        made._task.cancel()
        await asyncio.gather(made._task, return_exceptions=True)


async def watch(hub: Hub, browser: Browser, topic: Topic, after: int | None) -> Subscriber:
    """Takes a seat, and watches."""
    subscriber = browser.subscriber()
    assert hub.acquire(subscriber, is_staff=True) == 0
    await hub.subscribe(subscriber, topic, after)
    return subscriber


async def heard(browser: Browser, text: str) -> None:
    for _ in range(400):
        if text in browser.heard:
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"{text!r} did not come; there came {browser.heard}")


def move(hub: Hub, world: World, position: int) -> None:
    world.at = position
    hub.announce()


async def test_a_new_subscriber_gets_a_snapshot_and_then_what_changed(hub: Hub, world: World) -> None:
    browser = Browser()
    await watch(hub, browser, TOPIC, None)
    move(hub, world, 5)
    await heard(browser, "overview 0 5")
    move(hub, world, 9)
    await heard(browser, "overview 5 9")
    assert browser.heard == ["overview None 0", "overview 0 5", "overview 5 9"]


async def test_a_subscriber_that_comes_back_gets_what_it_missed(hub: Hub, world: World) -> None:
    world.at, browser = 9, Browser()
    await watch(hub, browser, TOPIC, 4)
    assert browser.heard == ["overview 4 9"]


async def test_nothing_is_sent_while_nothing_happens(hub: Hub, world: World) -> None:
    browser = Browser()
    await watch(hub, browser, TOPIC, None)
    await asyncio.sleep(0.2)
    assert browser.heard == ["overview None 0"]


async def test_a_move_that_nobody_announced_is_seen_too(hub: Hub, world: World) -> None:
    browser = Browser()
    await watch(hub, browser, TOPIC, None)
    world.at = 3
    await heard(browser, "overview 0 3")


async def test_the_announcement_of_another_stage_does_not_hold_up_the_next(
    hub: Hub, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROUND_INTERVAL", 30.0)
    browser = Browser()
    await watch(hub, browser, TOPIC, None)
    hub.announce()
    await asyncio.sleep(0.05)
    move(hub, world, 3)
    await heard(browser, "overview 0 3")


async def test_a_frame_that_is_not_due_yet_is_sent_when_it_is(
    hub: Hub, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL_INTERVAL", 30.0)
    hub.frame_interval = lambda topic: 0.3
    browser = Browser()
    await watch(hub, browser, TOPIC, None)
    move(hub, world, 3)
    await heard(browser, "overview 0 3")
    move(hub, world, 4)
    await heard(browser, "overview 3 4")


async def test_one_frame_reaches_back_for_the_furthest_and_serves_all(hub: Hub, world: World) -> None:
    world.at = 5
    browsers = [Browser() for _ in range(3)]
    for browser in browsers:
        await watch(hub, browser, TOPIC, None)
    next(iter(hub._topics[TOPIC])).cursor = 2
    world.made.clear()
    move(hub, world, 8)
    for browser in browsers:
        await heard(browser, "overview 2 8")
    assert world.made == [(TOPIC, 2)], "made once, for all"


async def test_a_slow_subscriber_is_left_out_and_then_caught_up(
    hub: Hub, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SEND_TIMEOUT", 10.0)
    slow, quick = Browser(), Browser()
    await watch(hub, slow, TOPIC, None)
    await watch(hub, quick, TOPIC, None)
    slow.gate = asyncio.Event()
    for position in (1, 2, 3):
        move(hub, world, position)
        await heard(quick, f"overview {position - 1} {position}")
    assert slow.heard == ["overview None 0"], "nobody waited for the slow one"
    slow.gate.set()
    await heard(slow, "overview 1 3")
    assert slow.heard == ["overview None 0", "overview 0 1", "overview 1 3"], "one frame brings it up to date"
    assert hub.dropped == 0


async def test_a_subscriber_whose_frame_does_not_get_through_is_dropped(hub: Hub, world: World) -> None:
    stuck, quick = Browser(), Browser()
    await watch(hub, stuck, TOPIC, None)
    await watch(hub, quick, TOPIC, None)
    stuck.gate = asyncio.Event()
    move(hub, world, 1)
    await heard(quick, "overview 0 1")
    for _ in range(100):
        if hub.dropped:
            break
        await asyncio.sleep(0.01)
    assert (hub.dropped, hub.subscribers) == (1, 1)


async def test_the_socket_of_a_dropped_subscriber_is_closed_so_that_its_page_comes_back(hub: Hub, world: World) -> None:
    """Else its page shows `Live` for ever and gets nothing."""
    stuck = Browser()
    await watch(hub, stuck, TOPIC, None)
    stuck.gate = asyncio.Event()
    move(hub, world, 1)
    for _ in range(100):
        if hub.dropped and stuck.closed:
            break
        await asyncio.sleep(0.01)
    assert hub.dropped == 1
    assert stuck.closed


async def test_a_broken_socket_is_dropped_and_the_others_go_on(hub: Hub, world: World) -> None:
    broken, whole = Browser(), Browser()
    await watch(hub, broken, TOPIC, None)
    await watch(hub, whole, TOPIC, None)
    broken.broken = True
    move(hub, world, 1)
    await heard(whole, "overview 0 1")
    move(hub, world, 2)
    await heard(whole, "overview 1 2")
    assert (hub.dropped, hub.subscribers) == (1, 1)


async def test_another_topic_replaces_the_first(hub: Hub, world: World) -> None:
    browser = Browser()
    subscriber = await watch(hub, browser, TOPIC, None)
    await hub.subscribe(subscriber, ("session/s1", ""), None)
    hub.moved = lambda since, topics: dict.fromkeys(topics, 1)
    move(hub, world, 1)
    await heard(browser, "session/s1 0 1")
    assert "overview 0 1" not in browser.heard
    hub.unsubscribe(subscriber)
    assert hub.subscribers == 0
    hub.unsubscribe(subscriber)


async def test_who_may_not_watch_any_more_is_closed_and_gets_nothing(hub: Hub, world: World) -> None:
    alice, bob = Browser("alice"), Browser("bob")
    await watch(hub, alice, TOPIC, None)
    await watch(hub, bob, TOPIC, None)
    world.barred = {"alice": 4403}
    for _ in range(100):
        if alice.closed:
            break
        await asyncio.sleep(0.01)
    move(hub, world, 1)
    await heard(bob, "overview 0 1")
    assert alice.closed == [4403]
    assert alice.heard == ["overview None 0"]
    assert bob.closed == []


async def test_a_round_that_trips_is_followed_by_another(
    hub: Hub, world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    browser, falls = Browser(), [RuntimeError("no database")]
    await watch(hub, browser, TOPIC, None)

    def reached() -> At:
        if falls:
            raise falls.pop()
        return At(world.at)

    monkeypatch.setattr(hub, "reached", reached)
    move(hub, world, 4)
    await heard(browser, "overview 0 4")
    assert "a round of frames failed" in caplog.text


async def test_an_announcement_before_anybody_watches_is_no_fault(hub: Hub, world: World) -> None:
    move(hub, world, 1)
    assert hub.subscribers == 0


async def test_figures_that_depend_on_the_clock_are_sent_though_nothing_happens(
    hub: Hub, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TICK_INTERVAL", 0.05)
    browser = Browser()
    await watch(hub, browser, TOPIC, None)
    await heard(browser, "overview 0 0")


async def test_a_topic_with_a_slower_pace_gets_fewer_frames_and_the_newest_in_the_end(hub: Hub, world: World) -> None:
    hub.frame_interval = lambda topic: 0.4 if topic[0] == "usage" else 0.0
    slow, quick = Browser(), Browser()
    await watch(hub, slow, ("usage", "28d"), None)
    await watch(hub, quick, TOPIC, None)
    for world.at in range(1, 21):
        hub.announce()
        await asyncio.sleep(0.02)
    assert len(slow.heard) <= 4 < len(quick.heard)
    for _ in range(100):
        if slow.heard[-1].endswith(" 20"):
            break
        await asyncio.sleep(0.01)
    assert slow.heard[-1].endswith(" 20")


async def test_a_private_topic_is_told_only_of_its_own_changes(hub: Hub, world: World) -> None:
    changed: dict[Topic, int] = {}
    hub.moved = lambda since, topics: {topic: at for topic, at in changed.items() if at > since and topic in topics}
    mine, other = Browser("alice"), Browser("bob")
    await watch(hub, mine, ("mine/7", "28d"), None)
    await watch(hub, other, TOPIC, None)
    for position in (1, 2, 3):
        move(hub, world, position)
        await heard(other, f"overview {position - 1} {position}")
    assert mine.heard == ["mine/7 None 0"]
    changed["mine/7", "28d"] = 4
    move(hub, world, 4)
    await heard(mine, "mine/7 0 4")
    await heard(other, "overview 3 4")
    move(hub, world, 5)
    await heard(other, "overview 4 5")
    assert mine.heard == ["mine/7 None 0", "mine/7 0 4"]


async def test_a_session_s_page_of_staff_is_told_of_its_own_changes_alone(hub: Hub, world: World) -> None:
    changed: dict[Topic, int] = {}
    hub.moved = lambda since, topics: {topic: at for topic, at in changed.items() if at > since and topic in topics}
    session, other = Browser("bob"), Browser("dora")
    await watch(hub, session, ("session/s1", ""), None)
    await watch(hub, other, TOPIC, None)
    for position in (1, 2, 3):
        changed |= {("session/s1", ""): 2} if position == 2 else {}
        move(hub, world, position)
        await heard(other, f"overview {position - 1} {position}")
    await heard(session, "session/s1 0 2")
    assert session.heard == ["session/s1 None 0", "session/s1 0 2"]


async def test_a_frame_that_is_slow_to_make_holds_up_no_other_topic(hub: Hub, world: World) -> None:
    slow, quick, done = Browser(), Browser(), threading.Event()

    def make(topic: Topic, after: int | None, reached: At) -> Frame:
        if topic[0] == "usage" and after is not None:
            assert done.wait(10)
        return world.make(topic, after, reached)

    hub.make = make
    await watch(hub, slow, ("usage", "28d"), None)
    await watch(hub, quick, TOPIC, None)
    for position in (1, 2, 3):
        move(hub, world, position)
        await heard(quick, f"overview {position - 1} {position}")
    assert slow.heard == ["usage None 0"]
    done.set()
    await heard(slow, "usage 1 3")
    move(hub, world, 4)
    await heard(slow, "usage 3 4")
    assert slow.heard == ["usage None 0", "usage 0 1", "usage 1 3", "usage 3 4"]


async def test_a_topic_whose_frame_cannot_be_made_is_said_once_and_the_others_go_on(
    hub: Hub, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    broken, whole, well = Browser(), Browser(), threading.Event()

    def make(topic: Topic, after: int | None, reached: At) -> Frame:
        if topic[0] == "usage" and after is not None and not well.is_set():
            raise RuntimeError("no such report")
        return world.make(topic, after, reached)

    hub.make = make
    await watch(hub, broken, ("usage", "28d"), None)
    await watch(hub, whole, TOPIC, None)
    for position in (1, 2, 3):
        move(hub, world, position)
        await heard(whole, f"overview {position - 1} {position}")
    assert caplog.text.count("a frame of usage failed") == 1
    move(hub, world, 4)
    await heard(whole, "overview 3 4")
    assert broken.heard == ["usage None 0"]
    well.set()
    await heard(broken, "usage 0 4")


async def test_all_frames_of_a_round_speak_of_the_same_instant_which_is_asked_for_once(hub: Hub, world: World) -> None:
    browsers, used = [Browser() for _ in range(8)], list[At]()

    def make(topic: Topic, after: int | None, reached: At) -> Frame:
        if after is not None:
            used.append(reached)
        return world.make(topic, after, reached)

    hub.make = make
    for number, browser in enumerate(browsers):
        await watch(hub, browser, ("overview", f"{number}h"), None)
    move(hub, world, 1)
    for browser in browsers:
        await heard(browser, "overview 0 1")
    assert len(used) == 8
    assert all(one is used[0] for one in used), "each question gives another object"


async def test_what_moves_while_a_private_topic_s_first_frame_is_sent_is_told(hub: Hub, world: World) -> None:
    hub.moved = lambda since, topics: dict.fromkeys(topics, 3) if since < 3 else {}
    other, mine = Browser("bob"), Browser("alice")
    await watch(hub, other, TOPIC, None)
    mine.gate = asyncio.Event()
    watching = asyncio.create_task(watch(hub, mine, ("session/s1", "own"), None))
    for _ in range(400):
        if (("session/s1", "own"), None) in world.made:
            break
        await asyncio.sleep(0.005)
    move(hub, world, 3)
    await heard(other, "overview 0 3")
    mine.gate.set()
    await watching
    await heard(mine, "session/s1 0 3")


async def test_the_first_who_watches_is_told_what_changed_since_their_frame_and_nothing_before_is_read(
    hub: Hub, world: World
) -> None:
    """With a million sessions behind us, also when everybody was gone for a while."""
    asked: list[int] = []

    def moved(since: int, topics: Collection[Topic]) -> dict[Topic, int]:
        asked.append(since)
        return dict.fromkeys(topics, world.at)

    hub.moved = moved
    for begin in (1_000, 9_000):
        world.at, mine = begin, Browser()
        subscriber = await watch(hub, mine, ("mine/7", "28d"), None)
        move(hub, world, begin + 5)
        await heard(mine, f"mine/7 {begin} {begin + 5}")
        hub.release(subscriber)
    assert min(asked) == 1_000
    assert not [since for since in asked if 1_005 < since < 9_000]
    assert len([since for since in asked if since < 9_000]) == 1


async def test_of_a_topic_that_everybody_left_nothing_is_kept(hub: Hub, world: World) -> None:
    """Its last subscriber may leave while it is looked at, or while another topic's frame is made."""
    first, other, last = Browser(), Browser(), Browser()
    looked_at = await watch(hub, first, ("mine/1", "28d"), None)
    await watch(hub, other, TOPIC, None)
    waiting = await watch(hub, last, ("mine/2", "28d"), None)
    loop = asyncio.get_running_loop()

    async def go(subscriber: Subscriber) -> None:
        hub.release(subscriber)

    def moved(since: int, topics: Collection[Topic]) -> dict[Topic, int]:
        asyncio.run_coroutine_threadsafe(go(looked_at), loop).result(5)
        return dict.fromkeys(topics, world.at)

    def make(topic: Topic, after: int | None, reached: At) -> Frame:
        asyncio.run_coroutine_threadsafe(go(waiting), loop).result(5)
        return world.make(topic, after, reached)

    hub.moved, hub.make, hub._ticked = moved, make, 0.0
    move(hub, world, 1)
    await heard(other, "overview 0 1")
    move(hub, world, 2)
    await heard(other, "overview 1 2")
    assert (list(hub._moved), list(hub._sent_at)) == ([], [TOPIC])
    assert hub._connections_of == {(0, True): 1}
