"""The demonstration over restarts: nothing is told twice with another content, and only what is missing is sent."""

from collections.abc import Callable
from pathlib import Path
from threading import Event

from demo.sender import Sender
from demo.state import HOUR, LONGEST_HOURS, WHOLE_HOURS, State, read
from demo.teller import Teller
from demo.traffic import Story
from monitoring.ingest.sources.cloud_event import CloudEvent

NOW = 1_795_600_000.0  # a Wednesday afternoon
STORY = Story(7, 0.2)


class Server(Sender):
    """Keeps what it was sent, by id; counts duplicates. Ends the demonstration after some batches."""

    def __init__(self, batches: int = 10**9) -> None:
        super().__init__("", "", "", Event())
        self.stopping, self.left = self._stopping, batches
        self.kept: dict[str, CloudEvent] = {}
        self.order: list[str] = []
        self.again = 0

    def send(self, events: list[CloudEvent]) -> int:
        if self.left <= 0:
            self.stopping.set()
            return 0
        self.left -= 1
        for event in events:
            id = str(event["id"])
            self.again += id in self.kept
            assert self.kept.setdefault(id, event) == event
            self.order.append(id)
        return len(self.order)

    def go_on(self, batches: int = 10**9) -> "Server":
        self.stopping.clear()
        self.left = batches
        return self


def tell(server: Server, path: Path, hours: int = 30, clock: Callable[[], float] = lambda: NOW) -> Teller:
    """Until the past is complete."""
    state = State(path, STORY.name, clock())
    teller = Teller(STORY, state, server, hours, server.stopping)
    teller.run(server.stopping.set, clock)
    return teller


def complete(path: Path, hours: int = 30, now: float = NOW) -> dict[str, CloudEvent]:
    server = Server()
    tell(server, path / "complete.json", hours, lambda: now)
    return server.kept


def test_the_newest_hour_is_told_first_and_a_session_in_its_order(tmp_path: Path) -> None:
    server = Server()
    tell(server, tmp_path / "demo.json")
    hours = [int(id.split("-")[2] if id.startswith("demo") else id.split("-")[1]) for id in server.order]
    assert hours == sorted(hours, reverse=True)
    assert hours[0] == NOW // HOUR
    assert hours[-1] == NOW // HOUR - 30
    assert sum(event["type"] == "session.ended" for event in server.kept.values()) > 100


def test_a_restart_sends_only_what_is_missing(tmp_path: Path) -> None:
    server, path = Server(), tmp_path / "demo.json"
    tell(server, path)
    first = len(server.order)
    tell(server.go_on(), path)
    assert len(server.order) == first
    tell(server.go_on(), path, clock=lambda: NOW + 3 * HOUR)
    assert server.again == 0
    expected = State(path, STORY.name, NOW)
    assert expected.began == NOW // HOUR
    whole = {str(one.event["id"]) for hour in range(3) for one in STORY.hour(int(NOW // HOUR) + hour)
             if one.at <= NOW * 1000 and one.replaced is None}  # fmt: skip
    assert whole <= server.kept.keys()


def test_a_kill_at_any_batch_loses_and_doubles_nothing(tmp_path: Path) -> None:
    expected = complete(tmp_path)
    server, path, kills = Server(), tmp_path / "demo.json", 0
    while True:
        tell(server.go_on(batches=2), path)
        if server.left:
            break
        kills += 1
    assert kills > 5
    assert server.kept == expected


def test_a_gap_of_days_is_filled(tmp_path: Path) -> None:
    server, path, later = Server(), tmp_path / "demo.json", NOW + 50 * HOUR
    tell(server, path)
    tell(server.go_on(), path, clock=lambda: later)
    whole = {str(one.event["id"]) for hour in range(51) for one in STORY.hour(int(NOW // HOUR) + hour)
             if one.at <= later * 1000 and one.replaced is None}  # fmt: skip
    assert whole <= server.kept.keys()
    assert server.again == 0


def test_another_story_begins_anew_and_the_older_past_is_thinner(tmp_path: Path) -> None:
    path = tmp_path / "demo.json"
    first = State(path, "one", NOW)
    first.tell([first.began], NOW)
    first.save(None, NOW)
    assert State(path, "one", NOW + HOUR).told(first.began) == NOW
    assert State(path, "one", NOW + HOUR).began == first.began
    assert State(path, "two", NOW).told(first.began) == 0
    assert first.share(first.began + 100) == first.share(first.began - WHOLE_HOURS) == 1
    assert 0 < first.share(first.began - 600) < first.share(first.began - 400) < 0.2


def test_an_hour_is_finished_when_its_longest_session_is(tmp_path: Path) -> None:
    state, hour = State(tmp_path / "demo.json", "one", NOW), int(NOW // HOUR) - 20
    assert hour in state.unfinished(hour - 5, NOW)
    state.tell([hour], (hour + 1 + LONGEST_HOURS) * HOUR)
    assert hour not in state.unfinished(hour - 5, NOW)


def test_the_file_says_how_far_the_past_is_filled(tmp_path: Path) -> None:
    path, server = tmp_path / "demo.json", Server(batches=3)
    tell(server, path)
    filling = read(path)["filling"]
    assert filling is None, "it was stopped"
    seen: list[dict[str, int]] = []

    class Watching(Server):
        def send(self, events: list[CloudEvent]) -> int:
            seen.append(read(path)["filling"] or {})
            return super().send(events)

    tell(Watching(), path)
    assert [one["done"] for one in seen if one] == sorted(one["done"] for one in seen if one)
    assert all(one["hour"] <= NOW // HOUR and one["of"] >= one["done"] for one in seen if one)


def test_a_file_that_is_broken_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text("{")
    assert read(tmp_path / "demo.json") == {}
    assert State(tmp_path / "demo.json", "one", NOW).began == NOW // HOUR
