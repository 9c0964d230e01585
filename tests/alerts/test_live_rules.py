"""Rules, alerts, silences and receivers over REST on a running server: an event fires a rule, and a webhook is told."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Any

import pytest
from conftest import Fresh
from running import Answer, Server, message, until

RULE = {
    "name": "Very slow", "figure": "response_time", "comparison": ">", "threshold": 25.0, "window_seconds": 0,
    "receivers": ["hook"],
}  # fmt: skip
TOKEN = "t" * 32


@pytest.fixture
def received() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A receiver: its address, and the bodies that came."""
    found: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.append(json.loads(body) | {"got": monotonic()})
            self.send_response(204)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", found
    server.shutdown()
    server.server_close()


def slow(session: str, wait: float, user: str = "alice", ago: float = 0) -> list[dict[str, Any]]:
    at = datetime.now(UTC) - timedelta(seconds=wait + ago)
    return [
        message(session, f"{session}-q", "user", at, user_id=user),
        message(session, f"{session}-a", "assistant", at + timedelta(seconds=wait), user_id=user, model="m"),
    ]


def ask(server: Server, method: str, path: str, body: object = None) -> Answer:
    return send(server, method, path, server.said["admin_key"], body)


def send(server: Server, method: str, path: str, key: str, body: object = None) -> Answer:
    sent = None if body is None else json.dumps(body).encode()
    return server.call(method, f"/api/v1{path}", sent, {"Authorization": f"Bearer {key}"})


def test_a_slow_answer_reaches_a_webhook_and_is_acknowledged(
    fresh: Fresh, received: tuple[str, list[dict[str, Any]]]
) -> None:
    server = fresh("sqlite", ALERT_PRIVATE_RECEIVERS="true")
    to, got = received
    new = {"name": "hook", "kind": "webhook", "to": to, "secret": "s3cret"}
    assert ask(server, "POST", "/receivers", new).status == 201
    saved = ask(server, "POST", "/rules", RULE)
    assert saved.status == 201
    rule = saved.json
    assert (rule["source"], rule["version"], rule["position"] > 0) == ("saved", 1, True)
    server.take(slow("s1", 30))
    until(lambda: got, 10, "the webhook")
    assert (got[0]["type"], got[0]["data"]["rule"]) == ("sbdash.alert.firing", "Very slow")
    (alert,) = [one for one in ask(server, "GET", "/alerts").json["alerts"] if one["rule"] == rule["id"]]
    assert (alert["peak"], alert["scope"], alert["acknowledged_by"]) == (30.0, "", None)
    assert got[0]["data"]["url"] == f"{server.url}/alerts/?alert={alert['id']}"
    done = ask(server, "POST", f"/alerts/{alert['id']}/acknowledge").json
    assert done["acknowledged_by"]
    assert ask(server, "POST", f"/alerts/{alert['id']}/mark", {"as": "false"}).json["marked"] == "false"
    end = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    silence = ask(server, "POST", "/silences", {"match": {"rule": rule["id"]}, "to": end, "reason": "works"}).json
    assert silence["state"] == "active"
    preview = ask(server, "POST", "/silences/preview", {"match": {"rule": rule["id"]}}).json
    assert preview["total"] == 1
    server.take(slow("s2", 40))
    until(lambda: len(of(server, rule["id"])) == 2, 10, "the silent alert")
    assert len(got) == 1
    assert ask(server, "DELETE", f"/silences/{silence['id']}").status == 204
    (sent,) = ask(server, "GET", f"/deliveries?state=sent&alert={alert['id']}").json["deliveries"]
    assert (sent["id"], sent["receiver"], sent["attempts"]) == (got[0]["id"], "hook", 1)
    newest = ask(server, "GET", "/deliveries?limit=1").json
    assert newest["next"]
    assert ask(server, "GET", f"/deliveries?limit=1&before={newest['next']}").json["deliveries"] != newest["deliveries"]
    assert ask(server, "GET", "/deliveries?before=x").status == 422
    assert "s3cret" not in str(ask(server, "GET", "/deliveries").json)
    server.sql("UPDATE alerts_delivery SET state = 'dead', attempts = 33 WHERE state = 'sent'")
    assert ask(server, "POST", f"/deliveries/{sent['id']}/retry").json == {"alerts": 1}
    until(lambda: len(got) == 2, 10, "the message that was sent again")
    assert got[1]["id"] == sent["id"]
    assert ask(server, "POST", f"/deliveries/{sent['id']}/retry").status == 404
    refused = ask(server, "DELETE", "/receivers/hook")
    assert (refused.status, "the rule 'Very slow' names the receiver" in refused.json["title"]) == (422, True)


def of(server: Server, rule: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(server, "GET", f"/alerts?rule={rule}").json["alerts"]
    return found


def test_a_changed_rule_holds_at_once_and_backtest_and_proposal_agree(server: Server) -> None:
    saved = ask(server, "POST", "/rules", RULE | {"name": "Changed", "receivers": [], "threshold": 70.0}).json
    server.take(slow("c1", 60))
    changed = ask(server, "PUT", f"/rules/{saved['id']}", RULE | {"name": "Changed", "receivers": [], "threshold": 50})
    assert changed.json["version"] == 2
    body = RULE | {"name": "Changed", "receivers": [], "threshold": 50}
    stale = ask(server, "PUT", f"/rules/{saved['id']}", body | {"version": 1, "threshold": 90})
    assert (stale.status, "changed since you opened it" in stale.json["title"]) == (409, True)
    assert ask(server, "PUT", f"/rules/{saved['id']}", body | {"version": 2}).json["version"] == 2, "nothing changed"
    assert ask(server, "PUT", f"/rules/{saved['id']}", body | {"version": 2, "threshold": 49}).json["version"] == 3
    server.take(slow("c2", 61, ago=5))
    until(lambda: of(server, saved["id"]), 10, "the alert for an answer that arrived after the change")
    assert [one["peak"] for one in of(server, saved["id"])] == [61.0], "the first one arrived before the change"
    tried = ask(server, "POST", "/rules/backtest", {"rule": RULE | {"receivers": [], "threshold": 59.0}}).json
    assert {one["peak"] for one in tried["firings"]} >= {60.0, 61.0}
    assert tried["samples"] >= 2
    assert (tried["gained"], tried["truncated"]) == (None, False)
    against = RULE | {"receivers": [], "threshold": 60.5}
    beside = {"rule": RULE | {"receivers": [], "threshold": 59.0}, "against": against}
    compared = ask(server, "POST", "/rules/backtest", beside).json
    assert compared["gained"] >= 1
    assert compared["lost"] == 0
    refused = ask(server, "POST", "/rules/backtest", beside | {"against": against | {"window_seconds": 60}})
    assert (refused.status, "window_seconds" in refused.json["title"]) == (422, True)
    proposed = ask(server, "POST", "/rules/propose", {"rule": RULE | {"receivers": []}, "per_week": 0}).json
    assert (proposed["per_week"], proposed["words"]) == (0, [])
    assert ask(server, "DELETE", f"/rules/{saved['id']}").status == 204
    assert ask(server, "GET", f"/rules/{saved['id']}").status == 404


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"figure": "nonsense"}, "is none of"),
        ({"window_seconds": -60}, "must not be negative"),
        ({"window_seconds": 60}, "is 0, because"),
        ({"figure": "error_rate", "window_seconds": 10**9}, "are kept"),
        ({"figure": "error_rate", "window_seconds": 61}, "a multiple of 60"),
        ({"clear": 30.0}, "never ends"),
        ({"scope": "operation"}, "is known for"),
        ({"match": "x"}, "match: "),
        ({"more": 1}, "more"),
        ({"threshold": "NaN"}, "threshold"),
    ],
)
def test_a_wrong_rule_is_refused_in_words(server: Server, more: dict[str, Any], words: str) -> None:
    refused = ask(server, "POST", "/rules", RULE | {"receivers": []} | more)
    assert refused.status == 422
    assert words in refused.json["title"]


def test_rules_are_changed_by_administrators_and_seen_by_staff(server: Server) -> None:
    for path in ("/rules", "/alerts", "/silences", "/receivers"):
        for user, status in (("bob", 200), ("alice", 403), ("charlie", 403)):
            cookie = {"Cookie": server.cookies[user]}
            assert server.call("GET", f"/api/v1{path}", headers=cookie).status == status
    for key in (server.said["ingest_key"], server.said["read_key"]):
        assert send(server, "POST", "/rules", key, RULE).status == 403
        assert send(server, "POST", "/deliveries/1-2/retry", key).status == 403
        assert send(server, "GET", "/deliveries", key).status == 403
    for user, read, write in (("dora", 200, 404), ("bob", 403, 403), ("alice", 403, 403), ("charlie", 403, 403)):
        log_in = {"Cookie": f"{server.cookies[user]}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN}
        assert server.call("GET", "/api/v1/deliveries", headers=log_in).status == read, user
        assert server.call("POST", "/api/v1/deliveries/1-2/retry", b"", log_in).status == write, user
