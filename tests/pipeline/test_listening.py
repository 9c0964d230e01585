"""Addresses that are printed and written can be opened as they stand."""

import json
from collections.abc import Callable

import pytest
from running import Server

from sbdash.listening import bare_host, url_of

Fresh = Callable[..., Server]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("sbdash", "http://sbdash:80"),
        ("::1", "http://[::1]:80"),
        ("[::1]", "http://[::1]:80"),
        ("2001:db8::7", "http://[2001:db8::7]:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
    ],
)
def test_an_ipv6_address_stands_in_brackets(host: str, url: str) -> None:
    assert url_of(host, 80) == url


def test_brackets_are_no_part_of_a_host() -> None:
    assert (bare_host("[::1]"), bare_host("::1"), bare_host("sbdash")) == ("::1", "::1", "sbdash")


def test_the_first_run_says_and_writes_an_address_that_can_be_opened(copy: Fresh) -> None:
    server = copy(HOST="::1")
    assert f"Open http://[::1]:{server.port} " in server.manage("first_run")
    assert json.loads((server.folder / "first-run.json").read_text())["url"] == f"http://[::1]:{server.port}"
    assert f"http://[::1]:{server.port}" in server.manage(
        "shell", "--no-imports", "-c",
        "from demo.management.commands.demo import Command\n"
        "print(Command().create_parser('', 'demo').parse_args([]).url)",
    )  # fmt: skip


def test_a_server_that_cannot_listen_ends_with_2_and_says_why(copy: Fresh, server: Server) -> None:
    other = copy()
    said = other.manage("serve", "--port", str(server.port), status=2)
    assert f"cannot listen at http://127.0.0.1:{server.port}: " in said
    assert "Traceback" not in said


def test_sigterm_is_the_usual_end_on_uvicorn_too(copy: Fresh) -> None:
    other = copy()
    other.kind = "uvicorn"
    process = other.start().process
    other.stop()
    assert process is not None
    assert process.returncode == 0
