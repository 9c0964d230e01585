"""The servers of the fan-out benchmark: `python -m bench.fanout_server daphne|uvicorn|bare PORT`.

Each sends a text frame of 1 KB ten times a second to whoever is connected; it holds its number and when it was sent.
"""

import asyncio
import sys
from collections.abc import Callable
from time import monotonic
from typing import Any

RATE, SIZE = 10, 1_024


def frame(number: int) -> str:
    """The text; its parts stand at fixed places."""
    return f'{{"sequence":"{number:09d}","sent":"{monotonic():020.6f}","pad":"'.ljust(SIZE - 2, "x") + '"}'


def read(head: bytes) -> tuple[int, float]:
    """(number, when it was sent) of the beginning of a frame."""
    return int(head[13:22]), float(head[32:52])


async def tick(send: Callable[[int, str], None]) -> None:
    """Call `send(number, text)` at the rate, without drift."""
    number, began = 0, asyncio.get_running_loop().time()
    while True:
        number += 1
        await asyncio.sleep(max(0.0, began + number / RATE - asyncio.get_running_loop().time()))
        send(number, frame(number))


def application() -> Any:
    """Our consumer and our hub, fed by a clock."""
    import django

    django.setup()
    from monitoring.live.consumers import LiveConsumer
    from monitoring.live.subscriber import Frame, Login, Subscriber
    from monitoring.live.wiring import the_hub

    subscribers: set[Subscriber] = set()
    running = list[asyncio.Task[None]]()

    def send(number: int, text: str) -> None:
        the_hub().fan_out(Frame(text, number), [subscriber for subscriber in subscribers if not subscriber.busy])

    class Consumer(LiveConsumer):
        async def connect(self) -> None:
            await self.accept()  # type: ignore[no-untyped-call]
            self.subscriber = Subscriber(self.base_send, self._close_with, Login("", 0, ""))
            subscribers.add(self.subscriber)
            if not running:
                running.append(asyncio.get_running_loop().create_task(tick(send)))

        async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
            return

        async def disconnect(self, code: int) -> None:
            if self.subscriber:
                subscribers.discard(self.subscriber)

    return Consumer.as_asgi()  # type: ignore[no-untyped-call]


def on_daphne(port: int) -> None:
    from daphne.server import Server

    Server(application(), endpoints=[f"tcp:port={port}:interface=127.0.0.1"], verbosity=0).run()


def on_uvicorn(port: int) -> None:
    import uvicorn

    uvicorn.run(
        application(),
        port=port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level="warning",
        lifespan="off",
    )


async def bare(port: int) -> None:
    """The library's own broadcast and nothing else."""
    from websockets.asyncio.server import ServerConnection, broadcast, serve

    there: set[ServerConnection] = set()

    async def hold(connection: ServerConnection) -> None:
        there.add(connection)
        try:
            await connection.wait_closed()
        finally:
            there.discard(connection)

    async with serve(hold, "127.0.0.1", port, compression=None):
        await tick(lambda number, text: broadcast(there, text))


def main(server: str, port: int) -> None:
    if server == "bare":
        asyncio.run(bare(port))
    else:
        {"daphne": on_daphne, "uvicorn": on_uvicorn}[server](port)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
