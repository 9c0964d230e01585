"""A process and the one that it started tell each other what is rung, over a pair of sockets. Pure."""

import logging
import threading
from collections.abc import Callable
from socket import MSG_DONTWAIT, socket

from monitoring.between.bell import Bell

log = logging.getLogger(__name__)
MOST_BYTES = 4_096


def join(bell: Bell, ours: socket, gone: Callable[[], None] = lambda: None) -> None:
    """Tell the other end what this process rings, and call what hears its rings here; `gone()` when it has ended.

    A ring is its name and a line break. One that finds no room is left out: so many wait there that it makes no
    difference.
    """

    def tell(name: str) -> None:
        try:
            ours.send(f"{name}\n".encode(), MSG_DONTWAIT)
        except OSError as error:
            log.debug("a ring of %s was left out: %s", name, error)

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
