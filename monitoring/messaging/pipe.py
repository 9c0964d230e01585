"""A pair of sockets carries rings between a process and the one that it started. Pure."""

import logging
import threading
from collections.abc import Callable
from socket import MSG_DONTWAIT, socket

from monitoring.messaging.notifier import Notifier

log = logging.getLogger(__name__)
MOST_BYTES = 4_096


def join(bell: Notifier, ours: socket, gone: Callable[[], None] = lambda: None) -> None:
    """Send each ring of this process to the other end, and deliver its rings here; call `gone()` when it has ended.

    A ring is its name and a line break. A ring that finds the socket's buffer full is dropped: the other end has
    others to read.
    """

    def tell(name: str) -> None:
        try:
            ours.send(f"{name}\n".encode(), MSG_DONTWAIT)
        except OSError as error:
            log.debug("a ring of %s was dropped: %s", name, error)

    def listen() -> None:
        try:
            while said := ours.recv(MOST_BYTES):
                for name in {line.decode(errors="replace") for line in said.split(b"\n") if line}:
                    bell.heard(name)
        except OSError as error:
            log.info("the process at the other end is gone: %s", error)
        silence()
        ours.close()
        gone()

    silence = bell.carry(tell)
    threading.Thread(target=listen, name="wire", daemon=True).start()
