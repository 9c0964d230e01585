"""E-mail through the mail server of the settings, with Django's mail."""

import smtplib
import ssl

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from monitoring.alerts.delivery.failure import Undeliverable
from monitoring.alerts.delivery.http_client import SECONDS
from monitoring.alerts.delivery.message import Message

BACKEND = "django.core.mail.backends.smtp.EmailBackend"


def send(to: str, secret: str, message: Message, private: bool) -> None:
    """Sends a message. The mail server is the operator's, so it may lie in a private network. Raises Undeliverable."""
    if not settings.EMAIL_HOST:
        raise Undeliverable("no mail server is set: set EMAIL_URL or EMAIL_HOST")
    headers = {"Message-ID": f"<{message.id}@sbdash>", "Auto-Submitted": "auto-generated"}
    mail = EmailMessage(
        message.title, message.text, settings.DEFAULT_FROM_EMAIL, [to], headers=headers,
        connection=get_connection(BACKEND, timeout=SECONDS),
    )  # fmt: skip
    try:
        mail.send()
    except TimeoutError:
        raise Undeliverable(f"the mail server did not answer within {SECONDS:g} s", is_unreachable=True) from None
    except ssl.SSLCertVerificationError as error:
        words = f"the mail server's certificate is not valid: {error.verify_message}"
        raise Undeliverable(words, is_unreachable=True) from None
    except smtplib.SMTPAuthenticationError as error:
        raise Undeliverable(f"the mail server refused the log-in ({error.smtp_code})", is_unreachable=True) from None
    except smtplib.SMTPResponseException as error:
        raise Undeliverable(f"the mail server answered {error.smtp_code}") from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = ", ".join(str(code) for code, _ in error.recipients.values())
        raise Undeliverable(f"the mail server refused the address ({codes})") from None
    except (smtplib.SMTPException, OSError) as error:
        words = getattr(error, "strerror", None) or type(error).__name__
        raise Undeliverable(f"the mail server cannot be used: {words}", is_unreachable=True) from None
