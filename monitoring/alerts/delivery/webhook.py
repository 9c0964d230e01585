"""The webhook: a CloudEvent in structured mode, signed with the receiver's secret. Pure."""

import hmac
from time import time

import msgspec

from monitoring.alerts.delivery.http_client import request
from monitoring.alerts.delivery.message import Message

SIGNATURE = "X-Sbdash-Signature"
TYPE = "application/cloudevents+json; charset=utf-8"


def send(to: str, secret: str, message: Message, private: bool) -> None:
    """Posts a message. Raises Undeliverable."""
    body = msgspec.json.encode(cloud_event(message))
    post(to, secret, message.id, TYPE, body, private)


def post(to: str, secret: str, id: str, content_type: str, body: bytes, private: bool) -> None:
    """Posts a body, signed if there is a secret. Raises Undeliverable."""
    headers = {"Content-Type": content_type, "X-Sbdash-Message": id}
    if secret:
        headers[SIGNATURE] = signature(secret, body, int(time()))
    request(to, "POST", headers, body, private)


def signature(secret: str, body: bytes, at: int) -> str:
    """Returns the header's value. `at`: s since 1970; it is signed, so that an old message cannot be sent again."""
    signed = hmac.digest(secret.encode(), b"%d.%b" % (at, body), "sha256").hex()
    return f"t={at},v1={signed}"


def cloud_event(message: Message) -> dict[str, object]:
    """Returns the event. Its data are those of the first alert, and `alerts` has all. A test is a firing alert whose
    data say `test`."""
    state = "resolved" if message.kind == "resolved" else "firing"
    first: dict[str, object] = msgspec.to_builtins(message.first)
    data = first | {
        "state": state, "receiver": message.receiver, "test": message.kind == "test",
        "alerts": message.parts, "truncated": message.truncated,
    }  # fmt: skip
    return {
        "specversion": "1.0", "id": message.id, "source": "/sbdash/alerts", "type": f"sbdash.alert.{state}",
        "time": message.at, "subject": message.first.rule, "datacontenttype": "application/json", "data": data,
    }  # fmt: skip
