"""Rings over a pair of sockets between a process and the one that it started."""

import threading
from socket import socketpair

from running import until

from monitoring.messaging.notifier import Notifier
from monitoring.messaging.pipe import join


def test_a_ring_is_heard_at_the_other_end_and_does_not_come_back() -> None:
    ours, theirs, heard = Notifier(), Notifier(), {"ours": 0, "theirs": 0}
    ours.subscribe("journal", lambda: heard.update(ours=heard["ours"] + 1))
    theirs.subscribe("journal", lambda: heard.update(theirs=heard["theirs"] + 1))
    here, there = socketpair()
    join(ours, here)
    join(theirs, there)
    ours.publish("journal")
    until(lambda: heard["theirs"])
    theirs.publish("nobody hears this")
    theirs.publish("journal")
    until(lambda: heard["ours"] == 2)
    assert heard == {"ours": 2, "theirs": 2}, "each hears its own ring, and the other's"
    here.shutdown(2)


def test_who_is_gone_is_noticed_and_rung_no_more() -> None:
    bell, gone = Notifier(), threading.Event()
    here, there = socketpair()
    join(bell, here, gone.set)
    there.close()
    assert gone.wait(5)
    bell.publish("journal")


def test_who_does_not_read_holds_nobody_up() -> None:
    bell = Notifier()
    here, there = socketpair()
    join(bell, here)
    for _ in range(50_000):
        bell.publish("journal")
    there.close()
