"""The mail server, from EMAIL_URL or from the single settings. Pure."""

from typing import NamedTuple
from urllib.parse import unquote, urlsplit

SCHEMES = {"smtp": "NONE", "smtp+tls": "STARTTLS", "smtp+starttls": "STARTTLS", "smtps": "TLS", "smtp+ssl": "TLS"}
PORTS = {"NONE": 25, "STARTTLS": 587, "TLS": 465}


class MailSettings(NamedTuple):
    """Django's settings of the mail server, in the order EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD,
    EMAIL_USE_TLS, EMAIL_USE_SSL. The host is empty if there is none."""

    host: str
    port: int
    user: str
    password: str
    use_starttls: bool
    use_tls: bool


def mail_settings(url: str, host: str, port: int, user: str, password: str, tls: str) -> MailSettings:
    """Returns the mail server. A URL wins over the others, and a bad one names none (`url_error`)."""
    if url:
        if url_error(url):
            return MailSettings("", 0, "", "", False, False)
        parts = urlsplit(url)
        host, port, tls = parts.hostname or "", parts.port or 0, SCHEMES[parts.scheme]
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return MailSettings(host, port or PORTS[tls], user, password, tls == "STARTTLS", tls == "TLS")


def url_error(url: str) -> str:
    """Returns what is wrong with EMAIL_URL, without quoting it; empty if it can be used."""
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_valid = False
    return "" if is_valid else "EMAIL_URL must be like smtp+tls://user:password@host:587 (or smtp://, smtps://)"
