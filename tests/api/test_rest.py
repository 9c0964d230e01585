"""REST for reading on a running server: pages by cursor, files, reports, and nothing that is not described."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from running import Server, event, message, talk, until

from monitoring.api.api import api
from monitoring.stats.metrics import SERIES

pytestmark = pytest.mark.slow
TOLD = 25
"""Sessions whose owner has others too."""


@pytest.fixture(scope="module", params=["server", "server_on_postgresql", "server_on_mongodb"])
def told(request: pytest.FixtureRequest) -> Server:
    """A shared server, once on each database, with sessions of one model of their own."""
    either: Server = request.getfixturevalue(request.param)
    begin = datetime.now(UTC) - timedelta(hours=2)
    events = []
    for n in range(TOLD):
        for one in talk(f"rest-{n:02}", "alice", 1 + n % 3, begin + timedelta(seconds=60 * n)):
            if one["data"]["role"] == "assistant":
                one["data"] |= {"model": "rest", "cost": n / 100}
            events.append(one)
    either.take(events)
    who = {"session_id": "rest-00", "user_id": "alice"}
    either.take(
        [
            event("session.started", who, begin - timedelta(seconds=1)),
            event("vote", who | {"message_id": "rest-00-a0", "value": "up"}),
            event("operation", {"operation": "rest", "outcome": "ok", "duration_ms": 5, "session_id": "rest-00"}),
            event("session.ended", {"session_id": "rest-00", "reason": "closed"}),
        ]
    )
    return either


def pages(server: Server, path: str, rows: str, **parameters: Any) -> Iterator[list[dict[str, Any]]]:
    """Page after page, by `next`."""
    before = ""
    while True:
        more = {"before": before} if before else {}
        answer = server.get(f"/api/v1/{path}?{urlencode(parameters | more)}")
        assert answer.status == 200, answer.body
        yield answer.json[rows]
        before = answer.json["next"]
        if before is None:
            return


def undeclared(value: Any, schema: dict[str, Any], at: str = "") -> Iterator[str]:
    """Where an answer says something of which its schema knows nothing."""
    schemas = api.get_openapi_schema()["components"]["schemas"]
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        kinds = [kind for kind in schema["anyOf"] if kind.get("type") != "null"]
        if value is not None and len(kinds) == 1:
            yield from undeclared(value, kinds[0], at)
    elif isinstance(value, dict):
        known, others = schema.get("properties"), schema.get("additionalProperties")
        for name, one in value.items():
            if known is not None and name not in known:
                yield f"{at}.{name}"
            inside = (known or {}).get(name) or (others if isinstance(others, dict) else {})
            yield from undeclared(one, inside, f"{at}.{name}")
    elif isinstance(value, list):
        for one in value:
            yield from undeclared(one, schema.get("items") or {}, f"{at}[]")


@pytest.mark.parametrize("order", ["desc", "asc"])
@pytest.mark.parametrize("sort", ["last_message", "messages", "cost", "duration"])
def test_pages_follow_one_another_and_leave_nothing_out(told: Server, sort: str, order: str) -> None:
    got = list(pages(told, "sessions", "sessions", limit=7, model="rest", sort=sort, order=order))
    ids = [row["id"] for page in got for row in page]
    assert sorted(ids) == [f"rest-{n:02}" for n in range(TOLD)]
    assert max(map(len, got)) <= 7
    column = {"last_message": "last_message_at"}.get(sort, sort)
    values = [row[column] for page in got for row in page]
    assert values == sorted(values, reverse=order == "desc")


def test_the_file_holds_what_the_list_holds(told: Server) -> None:
    wish = {"model": "rest", "sort": "cost", "min_cost": "0.05"}
    rows = [row for page in pages(told, "sessions", "sessions", **wish) for row in page]
    answer = told.get(f"/api/v1/sessions.csv?{urlencode(wish)}")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="sessions.csv"'
    header, *table = csv.reader(io.StringIO(answer.body.decode()))
    assert [line[header.index("session")] for line in table] == [row["id"] for row in rows]
    assert [float(line[header.index("cost in USD")]) for line in table] == [row["cost"] for row in rows]


def test_a_timeline_holds_messages_by_pages_and_what_else_there_was(told: Server) -> None:
    path = "sessions/rest-02/timeline"
    got = [[row["id"] for row in page] for page in pages(told, path, "messages", limit=4)]
    assert got == [[f"rest-02-{who}{n}" for n in (1, 2) for who in "qa"], ["rest-02-q0", "rest-02-a0"]]
    found = told.get("/api/v1/sessions/rest-00/timeline").json
    assert [(one["value"], one["message_id"]) for one in found["votes"]] == [("up", "rest-00-a0")]
    assert [(one["operation"], one["outcome"], one["duration"]) for one in found["operations"]] == [
        ("rest", "ok", 0.005)
    ]
    assert [(one["kind"], one["reason"]) for one in found["marks"]] == [("started", None), ("ended", "closed")]
    assert all("outlier" in one for one in found["messages"])


def test_the_log_of_security_is_read_by_pages(told: Server) -> None:
    told.take([event("access", {"user_id": "alice", "outcome": "denied", "action": f"rest_{n}"}) for n in range(5)])
    got = [row["name"] for page in pages(told, "security/events", "events", limit=2) for row in page]
    assert [name for name in got if name.startswith("rest")] == [f"rest_{n}" for n in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize("path", ["sessions/rest-00/messages", "sessions/rest-00/timeline", "security/events"])
@pytest.mark.parametrize("before", ["nonsense", "1e3", ".x", "7.", "%00", "99999999999999999999", "-"])
def test_a_place_that_cannot_be_read_is_refused_in_words(told: Server, path: str, before: str) -> None:
    answer = told.get(f"/api/v1/{path}?before={before}")
    assert (answer.status, answer.headers["Content-Type"]) == (422, "application/problem+json"), answer.body
    assert answer.json["title"].startswith("before: ")


def test_a_series_says_over_what_time_it_counted(told: Server) -> None:
    """`to` is no whole second: what happened in its second counts, and the answer says up to where."""
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=100)
    told.take([message("rest-window", "rest-window-q", "user", at + timedelta(milliseconds=200))])
    asked = [(at + timedelta(seconds=second)).isoformat() for second in (-1.5, 0.5)]
    found = told.get(f"/api/v1/metrics/messages?from={quote(asked[0])}&to={quote(asked[1])}&step=1").json
    said = [f"{at + timedelta(seconds=second):%Y-%m-%dT%H:%M:%S.000Z}" for second in (-2, 1)]
    assert [found["from"], found["to"]] == said
    assert found["points"][-1]["time"] == f"{at:%Y-%m-%dT%H:%M:%S.000Z}"


@pytest.mark.parametrize("name", SERIES)
def test_every_figure_has_its_points(told: Server, name: str) -> None:
    since = (datetime.now(UTC) - timedelta(hours=4)).isoformat()
    found = told.get(f"/api/v1/metrics/{name}?from={quote(since)}&step=3600").json
    assert (found["name"], found["step"]) == (name, 3600)
    assert found["from"] <= since[:23] + "Z" < found["to"]
    times = [point["time"] for point in found["points"]]
    assert times == sorted(set(times))
    assert times
    assert all("00:00.000Z" in time for time in times)


def test_times_without_a_zone_are_utc_and_strange_ones_are_refused_in_words(told: Server) -> None:
    naive = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    for words, status in [
        (f"from={(naive - timedelta(days=60)).isoformat()}&step=86400&to={naive.isoformat()}", 200),
        ("from=2000-01-01T00:00:00&step=86400", 422),
        ("from=0001-01-01T00:00:00&step=7776000", 422),
        ("to=0001-01-01T00:00:00", 422),
        ("to=9999-12-31T23:59:59Z&step=7776000", 200),
        ("to=9999-12-31T23:59:59-23:59&from=9999-12-31T23:00:00Z", 200),
        ("from=yesterday", 422),
        ("to=1e999", 422),
        ("step=1e9", 422),
        ("step=99999999999999999999", 422),
        ("from=2020-01-01&to=2026-01-01&step=1", 422),
    ]:
        answer = told.get(f"/api/v1/metrics/messages?{words}")
        assert answer.status == status, (words, answer.body)
        assert status == 200 or answer.json["title"].partition(":")[0] in ("from", "to", "step")


@pytest.mark.parametrize("name", ["usage", "responses", "operations"])
def test_a_report_on_a_fixed_time_is_rounded_outwards_and_for_staff(told: Server, name: str) -> None:
    begin = datetime.now(UTC).replace(minute=20, second=5, microsecond=0) - timedelta(hours=30)
    wish = urlencode({"from": begin.isoformat(), "to": (begin + timedelta(hours=5)).isoformat()})
    found = told.page(f"/api/v1/{name}?{wish}", "bob").json
    hour = begin.replace(minute=0, second=0)
    assert datetime.fromisoformat(found["from"]) == hour
    assert datetime.fromisoformat(found["to"]) == hour + timedelta(hours=6)
    assert found["step"] == 3_600
    wish = urlencode({"from": (begin - timedelta(days=9)).isoformat()})
    assert told.page(f"/api/v1/{name}?{wish}", "bob").json["step"] == 86_400
    assert [told.page(f"/api/v1/{name}?{wish}", user).status for user in ("alice", "charlie")] == [403, 403]


def test_a_time_of_which_there_is_no_report_is_refused_with_what_to_do(told: Server) -> None:
    now = datetime.now(UTC)
    for wish in (
        {"to": now.isoformat()},
        {"from": now.isoformat(), "to": (now - timedelta(hours=1)).isoformat()},
        {"from": (now - timedelta(days=401)).isoformat()},
        {"from": now.isoformat(), "to": (now + timedelta(seconds=20)).isoformat()},
        {"from": "yesterday"},
        {"from": "0001-01-01T00:00:00Z"},
        {"from": "9999-12-31T00:00:00Z", "to": "9999-12-31T05:00:00+14:00"},
    ):
        answer = told.page(f"/api/v1/usage?{urlencode(wish)}", "bob")
        assert answer.status == 422, wish
        assert "from" in answer.body.decode() or "to" in answer.body.decode()


def test_owners_have_their_own_figures_of_a_time_and_nobody_else_s(told: Server) -> None:
    begin = datetime.now(UTC).replace(hour=5) - timedelta(days=1)
    wish = urlencode({"from": begin.isoformat()})
    own = told.page(f"/api/v1/mine?{wish}", "alice")
    assert own.status == 200
    assert (own.json["step"], own.json["comparison"].keys()) == (86_400, {"withheld"})
    assert own.json["figures"]["messages"] == told.page("/api/v1/mine?days=2", "alice").json["figures"]["messages"]
    assert told.page(f"/api/v1/mine?{wish}", "charlie").status == 404


@pytest.mark.parametrize("days", [1, 7, 28, 90])
@pytest.mark.parametrize("name", ["usage", "responses", "operations"])
def test_a_report_speaks_of_the_days_it_was_asked_for(told: Server, name: str, days: int) -> None:
    found = told.get(f"/api/v1/{name}?days={days}").json
    began, ended = map(datetime.fromisoformat, (found["from"], found["to"]))
    assert found["days"] == days
    assert timedelta(days=days - 1) <= ended - began <= timedelta(days=days)


def test_the_reports_agree_with_one_another_and_with_the_sessions(told: Server) -> None:
    rows = [row for page in pages(told, "sessions", "sessions", model="rest") for row in page]
    whole = told.get("/api/v1/usage?days=2").json
    both = next(model for model in whole["models"] if model["model"] == "rest")
    assert both["tokens"] == sum(row["tokens"] for row in rows)
    assert both["cost"] == pytest.approx(sum(row["cost"] for row in rows))
    done = next(one for one in told.get("/api/v1/operations?days=2").json["operations"] if one["operation"] == "rest")
    assert (done["count"], done["ok"]) == (1, 1)


def test_what_a_number_means_is_told_to_everybody_who_is_known(told: Server) -> None:
    said = {user: told.page("/api/v1/definitions", user).json["definitions"] for user in ("alice", "bob")}
    assert said["alice"] == said["bob"]
    assert {one["source"] for one in said["bob"]} <= {"reported", "recomputed", "estimated"}
    assert len(said["bob"]) == len({one["name"] for one in said["bob"]}) >= 20


def test_the_price_list_is_told_with_its_dates(told: Server) -> None:
    found = told.get("/api/v1/prices").json
    places = [(one["model"], one["valid_from"]) for one in found["prices"]]
    assert places == sorted(places)
    assert {one["model"] for one in found["in_force"]} <= {model for model, _ in places}
    assert all(0 <= one["prompt"] < 1e6 for one in found["prices"])


def test_no_answer_says_what_the_description_does_not_know(told: Server) -> None:
    asked, now = 0, datetime.now(UTC)
    slow = [("slow-q", "user", now - timedelta(seconds=45)), ("slow-a", "assistant", now)]
    told.take([message("alerted", id, role, at) for id, role, at in slow])
    alerts = until(lambda: told.page("/api/v1/alerts", "bob").json["alerts"], 15, "an alert")
    for path, methods in api.get_openapi_schema()["paths"].items():
        content = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        if "application/json" not in content:
            continue
        known = {"session_id": "rest-00", "name": "response_time", "rule_id": 1, "alert_id": alerts[0]["id"]}
        user = "alice" if "mine" in path else "dora" if "deliveries" in path else "bob"
        found = told.page(path.format(**known), user)
        assert found.status == 200, path
        assert list(undeclared(found.json, content["application/json"]["schema"], path)) == []
        asked += 1
    assert asked >= 18


def test_the_walk_over_an_answer_finds_what_is_undeclared() -> None:
    row = {"$ref": "#/components/schemas/Sessions"}
    assert list(undeclared({"next": None, "sessions": [{"id": "x", "secret": 1}], "more": 2}, row)) == [
        ".sessions[].secret", ".more",
    ]  # fmt: skip


def test_a_page_of_500_rows_comes_quickly(server: Server) -> None:
    now = datetime.now(UTC)
    for start in range(0, 500, 100):
        server.take([message(f"many-{n}", f"many-{n}", "user", now) for n in range(start, start + 100)])
    taken = []
    for _ in range(5):
        began = perf_counter()
        assert len(server.get("/api/v1/sessions?limit=500").json["sessions"]) == 500
        taken.append(perf_counter() - began)
    assert min(taken) < 0.5
