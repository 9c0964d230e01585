"""E-mail through the mail server of the settings. The time of a whole mail is bounded, as that of an HTTP request."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.utils import parseaddr
from threading import Timer
from time import monotonic

from django.conf import settings
from django.core.mail import EmailMessage

from monitoring.alerts.delivery.addresses import connect
from monitoring.alerts.delivery.failure import Undeliverable
from monitoring.alerts.delivery.http_client import SECONDS, tls_context
from monitoring.alerts.delivery.message import Message


def send(to: str, secret: str, message: Message, private: bool, seconds: float = SECONDS) -> None:
    """Sends a message, within `seconds` from the look-up of the mail server's name to its last answer. The server is
    the operator's, so it may lie in a private network. Raises Undeliverable."""
    if not settings.EMAIL_HOST:
        raise Undeliverable("no mail server is set: set EMAIL_URL or EMAIL_HOST")
    headers = {"Message-ID": f"<{message.id}@sbdash>", "Auto-Submitted": "auto-generated"}
    mail = EmailMessage(message.title, message.text, settings.DEFAULT_FROM_EMAIL, [to], headers=headers)
    deadline = monotonic() + seconds
    try:
        _deliver(to, mail.message().as_bytes(linesep="\r\n"), deadline)  # type: ignore[call-arg]  # linesep is Django's
    except (smtplib.SMTPException, OSError) as error:
        if monotonic() >= deadline or isinstance(error, TimeoutError):
            words = f"the mail server did not take the mail within {seconds:g} s"
            raise Undeliverable(words, is_unreachable=True) from None
        raise _undeliverable(error) from None


def _deliver(to: str, mail: bytes, deadline: float) -> None:
    with connect(settings.EMAIL_HOST, settings.EMAIL_PORT, True, deadline) as line, _ended_at(deadline, line):
        line.settimeout(max(0.001, deadline - monotonic()))
        if settings.EMAIL_USE_SSL:
            line = tls_context().wrap_socket(line, server_hostname=settings.EMAIL_HOST)
        with line:
            client = _Client(line)
            if settings.EMAIL_USE_TLS:
                client.starttls(context=tls_context())
            if settings.EMAIL_HOST_USER:
                client.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
            client.sendmail(parseaddr(settings.DEFAULT_FROM_EMAIL)[1], [to], mail)
            with suppress(smtplib.SMTPException, OSError):  # the server has the mail
                client.quit()


class _Client(smtplib.SMTP):
    """Speaks SMTP over a connection that exists, which it names itself by: no name is looked up."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        address = line.getsockname()[0]
        name = f"[IPv6:{address}]" if ":" in address else f"[{address}]"
        super().__init__(settings.EMAIL_HOST, settings.EMAIL_PORT, local_hostname=name)

    def _get_socket(self, *_: object) -> socket.socket:
        return self._line


@contextmanager
def _ended_at(deadline: float, line: socket.socket) -> Iterator[None]:
    """Shuts the connection down at the deadline: the timeouts of smtplib are for each read, and TLS takes its socket
    over, but not a copy of it."""
    with line.dup() as copy:

        def end() -> None:
            with suppress(OSError):
                copy.shutdown(socket.SHUT_RDWR)

        timer = Timer(max(0.0, deadline - monotonic()), end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


def _undeliverable(error: smtplib.SMTPException | OSError) -> Undeliverable:
    """The error in words."""
    match error:
        case ssl.SSLCertVerificationError():
            words = f"the mail server's certificate is not valid: {error.verify_message}"
        case smtplib.SMTPNotSupportedError():
            words = (
                f"the mail server does not offer what is set: {'STARTTLS' if settings.EMAIL_USE_TLS else 'a log-in'}"
            )
        case smtplib.SMTPAuthenticationError():
            words = f"the mail server refused the log-in ({error.smtp_code})"
        case smtplib.SMTPResponseException():
            return Undeliverable(f"the mail server answered {error.smtp_code}")
        case smtplib.SMTPRecipientsRefused():
            codes = ", ".join(str(code) for code, _ in error.recipients.values())
            return Undeliverable(f"the mail server refused the address ({codes})")
        case _:
            words = f"the mail server cannot be used: {getattr(error, 'strerror', None) or type(error).__name__}"
    return Undeliverable(words, is_unreachable=True)
