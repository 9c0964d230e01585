"""Chat services, through Apprise in a process of its own (`chat_process.py`). Pure."""

import json
import os
import subprocess
import sys
from pathlib import Path

from monitoring.alerts.delivery.chat_process import Order
from monitoring.alerts.delivery.failure import Undeliverable
from monitoring.alerts.delivery.message import Message

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT_NAMES = (
    "PATH",
    "LANG",
    "LC_ALL",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "VIRTUAL_ENV",
    "TZ",
)
"""Names of the environment variables that the process gets: no secrets, and no proxy."""
PROCESS_TIMEOUT_SECONDS = 25.0
"""Seconds for the start of Python and Apprise, which takes a second or more, and the 10 s of the service."""
TYPES = {"notice": "info", "warning": "warning", "critical": "failure"}


def send(to: str, secret: str, message: Message, private: bool) -> None:
    """Sends a message. Raises Undeliverable."""
    type = "success" if message.kind == "resolved" else TYPES.get(message.first.severity, "warning")
    order = Order(url=to, title=message.title, text=message.text, type=type, private=private, check=False)
    if words := _run(order):
        raise Undeliverable(words, is_unreachable="answered" not in words)


def check(url: str) -> str:
    """Returns what is wrong with an Apprise URL; empty if it can be used. Sends nothing."""
    return _run(Order(url=url, title="", text="", type="info", private=False, check=True))


def _run(order: Order) -> str:
    environment = {name: os.environ[name] for name in ENVIRONMENT_NAMES if name in os.environ}
    command = [sys.executable, "-m", "monitoring.alerts.delivery.chat_process"]
    try:
        done = subprocess.run(  # noqa: S603  the command is fixed
            command,
            input=json.dumps(order).encode(),
            cwd=ROOT,
            env=environment,
            capture_output=True,
            timeout=PROCESS_TIMEOUT_SECONDS,
        )
        error: str = json.loads(done.stdout)["error"]
    except subprocess.TimeoutExpired:
        return f"no answer within {PROCESS_TIMEOUT_SECONDS:g} s"
    except (ValueError, KeyError):
        return "Apprise failed at this message"
    return error
