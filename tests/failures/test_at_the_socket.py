"""What senders do that no client library does, on both servers: bodies and heads without end, upgrades, half a
connection, a target with a host."""

import json
import socket
import threading
import time
from contextlib import ExitStack, suppress

import psutil
import pytest
from django.conf import settings
from raw import Said, asked, head, heard, opened
from running import BATCH, LINES, SINGLE, Server, message

from monitoring.ingest.sources.otel import wire

TERABYTE = 10**12
DOORS = ("/api/v1/events", "/v1/traces", "/loki/api/v1/push")
PAGES = ("/healthz", "/login/", "/api/v1/sessions", "/admin/login/", "/nowhere")
HEAD_SECONDS = 15.0


@pytest.fixture(params=["daphne", "uvicorn"])
def each(request: pytest.FixtureRequest) -> Server:
    """The shared server, once on each."""
    found: Server = request.getfixturevalue("server" if request.param == "daphne" else "server_on_uvicorn")
    return found


class Drip(threading.Thread):
    """Says a byte of a head each second, until the server has had enough of it."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self.line, self.began, self.said = opened(server, 1.0), time.monotonic(), b""
        self.lasted: float | None = None

    def run(self) -> None:
        for byte in b"POST /api/v1/events HTTP/1.1\r\nX-Long: " + b"x" * 60:
            with suppress(TimeoutError, OSError):
                self.line.sendall(bytes([byte]))
                self.said += self.line.recv(4_096)
                if self.line.recv(1) == b"":
                    break
        self.lasted = time.monotonic() - self.began
        self.line.close()


@pytest.fixture(scope="module", autouse=True)
def dripping(server: Server, server_on_uvicorn: Server) -> list[Drip]:
    """Begun before the other tests, so that nobody waits for it."""
    drips = [Drip(server) for _ in range(5)] + [Drip(server_on_uvicorn) for _ in range(5)]
    for drip in drips:
        drip.start()
    return drips


def memory(server: Server) -> int:
    assert server.process is not None
    return int(psutil.Process(server.process.pid).memory_info().rss)


# --- bodies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*DOORS, *PAGES])
def test_a_body_that_is_announced_as_too_large_is_answered_413_before_it_comes(each: Server, path: str) -> None:
    said = asked(each, head("POST", path, Content_Length=TERABYTE), b"a=1&" * 100)
    assert said.status == 413, said
    assert "connection: close" in said.head.lower()


@pytest.mark.parametrize("path", [*DOORS, *PAGES])
def test_a_chunked_body_is_answered_413_as_soon_as_it_is_too_large(each: Server, path: str) -> None:
    key = f"Bearer {each.said['ingest_key']}"
    begin = head("POST", path, Transfer_Encoding="chunked", Content_Type=LINES, Authorization=key)
    with opened(each) as line:
        line.sendall(begin)
        stop = threading.Event()
        sender = threading.Thread(target=endless, args=(line, stop))
        sender.start()
        said = heard(line)
        stop.set()
        sender.join()
    assert said.status == 413, said


def endless(line: socket.socket, stop: threading.Event) -> None:
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    with suppress(OSError):
        while not stop.is_set():
            line.sendall(chunk)


@pytest.mark.parametrize("path", ["/healthz", "/login/", "/api/v1/events", "/v1/traces"])
def test_a_large_form_costs_neither_memory_nor_time(each: Server, path: str) -> None:
    body = b"a=1&" * (8 * 1024 * 1024)
    before = memory(each)
    begin = head("POST", path, Content_Length=len(body), Content_Type="application/x-www-form-urlencoded")
    answers: list[Said] = []
    sender = threading.Thread(target=lambda: answers.append(asked(each, begin, body)))
    sender.start()
    waits = []
    while sender.is_alive():
        began = time.monotonic()
        assert each.call("GET", "/healthz").status == 200
        waits.append(time.monotonic() - began)
    assert [said.status for said in answers] == [401 if path == DOORS[1] else 413], "spans may be so large, with a key"
    assert memory(each) - before < 20_000_000
    assert max(waits, default=0.0) < 1.0, "nobody waits for it"


def test_a_sender_of_a_refused_body_reads_the_answer_and_is_let_go(each: Server) -> None:
    with opened(each) as line:
        line.sendall(head("POST", "/healthz", Content_Length=TERABYTE))
        assert heard(line).status == 413
        began = time.monotonic()
        with suppress(OSError):
            while time.monotonic() < began + 15:
                line.sendall(b" " * 65_536)
    assert time.monotonic() - began < 10


def test_who_asks_before_sending_is_told_at_once(each: Server) -> None:
    with opened(each) as line:
        line.sendall(head("POST", "/healthz", Content_Length=TERABYTE, Expect="100-continue"))
        assert line.recv(65_536).startswith(b"HTTP/1.1 413"), "and not to go on"
    body = json.dumps([message("continued", f"continued-{each.port}", "user")]).encode()
    with opened(each) as line:
        line.sendall(events_head(each, len(body), Expect="100-continue"))
        assert line.recv(65_536).startswith(b"HTTP/1.1 100")
        line.sendall(body)
        assert heard(line).status == 200


def test_a_form_of_usual_size_reaches_its_page(each: Server) -> None:
    assert each.page("/login/", None, "POST", username="nobody", password="x" * 60_000).status == 200


# --- whole bodies ---------------------------------------------------------------------------------------------------


def events_head(server: Server, length: int | None, kind: str = BATCH, path: str = DOORS[0], **more: object) -> bytes:
    known: dict[str, object] = {"Content_Type": kind, "Authorization": f"Bearer {server.said['ingest_key']}"}
    return head("POST", path, **known | ({} if length is None else {"Content_Length": length}) | more)


JAVA = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2_Settings": "AAEAAEAAAAIAAAABAAMAAABk"}


@pytest.mark.parametrize("upgrade", [JAVA, {"Connection": "upgrade", "Upgrade": "websocket"}])
@pytest.mark.parametrize("kind", [SINGLE, BATCH, LINES])
def test_the_body_of_a_request_that_offers_an_upgrade_is_read(each: Server, kind: str, upgrade: dict[str, str]) -> None:
    one = message("upgraded", f"up-{each.port}-{kind}-{upgrade['Upgrade']}", "user")
    body = json.dumps([one] if kind == BATCH else one).encode()
    with opened(each) as line:
        line.sendall(events_head(each, len(body), kind, **upgrade))
        line.sendall(body[:9])
        line.sendall(body[9:])
        said = heard(line)
        assert (said.status, json.loads(said.body)["accepted"]) == (200, 1), said
        line.sendall(events_head(each, len(body), kind, **upgrade) + body)
        assert json.loads(heard(line).body)["duplicate"] == 1, "the connection goes on"


@pytest.mark.parametrize(("path", "kind"), [(DOORS[1], wire.PROTOBUF), (DOORS[1], wire.JSON), (DOORS[2], wire.JSON)])
def test_a_body_that_cannot_be_read_is_refused_also_where_an_upgrade_is_offered(
    each: Server, path: str, kind: str
) -> None:
    assert asked(each, events_head(each, 8, kind, path, **JAVA), b"\xff" * 8).status == 400


def test_chunked_bodies_of_an_upgrade_are_read(each: Server) -> None:
    body = json.dumps([message("chunked", f"chunked-{each.port}", "user")]).encode()
    parts = b"%x\r\n%b\r\n" % (len(body), body)
    said = asked(each, events_head(each, None, Transfer_Encoding="chunked", **JAVA), parts, b"0\r\n\r\n")
    assert (said.status, json.loads(said.body)["accepted"]) == (200, 1)


@pytest.mark.parametrize("framing", [{}, {"Content_Length": 0}])
@pytest.mark.parametrize(
    ("path", "kind"),
    [(DOORS[0], SINGLE), (DOORS[0], BATCH), (DOORS[0], LINES), (DOORS[1], wire.JSON), (DOORS[2], wire.JSON)],
)
def test_no_body_is_no_request(each: Server, path: str, kind: str, framing: dict[str, object]) -> None:
    assert asked(each, events_head(each, None, kind, path, **framing)).status == (400 if framing else 411)


def test_no_spans_can_be_said_in_no_bytes_where_their_number_is_said(each: Server) -> None:
    assert asked(each, events_head(each, 0, wire.PROTOBUF, DOORS[1])).status == 200
    assert asked(each, events_head(each, None, wire.PROTOBUF, DOORS[1])).status == 411
    assert asked(each, events_head(each, None, wire.PROTOBUF, DOORS[2])).status == 411
    assert asked(each, events_head(each, 0, wire.PROTOBUF, DOORS[2])).status == 400


@pytest.mark.parametrize(
    ("path", "kind", "cut"),
    [
        (DOORS[0], LINES, json.dumps(message("cut", "cut-1", "user")).encode() + b"\n"),
        (DOORS[0], BATCH, b"[]"),
        (DOORS[1], wire.PROTOBUF, b""),
        (DOORS[1], wire.JSON, b"{}"),
        (DOORS[2], wire.JSON, b'{"streams":[]}'),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_cut_short_is_not_taken(each: Server, path: str, kind: str, cut: bytes, chunked: bool) -> None:
    before = each.position()
    begin = events_head(each, None if chunked else len(cut) + 10, kind, path)
    if chunked:
        begin = events_head(each, None, kind, path, Transfer_Encoding="chunked")
        cut = b"%x\r\n%b\r\n" % (len(cut), cut) if cut else b""
    with opened(each) as line:
        line.sendall(begin + cut)
        line.shutdown(socket.SHUT_WR)
        got = line.recv(65_536)
    assert not got.startswith(b"HTTP/1.1 2"), got
    assert each.position() == before


# --- heads ----------------------------------------------------------------------------------------------------------


def test_a_head_without_end_is_not_kept(each: Server) -> None:
    before = memory(each)
    got = b""
    with opened(each) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\n")
        for number in range(2_000):
            line.sendall(b"X-%d: %b\r\n" % (number, b"x" * 8_000))
        while more := line.recv(65_536):
            got += more
    assert got[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 431")
    assert memory(each) - before < 5_000_000


@pytest.mark.parametrize("bytes_", [17_000, 66_000, 100_000, 300_000])
@pytest.mark.parametrize("part", ["path", "header"])
def test_a_head_that_is_too_large_is_answered_also_where_it_comes_at_once(each: Server, part: str, bytes_: int) -> None:
    sent = head("GET", f"/{'x' * bytes_}") if part == "path" else head("GET", "/healthz", X_Long="x" * bytes_)
    if bytes_ > 64 * 1024 or each.kind == "daphne":
        assert asked(each, sent).status == 431
    else:
        assert asked(each, sent).status in (200, 404)


@pytest.mark.parametrize("coding", ["gzip, chunked", "gzip", "chunked, gzip", "identity"])
def test_a_coding_that_is_not_known_is_refused(each: Server, coding: str) -> None:
    sent = events_head(each, None, BATCH, DOORS[0], Transfer_Encoding=coding)
    status = asked(each, sent, b"2\r\n[]\r\n0\r\n\r\n").status
    assert status == 501 if each.kind == "uvicorn" and coding != "chunked, gzip" else status in (400, 411, 501)


def test_a_target_has_no_fragment(each: Server) -> None:
    assert asked(each, head("GET", "/healthz#x")).status == 400


def test_the_request_before_a_head_that_is_refused_gets_its_own_answer(each: Server) -> None:
    before = each.position()
    body = json.dumps([message("pipelined", f"pipelined-{each.port}", "user")]).encode()
    assert asked(each, events_head(each, len(body)) + body + head("GET", "/healthz#x")).status == 200
    assert each.position() == before + 1


def test_http_1_0_gets_no_chunks(each: Server) -> None:
    """What is exported is sent as it is read from the database: its length is not known before."""
    key = each.said["read_key"]
    sent = head("GET", "/api/v1/sessions.csv", Authorization=f"Bearer {key}").replace(b"HTTP/1.1", b"HTTP/1.0")
    with opened(each) as line:
        line.sendall(sent)
        got = b"".join(iter(lambda: line.recv(65_536), b""))
    before, _, body = got.partition(b"\r\n\r\n")
    assert before.split()[1] == b"200"
    assert b"chunked" not in before.lower()
    assert body.startswith(b'"session","owner",')
    assert body.endswith(b"\r\n")


# --- answers that nobody reads ----------------------------------------------------------------------------------------


def test_answers_that_nobody_reads_do_not_fill_the_memory(each: Server) -> None:
    large = f"{settings.STATIC_URL}plotly/plotly.min.js"
    answer = each.call("GET", large)
    assert (answer.status, len(answer.body)) == (200, int(answer.headers["Content-Length"]))
    before = memory(each)
    with ExitStack() as many:
        for _ in range(20):
            line = many.enter_context(socket.socket())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            line.connect(("127.0.0.1", each.port))
            line.sendall(head("GET", large))
            assert line.recv(8) == b"HTTP/1.1"
        assert each.call("GET", "/healthz").status == 200
        assert memory(each) - before < 40_000_000


# --- half a connection ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/healthz", "/login/", "/api/v1/sessions"])
def test_who_has_said_all_and_shut_down_its_side_gets_its_answer(each: Server, path: str) -> None:
    key = f"Bearer {each.said['read_key']}"
    assert asked(each, head("GET", path, Authorization=key), end=True).status == 200


def test_events_of_who_has_shut_down_its_side_are_answered_for(each: Server) -> None:
    body = json.dumps([message("halved", f"halved-{each.port}", "user")]).encode()
    said = asked(each, events_head(each, len(body)) + body, end=True)
    assert (said.status, json.loads(said.body)["accepted"]) == (200, 1)
    two = events_head(each, len(body)) + body
    with opened(each) as line:
        line.sendall(two + two)
        line.shutdown(socket.SHUT_WR)
        got = b""
        while more := line.recv(65_536):
            got += more
    assert got.count(b'"duplicate":1') == 2, "both, and then the connection ends"


# --- what is asked for ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost/api/v1/events",
        "/api/v1/events/",
        "//api/v1/events",
        "/api//v1/events",
        "/k/KEY//api/v1/events/",
    ],
)
def test_the_door_is_found_in_each_way_to_write_its_address(each: Server, target: str) -> None:
    path = target.replace("KEY", each.said["ingest_key"])
    body = json.dumps([message("forms", f"forms-{each.port}-{len(target)}", "user")]).encode()
    said = asked(each, events_head(each, len(body), path=path) + body)
    assert said.status == 200, said
    wrong = asked(each, head("POST", target.replace("KEY", "sbd_wrong"), Content_Length=2, Content_Type=BATCH), b"[]")
    assert wrong.status == 401
    assert "application/problem+json" in wrong.head


def test_a_host_in_the_target_overrides_the_header(each: Server) -> None:
    assert asked(each, head("GET", "http://localhost/login/", Host="evil.example")).status == 200
    assert asked(each, head("GET", "http://evil.example/login/")).status == 400


@pytest.mark.parametrize("path", ["/x/healthz", "/x/api/v1/sessions", "/x/login/", "/x/api/v1/events"])
def test_where_we_are_mounted_is_not_for_a_client_to_say(each: Server, path: str) -> None:
    for header in ("Daphne_Root_Path", "Root_Path", "X_Script_Name", "Script_Name", "X_Forwarded_Prefix"):
        assert asked(each, head("GET", path, **{header: "/x"})).status == 404, header
    plain = asked(each, head("GET", "/mine/", Daphne_Root_Path="/%2Fevil.example"))
    assert plain.status == 302
    assert "evil" not in plain.head


# --- last, for it has begun first -----------------------------------------------------------------------------------


def test_a_head_that_does_not_come_within_its_time_is_answered_408(dripping: list[Drip]) -> None:
    for drip in dripping:
        drip.join(max(0.0, drip.began + HEAD_SECONDS + 8 - time.monotonic()))
        assert drip.lasted is not None, "the connection is still open"
        assert drip.said.startswith(b"HTTP/1.1 408"), drip.said
