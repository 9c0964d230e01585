"""The HTTP client of receivers: which addresses it refuses, its bounds, and the words of each failure."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from receiving import certificate, endless, endless_head, hang, status, trickle, web
from running import until

from monitoring.alerts.delivery import addresses, http_client
from monitoring.alerts.delivery.addresses import NEVER, PRIVATE, refusal, resolve
from monitoring.alerts.delivery.failure import Undeliverable
from monitoring.alerts.delivery.http_client import request, retry_after, tls_context


@pytest.fixture
def trusting() -> Iterator[Callable[[Path], None]]:
    """Lets the client trust a certificate: `trusting(pem)`."""
    tls_context.cache_clear()
    yield lambda pem: tls_context().load_verify_locations(pem)
    tls_context.cache_clear()


def error(url: str, seconds: float = 5.0, private: bool = True, **headers: str) -> str:
    """The client's error for a request, empty if it was accepted."""
    try:
        request(url, "POST", headers, b"{}", private, seconds)
    except Undeliverable as failure:
        return str(failure)
    return ""


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("8.8.8.8", ""),
        ("2606:4700::1111", ""),
        ("127.0.0.1", PRIVATE),
        ("10.1.2.3", PRIVATE),
        ("172.16.0.1", PRIVATE),
        ("192.168.1.1", PRIVATE),
        ("100.64.0.1", PRIVATE),
        ("0.0.0.0", PRIVATE),
        ("255.255.255.255", PRIVATE),
        ("::", PRIVATE),
        ("::1", PRIVATE),
        ("fd12::1", PRIVATE),
        ("::ffff:127.0.0.1", PRIVATE),
        ("::ffff:8.8.8.8", ""),
        ("::127.0.0.1", PRIVATE),
        ("2002:7f00:1::", PRIVATE),
        ("64:ff9b::7f00:1", PRIVATE),
        ("64:ff9b::808:808", ""),
        ("64:ff9b:1::7f00:1", PRIVATE),
        ("fec0::1", PRIVATE),
        ("169.254.169.254", NEVER),
        ("::ffff:169.254.169.254", NEVER),
        ("100.100.100.200", NEVER),
        ("168.63.129.16", NEVER),
        ("fd00:ec2::254", NEVER),
        ("fe80::1%eth0", NEVER),
        ("224.0.0.1", NEVER),
        ("ff02::1", NEVER),
    ],
)
def test_which_addresses_are_refused(address: str, words: str) -> None:
    assert refusal(address, False) == words
    assert refusal(address, True) == ("" if words == PRIVATE else words)


def test_a_private_address_is_refused_before_a_connection() -> None:
    with web() as server:
        assert error(server.url, private=False) == PRIVATE
        assert error(server.url.replace("127.0.0.1", "localhost"), private=False) == PRIVATE
        assert server.posts == []


def test_a_name_is_refused_if_one_of_its_addresses_is_private(monkeypatch: pytest.MonkeyPatch) -> None:
    places = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: places)
    with pytest.raises(Undeliverable, match="private"):
        resolve("example.org", 80, False)


def test_a_name_is_resolved_once_and_the_checked_address_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: whatever the name means at the next look-up is not asked."""
    asked = []
    with web() as server:
        port = int(server.url.rpartition(":")[2])

        def getaddrinfo(host: str, *_: Any, **__: Any) -> list[Any]:
            asked.append(host)
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1" if len(asked) == 1 else "127.0.0.2", port))
            ]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        assert error(f"http://rebinding.example:{port}/x") == ""
        assert asked == ["rebinding.example"]
        assert server.posts[0].headers["Host"] == f"rebinding.example:{port}"


def test_a_dead_address_takes_a_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with web() as server, socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.create_connection(full.getsockname()), socket.socket()]
        waiting[1].setblocking(False)
        waiting[1].connect_ex(full.getsockname())
        places = [full.getsockname(), ("127.0.0.1", int(server.url.rpartition(":")[2]))]
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in places]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        assert error("http://two.example/", 2.0) == ""
        for line in waiting:
            line.close()


def test_a_request_is_as_the_address_says() -> None:
    with web() as server:
        url = server.url.replace("//", "//us%65r:p%40ss@") + "/a%20b/ü?x=1&y=ö"
        assert error(url, Extra="yes") == ""
    (post,) = server.posts
    assert post.path == "/a%20b/%C3%BC?x=1&y=%C3%B6"
    assert post.headers["Authorization"] == "Basic dXNlcjpwQHNz"
    assert (post.headers["Extra"], post.body) == ("yes", b"{}")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (status(200), ""),
        (status(500), "the receiver answered 500"),
        (status(404), "the receiver answered 404"),
        (
            status(302, Location="http://127.0.0.1:1/"),
            "the receiver redirects (302), which is not followed: enter the final address",
        ),
        (lambda handler: handler.wfile.write(b"SSH-2.0-nothing\r\n\r\n"), "the answer is not HTTP"),
        (lambda handler: handler.connection.shutdown(socket.SHUT_RDWR), "the receiver closed the connection"),
        (lambda handler: handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n"), ""),
        (endless_head, "the head of the answer is larger than 64 KiB"),
    ],
    ids=["200", "500", "404", "redirect", "not-http", "closed", "interim", "endless-head"],
)
def test_what_an_answer_means(answer: Any, words: str) -> None:
    with web(answer) as server:
        assert error(server.url) == words
        assert len(server.posts) == 1


@pytest.mark.parametrize(
    ("code", "header", "seconds"),
    [
        (429, "120", 120), (503, "7", 7), (429, "86400", 3_600), (429, "9" * 500, 3_600), (429, "soon", 0),
        (429, "-5", 0), (429, "", 0), (500, "120", 0), (429, format_datetime(datetime(2020, 1, 1, tzinfo=UTC)), 0),
        (429, format_datetime(datetime(2100, 1, 1, tzinfo=UTC), usegmt=True), 3_600),
    ],
)  # fmt: skip
def test_a_receiver_may_ask_for_a_pause(code: int, header: str, seconds: float) -> None:
    with web(status(code, **{"retry-after": header})) as server, pytest.raises(Undeliverable) as failure:
        request(server.url, "POST", {}, b"", True)
    assert (failure.value.retry_after, failure.value.is_unreachable) == (seconds, seconds > 0)
    assert str(failure.value) == f"the receiver answered {code}"


def test_a_date_is_a_pause_from_now_on() -> None:
    head = b"HTTP/1.1 503 No\r\nDate: x\r\nRetry-After: Thu, 01 Jan 1970 00:10:00 GMT"
    assert retry_after(head, 540.0) == 60
    assert retry_after(head, 600.5) == 0


def test_a_resolver_that_hangs_holds_up_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, release = socket.getaddrinfo, threading.Event()

    def getaddrinfo(host: str, *rest: Any, **more: Any) -> Any:
        if host == "hangs.example":
            release.wait(30)
        return asked("127.0.0.1" if host.endswith(".example") else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(addresses, "_lookups", threading.BoundedSemaphore(2))
    with web() as server:
        port = server.url.rpartition(":")[2]
        began = time.monotonic()
        assert error(f"http://hangs.example:{port}/", 0.3) == "the look-up of hangs.example took longer than 0.3 s"
        assert time.monotonic() - began < 1.5
        assert error(f"http://works.example:{port}/") == ""
        assert "took longer" in error(f"http://hangs.example:{port}/", 0.1)
        assert "took longer" in error(f"http://works.example:{port}/"), "two hang, and more are not begun"
        release.set()
        until(lambda: error(f"http://works.example:{port}/") == "", 5, "the end of the look-ups")


def test_an_answer_of_ten_gigabytes_is_cut_off() -> None:
    with web(endless) as server:
        began = time.monotonic()
        assert error(server.url) == ""
        assert time.monotonic() - began < 2


@pytest.mark.parametrize("answer", [hang, trickle], ids=["hang", "trickle"])
def test_the_whole_exchange_has_one_bound(answer: Any) -> None:
    with web(answer) as server:
        began = time.monotonic()
        assert error(server.url, 0.5) == "no answer within 0.5 s"
        assert time.monotonic() - began < 1.5


def test_a_receiver_that_accepts_and_never_reads_is_given_up() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        assert error(url, 0.3) == "no answer within 0.3 s"
        assert error(url.replace("http", "https"), 0.3) == "no answer within 0.3 s"


def test_nobody_listens() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert error(f"http://127.0.0.1:{bound.getsockname()[1]}/") == "no connection: Connection refused"
    assert http_client.SECONDS == 10


def test_certificates_are_verified(tmp_path: Path, trusting: Callable[[Path], None]) -> None:
    with web(certificate=certificate(tmp_path)) as server:
        assert error(server.url) == "the certificate is not valid: self-signed certificate"
        trusting(tmp_path / "127.0.0.1-False.pem")
        assert error(server.url) == ""
    for made, words in (
        (certificate(tmp_path, "192.0.2.1"), "IP address mismatch, certificate is not valid for '127.0.0.1'."),
        (certificate(tmp_path, expired=True), "certificate has expired"),
    ):
        trusting(made)
        with web(certificate=made) as server:
            assert error(server.url) == f"the certificate is not valid: {words}"
            assert server.posts == []


def test_tls_to_a_port_without_it_is_said() -> None:
    with web() as server:
        assert error(server.url.replace("http", "https")).startswith("TLS failed: ")
