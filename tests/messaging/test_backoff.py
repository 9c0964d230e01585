"""Pauses between retries double up to a bound."""

from monitoring.messaging.backoff import Backoff


def test_pauses_double_up_to_the_longest_and_begin_anew_after_a_success() -> None:
    backoff = Backoff(0.5, 3.0)
    assert [backoff.next() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    backoff.reset()
    assert (backoff.pause, backoff.next()) == (0.0, 0.5)


def test_a_first_pause_beyond_the_longest_is_the_longest() -> None:
    assert Backoff(4.0, 3.0).next() == 3.0
