"""Between two pages a check rests, keeps its lease, and ends where it is told to."""

import pytest

from monitoring.operations import check_job as module
from monitoring.operations.check_job import LEASE_NAME, LEASE_SECONDS, MAX_PAUSE_SECONDS, RENEW_SECONDS, Pacer


class World:
    """A clock that the test moves, the pauses that were made, and the leases that were asked for."""

    def __init__(self) -> None:
        self.now, self.term, self.stopping = 100.0, 3, False
        self.pauses: list[float] = []
        self.leases: list[tuple[str, str, float]] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def take_lease(self, name: str, token: str, seconds: float) -> int:
        self.leases.append((name, token, seconds))
        return self.term


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.setattr(module, "monotonic", lambda: made.now)
    monkeypatch.setattr(module, "sleep", made.sleep)
    monkeypatch.setattr(module, "take_lease", made.take_lease)
    return made


def test_a_pause_is_as_long_as_the_page_within_bounds(world: World) -> None:
    pacer = Pacer(3, "me", lambda: world.stopping)
    for took in (0.0, 0.25, 60.0):
        world.now += took
        assert pacer.go_on(500)
    assert world.pauses == [0.005, pytest.approx(0.25), MAX_PAUSE_SECONDS]


def test_the_lease_is_renewed_and_a_lost_one_ends_the_check(world: World) -> None:
    pacer = Pacer(3, "me", lambda: world.stopping)
    assert pacer.go_on(500)
    assert world.leases == []
    world.now += RENEW_SECONDS
    assert pacer.go_on(1_000)
    assert world.leases == [(LEASE_NAME, "me", LEASE_SECONDS)]
    world.now, world.term = world.now + RENEW_SECONDS, 4
    assert not pacer.go_on(1_500), "another process has taken it since"


def test_a_process_that_stops_ends_the_check(world: World) -> None:
    pacer = Pacer(3, "me", lambda: world.stopping)
    world.stopping = True
    assert not pacer.go_on(500)
