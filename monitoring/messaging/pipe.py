"""Notifications between a process and its child process, over a pair of sockets. Pure."""

import logging
import threading
from collections.abc import Callable
from socket import MSG_DONTWAIT, socket

from monitoring.messaging.notifier import Notifier

log = logging.getLogger(__name__)
RECEIVE_BYTES = 4_096


def join(notifier: Notifier, ours: socket, on_close: Callable[[], None] = lambda: None) -> None:
    """Sends each notification of this process to the other end, and delivers those of the other end here. Calls
    `on_close()` in the receiving thread when the other end is closed.

    A notification is a name and a line break. It is dropped if the socket's buffer is full: the other end then has
    unread notifications, and reads the new entries when it handles them.
    """

    def send(name: str) -> None:
        try:
            ours.send(f"{name}\n".encode(), MSG_DONTWAIT)
        except OSError as error:
            log.debug("a notification of %s was dropped: %s", name, error)

    def receive() -> None:
        try:
            while data := ours.recv(RECEIVE_BYTES):
                for name in {line.decode(errors="replace") for line in data.split(b"\n") if line}:
                    notifier.deliver(name)
        except OSError as error:
            log.info("the process at the other end of the socket has ended: %s", error)
        stop_sending()
        ours.close()
        on_close()

    stop_sending = notifier.forward(send)
    threading.Thread(target=receive, name="notifier-pipe", daemon=True).start()
