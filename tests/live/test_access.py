"""Rights to watch a topic: Alice owns session s, Bob is staff, Charlie owns nothing."""

import pytest
from django.test import override_settings

from monitoring.live.access import FORBIDDEN, LOGGED_OUT, close_code, resolve_topic
from monitoring.live.consumers import is_same_origin
from monitoring.live.hub import TOO_SLOW
from monitoring.live.topics import OWN, Topic
from monitoring.people.viewer import NOBODY, Viewer

ALICE = Viewer("alice", frozenset({"owner"}), 1)
BOB = Viewer("bob", frozenset({"ops"}))
CHARLIE = Viewer("charlie")
OWNERS = {"s": 1}


@pytest.mark.parametrize(
    ("topic", "alice", "bob", "charlie"),
    [
        (("overview", "1h"), FORBIDDEN, 0, FORBIDDEN),
        (("operations", ""), FORBIDDEN, 0, FORBIDDEN),
        (("session/s", ""), 0, 0, FORBIDDEN),
        (("session/nobody's", ""), FORBIDDEN, 0, FORBIDDEN),
        (("mine", "28d"), 0, 0, 0),
        (None, 0, 0, 0),
    ],
)
def test_everybody_watches_what_is_theirs(topic: Topic | None, alice: int, bob: int, charlie: int) -> None:
    codes = [close_code(viewer, topic and resolve_topic(viewer, topic), OWNERS) for viewer in (ALICE, BOB, CHARLIE)]
    assert codes == [alice, bob, charlie]
    assert close_code(NOBODY, topic, OWNERS) == LOGGED_OUT


def test_a_topic_is_resolved_to_the_viewer_s_own() -> None:
    assert resolve_topic(ALICE, ("mine", "7d")) == ("mine/1", "7d")
    assert resolve_topic(CHARLIE, ("mine", "7d")) == ("mine/", "7d")
    assert resolve_topic(ALICE, ("session/s", "")) == ("session/s", OWN)
    assert resolve_topic(BOB, ("session/s", "")) == ("session/s", "")


def test_a_socket_whose_role_or_person_changed_connects_again() -> None:
    assert close_code(ALICE, ("mine/2", "7d"), OWNERS) == TOO_SLOW
    assert close_code(ALICE, ("session/s", ""), OWNERS) == TOO_SLOW, "as staff she saw more"
    assert close_code(BOB, ("session/s", OWN), OWNERS) == TOO_SLOW


@override_settings(ALLOWED_HOSTS=["chat.example"])
@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        (None, b"chat.example", True),
        (b"https://chat.example", b"chat.example", True),
        (b"https://chat.example:8443", b"chat.example:8443", True),
        (b"https://chat.example:8443", b"chat.example", False),
        (b"https://evil.example", b"chat.example", False),
        (b"https://evil.example", b"evil.example", False),
        (b"null", b"chat.example", False),
        (b"http://[", b"chat.example", False),
    ],
)
def test_a_page_of_another_host_opens_no_socket(origin: bytes | None, host: bytes, same: bool) -> None:
    headers = [(b"host", host)] + ([(b"origin", origin)] if origin is not None else [])
    assert is_same_origin(headers) is same
