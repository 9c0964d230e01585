"""Who may show a page in a frame: nobody, but a wall screen by the origins of EMBED_ORIGINS."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client


def framing(answer: HttpResponse) -> tuple[str, str]:
    policy = answer.headers["Content-Security-Policy"].split("; ")
    return next(part for part in policy if part.startswith("frame-anc")), answer.headers.get("X-Frame-Options", "")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/login/", "/login/?kiosk=1", "/admin/login/?kiosk=1"])
def test_no_page_is_framed_without_the_setting(path: str) -> None:
    assert framing(Client().get(path)) == ("frame-ancestors 'none'", "DENY")


@pytest.mark.django_db
def test_only_wall_screens_are_framed_and_only_by_the_named_origins(settings: Any) -> None:
    settings.EMBED_ORIGINS = ["https://intranet.example.org", "https://b.example.org:8443"]
    shown = "frame-ancestors https://intranet.example.org https://b.example.org:8443"
    assert framing(Client().get("/usage/?kiosk=1")) == framing(Client().get("/usage/?kiosk")) == (shown, "")
    for path in ("/usage/", "/usage/?kiosk=2", "/login/?kiosk", "/sessions/?kiosk=1", "/admin/login/?kiosk=1"):
        assert framing(Client().get(path)) == ("frame-ancestors 'none'", "DENY")
