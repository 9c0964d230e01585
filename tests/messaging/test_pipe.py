"""Notifications over a pair of sockets between a process and its child process."""

import threading
from socket import socketpair

from running import until

from monitoring.messaging.notifier import Notifier
from monitoring.messaging.pipe import join


def test_a_notification_is_delivered_at_the_other_end_and_does_not_come_back() -> None:
    ours, theirs, calls = Notifier(), Notifier(), {"ours": 0, "theirs": 0}
    ours.subscribe("journal", lambda: calls.update(ours=calls["ours"] + 1))
    theirs.subscribe("journal", lambda: calls.update(theirs=calls["theirs"] + 1))
    here, there = socketpair()
    join(ours, here)
    join(theirs, there)
    ours.publish("journal")
    until(lambda: calls["theirs"])
    theirs.publish("no subscribers")
    theirs.publish("journal")
    until(lambda: calls["ours"] == 2)
    assert calls == {"ours": 2, "theirs": 2}, "each end gets its own notification, and the other's"
    here.shutdown(2)


def test_a_closed_end_is_noticed_and_gets_no_more_notifications() -> None:
    notifier, gone = Notifier(), threading.Event()
    here, there = socketpair()
    join(notifier, here, gone.set)
    there.close()
    assert gone.wait(5)
    notifier.publish("journal")


def test_an_end_that_does_not_read_blocks_no_publisher() -> None:
    notifier = Notifier()
    here, there = socketpair()
    join(notifier, here)
    for _ in range(50_000):
        notifier.publish("journal")
    there.close()
