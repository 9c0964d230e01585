"""The forms of a message: CloudEvent with signature, Alertmanager's version 4, and text."""

import hmac

import msgspec
import pytest
from receiving import web

from monitoring.alerts.delivery import alertmanager, webhook
from monitoring.alerts.delivery.message import Message, Part
from monitoring.alerts.delivery.message import test_part as part_of_a_test
from monitoring.alerts.receiver import QuietHours

PART = Part(
    "42", "Slow answers", "response_average", "s-1", "critical", 10.0, 12.5, "2026-11-30T12:00:00.000Z", None,
    "https://dash.example.org/alerts/42/", "Answers take 12.5 s on average.",
)  # fmt: skip
MESSAGE = Message("7-1-firing-a", "firing", "2026-11-30T12:00:01.000Z", "ops", [PART])


def test_a_webhook_is_a_signed_cloud_event() -> None:
    with web() as server:
        webhook.send(server.url, "key", MESSAGE, True)
    (post,) = server.posts
    event = msgspec.json.decode(post.body)
    assert post.headers["Content-Type"].startswith("application/cloudevents+json")
    assert {name: event[name] for name in ("specversion", "id", "type", "time", "subject")} == {
        "specversion": "1.0", "id": "7-1-firing-a", "type": "sbdash.alert.firing", "time": "2026-11-30T12:00:01.000Z",
        "subject": "Slow answers",
    }  # fmt: skip
    data = event["data"]
    assert (data["id"], data["rule"], data["from"], data["to"]) == ("42", "Slow answers", PART.start, None)
    assert (data["threshold"], data["peak"], data["url"], data["test"]) == (10, 12.5, PART.url, False)
    assert [one["id"] for one in data["alerts"]] == ["42"]
    stamp, _, signature = post.headers["X-Sbdash-Signature"].partition(",v1=")
    signed = f"{stamp.removeprefix('t=')}.".encode() + post.body
    assert signature == hmac.new(b"key", signed, "sha256").hexdigest()


def test_without_a_secret_there_is_no_signature() -> None:
    with web() as server:
        webhook.send(server.url, "", MESSAGE, True)
    assert "X-Sbdash-Signature" not in server.posts[0].headers


def test_a_signature_is_of_time_and_body() -> None:
    assert webhook.signature("key", b"{}", 5) == f"t=5,v1={hmac.new(b'key', b'5.{}', 'sha256').hexdigest()}"


def test_a_resolved_message_and_a_test() -> None:
    resolved = webhook.cloud_event(msgspec.structs.replace(MESSAGE, kind="resolved"))
    assert resolved["type"] == "sbdash.alert.resolved"
    test = webhook.cloud_event(Message("t", "test", "2026", "ops", [part_of_a_test("ops", "2026", "", is_public=True)]))
    assert test["type"] == "sbdash.alert.firing"
    assert test["data"]["test"] is True  # type: ignore[index]


def test_the_form_of_alertmanager() -> None:
    other = msgspec.structs.replace(PART, alert="43", scope="s-2", end="2026-11-30T12:05:00.000Z")
    message = msgspec.structs.replace(MESSAGE, parts=[PART, other], truncated=3)
    with web() as server:
        alertmanager.send(server.url, "key", message, True)
    form = msgspec.json.decode(server.posts[0].body)
    assert server.posts[0].headers["Content-Type"] == "application/json"
    assert form == {
        "version": "4", "groupKey": '{}:{alertname="Slow answers"}', "truncatedAlerts": 3, "status": "firing",
        "receiver": "ops", "groupLabels": {"alertname": "Slow answers"},
        "commonLabels": {"alertname": "Slow answers", "severity": "critical", "figure": "response_average"},
        "commonAnnotations": {"summary": PART.words, "threshold": "10", "value": "12.5"},
        "externalURL": "https://dash.example.org",
        "alerts": [
            {
                "status": "firing", "startsAt": PART.start, "endsAt": end, "generatorURL": PART.url,
                "fingerprint": fingerprint,
                "labels": {
                    "alertname": "Slow answers", "severity": "critical", "figure": "response_average", "scope": scope,
                },
                "annotations": {"summary": PART.words, "threshold": "10", "value": "12.5"},
            }
            for scope, end, fingerprint in (
                ("s-1", "0001-01-01T00:00:00Z", PART.fingerprint),
                ("s-2", "2026-11-30T12:05:00.000Z", other.fingerprint),
            )
        ],
    }  # fmt: skip
    assert PART.fingerprint != other.fingerprint
    assert PART.fingerprint == msgspec.structs.replace(PART, alert="44").fingerprint


def test_the_text_of_a_message() -> None:
    assert MESSAGE.title == "[firing · critical] Slow answers · s-1"
    assert MESSAGE.text.splitlines() == [
        PART.words, "Rule: Slow answers (response_average, s-1)", "Threshold: 10", "Most extreme value: 12.5",
        f"Since {PART.start}", PART.url,
    ]  # fmt: skip
    many = msgspec.structs.replace(MESSAGE, parts=[PART, PART], truncated=5)
    assert many.title == "[firing · critical] Slow answers (7 alerts)"
    assert many.text.endswith("5 more alerts are on the page.")
    escalated = msgspec.structs.replace(PART, escalated_from="ops", rule="a\nb")
    assert msgspec.structs.replace(MESSAGE, parts=[escalated]).title.startswith(
        "[not acknowledged by ops · critical] a b"
    )


@pytest.mark.parametrize(
    ("at", "end"),
    [
        ("2026-11-30T20:59:59", None),
        ("2026-11-30T21:00:00", "2026-12-01T06:30:00"),
        ("2026-12-01T03:00:00", "2026-12-01T06:30:00"),
        ("2026-12-01T06:30:00", None),
        ("2026-03-29T00:30:00", "2026-03-29T05:30:00"),
    ],
)
def test_quiet_hours_are_of_their_zone(at: str, end: str | None) -> None:
    """22:00 to 07:30 in Berlin; the last case is the night in which summer time begins."""
    seconds = msgspec.json.decode
    quiet = seconds(b'{"zone":"Europe/Berlin","from":"22:00","to":"07:30"}', type=QuietHours)
    assert quiet.end_after(_utc(at)) == (end and _utc(end))


def test_quiet_hours_within_a_day() -> None:
    quiet = QuietHours("UTC", "12:00", "13:00")
    assert quiet.end_after(_utc("2026-11-30T12:30:00")) == _utc("2026-11-30T13:00:00")
    assert quiet.end_after(_utc("2026-11-30T13:00:00")) is None


def _utc(text: str) -> float:
    from datetime import UTC, datetime

    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
