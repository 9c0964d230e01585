"""The pipeline sends what is queued: once, whichever process is quicker, on each database; and it pings."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from time import time
from typing import Any

import msgspec
import pytest
from receiving import status, web
from running import Server, talk, until

from monitoring.journal.lag import StageLag
from monitoring.pipeline.jobs import ping_if_well

Fresh = Callable[..., Server]
NUMBER = 40
QUEUE = """
import json, time
from monitoring.alerts import models
from monitoring.alerts.outbox import announce, queue
from monitoring.alerts.receiver import NewReceiver, Options
from monitoring.alerts.receivers import save_receiver
from monitoring.alerts.sender import Sender
from monitoring.db.transactions import transactional
from monitoring.events.internal import Actor
from sbdash.fields import new_key

save_receiver(NewReceiver("ops", "webhook", "{url}/planted-path", "planted-secret", Options()), "x", Actor("command"))

@transactional
def fire(number):
    now = time.time()
    alert = models.Alert.objects.create(key=new_key(), rule=number, version=1, name="R", figure="messages",
        severity="warning", start=int(now * 1e6), changed=int(now * 1e6))
    queue(alert, "firing", ["ops"], "words", "https://d.example/", now)

here = Sender()
for number in range({number}):
    fire(number)
    announce()
    if {helps} and number % 4 == 0:
        here.start_due()
    time.sleep(0.05)
here.send_due()
print(json.dumps(list(models.Receiver.objects.values_list("to", "secret"))))
"""
STATES = """
from monitoring.alerts import models
import json
print(json.dumps(list(models.Delivery.objects.exclude(message_id__contains="-repeat-").values_list(
    "message_id", "state", "attempts", "created"))))
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mongodb"])
def test_processes_share_the_outbox_and_each_message_is_sent_once(fresh: Fresh, kind: str) -> None:
    server = fresh(kind, ALERT_PRIVATE_RECEIVERS="true").ready()
    with web() as hook:
        kept = server.shell(QUEUE.format(url=hook.url, number=NUMBER, helps=True))
        rows = until(lambda: _all_sent(server), what="messages that are sent")
        assert len(hook.posts) == NUMBER == len({msgspec.json.decode(post.body)["id"] for post in hook.posts})
    assert {attempts for _, _, attempts, _ in rows} == {1}
    for text in (kept, server.log):
        assert "planted" not in text


def test_an_event_reaches_a_webhook_within_a_second(fresh: Fresh) -> None:
    server = fresh(ALERT_PRIVATE_RECEIVERS="true").ready()
    headers = {"Authorization": f"Bearer {server.said['admin_key']}"}

    def save(path: str, **body: Any) -> None:
        assert server.call("POST", f"/api/v1/{path}", json.dumps(body).encode(), headers).status == 201

    waits = []
    with web() as hook:
        save("receivers", name="hook", kind="webhook", to=hook.url, options={"repeat_seconds": 0})
        rule = {"name": "Slow", "figure": "response_time", "comparison": ">", "threshold": 1, "window_seconds": 0}
        save("rules", **rule, receivers=["hook"])
        for number in range(20):
            known, began = len(hook.posts), time()
            server.post(talk(f"webhook-{number}", turns=1, begin=datetime.now(UTC) - timedelta(seconds=2)))
            until(lambda known=known: len(hook.posts) > known)  # type: ignore[misc]
            waits.append(hook.posts[known].at - began)
    assert quantiles(waits, n=20)[-1] <= 1.0


def _all_sent(server: Server) -> list[tuple[str, str, int, int]]:
    found: list[tuple[str, str, int, int]] = json.loads(server.shell(STATES))
    return found if {state for _, state, _, _ in found} == {"sent"} else []


def test_the_heartbeat_is_sent_while_the_pipeline_works(fresh: Fresh) -> None:
    with web(status(500)) as outside:
        server = fresh(ALERT_HEARTBEAT_URL=f"{outside.url}/ping/planted-token")
        (ping,) = until(lambda: outside.posts)
        assert (ping.path, ping.body) == ("/ping/planted-token", b"")
        assert "Authorization" not in ping.headers
        until(lambda: "heartbeat to ALERT_HEARTBEAT_URL failed" in server.log)
        assert server.log.count("the receiver answered 500") == 1
        assert "planted-token" not in server.log


@pytest.mark.django_db
def test_the_heartbeat_is_missed_while_a_stage_stands_still(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lag = StageLag(position=1, behind=9, lag_seconds=99.0, stalled_seconds=99.0)
    with web() as outside:
        settings.ALERT_HEARTBEAT_URL = outside.url
        assert ping_if_well()
        monkeypatch.setattr("monitoring.pipeline.jobs.lags", lambda stages: {"stats": lag})
        assert not ping_if_well()
        assert len(outside.posts) == 1
