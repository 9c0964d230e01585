"""A socket's seat is free again however the socket ends."""

import pytest
from channels.testing import WebsocketCommunicator
from django.db import OperationalError

from monitoring.live import consumers
from monitoring.live.feed import the_hub


class Somebody:
    """Logged in, as far as the scope says."""

    is_authenticated, pk = True, 1


class Session:
    session_key = "somebody's"


async def test_a_socket_that_ends_by_an_error_frees_its_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(login: object, topic: object) -> int:
        raise OperationalError("the database is gone")

    monkeypatch.setattr(consumers, "_admitted", gone)
    before = the_hub().seats
    socket = WebsocketCommunicator(consumers.LiveConsumer.as_asgi(), "/ws/live/")
    socket.scope |= {"user": Somebody(), "session": Session()}
    assert (await socket.connect())[0]
    assert the_hub().seats == before + 1
    await socket.send_to(text_data='{"subscribe": "overview"}')
    with pytest.raises(OperationalError):
        await socket.wait()
    assert the_hub().seats == before
