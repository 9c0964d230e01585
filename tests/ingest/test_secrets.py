"""A request carries its key in the path, as a bearer token, or as the password of basic authentication."""

from base64 import b64encode

import pytest

from monitoring.ingest.http.auth import read_secret, split_key


@pytest.mark.parametrize(
    ("path", "secret", "rest"),
    [
        ("/api/v1/events", "", "/api/v1/events"),
        ("//api//v1/events/", "", "/api/v1/events"),
        ("api/v1/events", "", "/api/v1/events"),
        ("/k/sbd_1/loki/api/v1/push", "sbd_1", "/loki/api/v1/push"),
        ("//k/sbd_1//ready/", "sbd_1", "/ready"),
        ("/k/a%2Fb/v1/traces", "a/b", "/v1/traces"),
        ("/k/sbd_1", "sbd_1", "/"),
        ("/k//v1/traces", "", "/v1/traces"),
        ("/kk/sbd_1/v1/traces", "", "/kk/sbd_1/v1/traces"),
        ("/", "", "/"),
    ],
)
def test_a_key_in_the_path_is_taken_out_of_it(path: str, secret: str, rest: str) -> None:
    assert split_key(path) == (secret, rest)


def basic(words: bytes) -> str:
    return f"Basic {b64encode(words).decode()}"


@pytest.mark.parametrize(
    ("header", "secret"),
    [
        ("Bearer sbd_1", "sbd_1"),
        ("bearer   sbd_1 ", "sbd_1"),
        ("BEARER sbd_1", "sbd_1"),
        ("sbd_1", ""),
        ("Digest sbd_1", ""),
        ("", ""),
        (basic(b"anyone:sbd_1"), "sbd_1"),
        (basic(b"sbd_1:"), "sbd_1"),
        (basic(b"sbd_1"), "sbd_1"),
        (basic(b"a:b:c"), "b:c"),
        ("basic " + b64encode(b"u:p").decode(), "p"),
        ("Basic no*base64", ""),
        (basic(b"\xff\xfe:\xff"), ""),
    ],
)
def test_a_key_in_the_header_is_a_bearer_token_or_a_password(header: str, secret: str) -> None:
    assert read_secret(header) == secret
