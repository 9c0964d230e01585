"""A running server against its own description: whatever is asked, it answers as it says, and never trips."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from running import Server, event, message, talk, until
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from monitoring.api.api import api

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
KNOWN: dict[str, Any] = {"session_id": "conformed", "name": "messages", "rule_id": 1}
"""Of each parameter in a path one value that there is. The alert's is known once one has fired."""
STAFF = {
    "usage", "responses", "operations", "prices", "metric", "sources", "consistency", "health", "annotations",
    "all_rules", "rule", "all_alerts", "alert", "all_silences", "all_receivers", "all_deliveries",
}  # fmt: skip
"""What owners are refused, in words."""
ADMINS = {"all_deliveries"}
"""What staff are refused, too."""
OPERATIONS = {
    made.ok().definition.raw["operationId"]: made.ok()
    for made in schemathesis.openapi.from_dict(dict(api.get_openapi_schema())).get_all_operations()
}
READING = sorted(name for name, operation in OPERATIONS.items() if operation.method == "get")
few = settings(
    max_examples=10,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)


@pytest.fixture(scope="module")
def asked(server: Server) -> Server:
    """The shared server, with a session in which everything has happened."""
    server.take(talk("conformed", "alice", 3))
    who = {"session_id": "conformed", "user_id": "alice"}
    server.take(
        [
            event("session.started", who),
            event("vote", who | {"message_id": "conformed-a0", "value": "up"}),
            event("operation", {"operation": "search", "outcome": "ok", "duration_ms": 5.5, "session_id": "conformed"}),
            event("operation", {"operation": "search", "outcome": "failed", "memory_bytes": 5, "cpu_seconds": 0.5}),
            event("session.ended", {"session_id": "conformed", "reason": "closed"}),
            event("access", {"user_id": "alice", "outcome": "denied", "action": "login"}),
            event("security", {"event_type": "strange", "outcome": "FAILURE", "details": {"attempts": 3}}),
        ]
    )
    now = datetime.now(UTC)
    asked = message("conformed-slow", "asked", "user", now - timedelta(seconds=60))
    server.take([asked, message("conformed-slow", "answered", "assistant", now)])
    KNOWN["alert_id"] = until(lambda: server.get("/api/v1/alerts?rule=1&limit=1").json["alerts"])[0]["id"]
    return server


@pytest.fixture(scope="module")
def line() -> Iterator[requests.Session]:
    with requests.Session() as made:
        yield made


def hold(
    operation: APIOperation[Any, Any, Any, Any], modes: list[GenerationMode], ask: Callable[[Any], Any]
) -> "Counter[int]":
    """How often each status came, of cases that fit the description or do not; each answer as it is described."""
    statuses: Counter[int] = Counter()
    wanted = [{}]
    if operation.path_parameters:
        wanted.append({"path_parameters": {one.name: KNOWN[one.name] for one in operation.path_parameters}})
    for mode in modes:
        for more in wanted:

            @few
            @given(case=operation.as_strategy(generation_mode=mode, **more))
            def holds(case: Any) -> None:
                answer = ask(case)
                statuses[answer.status_code] += 1
                case.validate_response(answer, checks=CHECKS)

            holds()
    return statuses


def test_every_reading_address_is_asked() -> None:
    described = api.get_openapi_schema()["paths"].values()
    assert len(READING) == sum("get" in methods for methods in described) >= 20
    assert set(READING) >= STAFF


@pytest.mark.parametrize("name", READING)
def test_with_a_key_it_answers_as_it_is_described(asked: Server, line: requests.Session, name: str) -> None:
    key = {"Authorization": f"Bearer {asked.said['admin_key' if name in ADMINS else 'read_key']}"}
    modes = [GenerationMode.POSITIVE]
    if OPERATIONS[name].query or OPERATIONS[name].path_parameters:
        modes.append(GenerationMode.NEGATIVE)
    statuses = hold(OPERATIONS[name], modes, lambda case: case.call(base_url=asked.url, session=line, headers=key))
    assert statuses.total() >= 1
    assert statuses[404 if name == "mine" else 200] >= 1, statuses
    assert not statuses[401]


@pytest.mark.parametrize("name", READING)
def test_with_an_owner_s_log_in_it_answers_as_it_is_described(asked: Server, line: requests.Session, name: str) -> None:
    cookie = {"Cookie": asked.log_in("alice")}
    ask = OPERATIONS[name]
    statuses = hold(
        ask, [GenerationMode.POSITIVE], lambda case: case.call(base_url=asked.url, session=line, headers=cookie)
    )
    assert statuses[403 if name in STAFF else 200] >= 1, statuses
    assert not statuses[401]
    assert name not in STAFF or not statuses[200]


@pytest.mark.parametrize("name", ["send_events", "send_traces", "push_lines"])
def test_whatever_is_sent_a_door_answers_as_it_is_described(asked: Server, line: requests.Session, name: str) -> None:
    key = {"Authorization": f"Bearer {asked.said['ingest_key']}"}
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    statuses = hold(OPERATIONS[name], modes, lambda case: case.call(base_url=asked.url, session=line, headers=key))
    assert statuses.total() >= 10
    assert statuses[200] + statuses[204] >= 1
    assert statuses.keys() <= {200, 204, 400, 401, 413, 415}, statuses
