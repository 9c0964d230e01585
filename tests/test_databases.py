"""What must be the same on SQLite, PostgreSQL and MongoDB: migrations, log-ins, the admin's pages, every address."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from urllib.parse import quote, urljoin

import pytest
from addresses import TABLE, WHO
from django.apps import apps
from mongodb import Mongo
from running import PASSWORD, Server, free_port

from sbdash.database import database_settings

Fresh = Callable[..., Server]
pytestmark = pytest.mark.slow
KINDS = ["sqlite", "postgresql", "mongodb"]
EVERY_APP = """
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
apps = sorted({app for app, _ in MigrationLoader(connection).disk_migrations})
for app in apps:
    call_command("migrate", app, "zero", verbosity=0)
print("left:", sorted(set(connection.introspection.table_names()) - {"django_migrations"}))
call_command("migrate", verbosity=0)
print("again:", len(connection.introspection.table_names()), "in", len(apps))
"""
ROWS = """
from time import time
from monitoring.people.store import digest_of, keyring
from monitoring.events.ids import short
from monitoring.journal import models as journal
from monitoring.security import models as security
from monitoring.stats import models as stats
now = int(time()) * 1_000_000
for key, name in enumerate(("alice", "charlie"), 1001):
    digest = digest_of("user", name)
    Person.objects.create(key=key, digest=digest, wrapped=keyring().new_key(digest))
for key, name in enumerate(("hers", "his"), 1):
    said = {"first_at": now - 60_000_000, "last_at": now + key, "message_count": 3, "total_tokens": 2**40}
    stats.Session.objects.create(
        key=key, digest=short(name), session_id=name, person=key + 1000, position=key, detail=b"{}", **said
    )
    about = {"kind": "access", "name": name, "outcome": "denied", "details": "{}"}
    security.SecurityEvent.objects.create(key=key, at=now, person=key + 1000, **about)
for key in range(1, 7):
    stats.Message.objects.create(
        key=key, digest=short(f"m{key}"), message_id=f"m{key}", session=1 + key % 2, position=key, at=now + key // 4,
        role="user", status="completed",
    )
for place, width in enumerate((1, 10, 60, 3600)):
    start = now // 1_000_000 // width * width
    bucket = {"key": start * 4 + place, "width": width, "start": start, "position": 1}
    stats.Bucket.objects.create(**bucket, counts=b'{"m": {"user": 6}}')
"""


RACE = """
from threading import Barrier, Thread
from django.db import connections
from monitoring.journal.models import Head, StageCheckpoint
together = Barrier(6)
def race():
    together.wait()
    StageCheckpoint.objects.get_or_create(stage="race")
    Head.objects.get_or_create(key=7)
    Person.objects.get_or_create(digest=b"race" * 4, defaults={"key": new_key(), "wrapped": b""})
    make_api_key("race", "read")
    connections.close_all()
racers = [Thread(target=race) for _ in range(6)]
for racer in racers: racer.start()
for racer in racers: racer.join()
"""


def bare(kind: str, folder: Path, request: pytest.FixtureRequest) -> Server:
    """A server whose database is empty."""
    if kind == "sqlite":
        return Server(folder)
    home = request.getfixturevalue("postgres" if kind == "postgresql" else kind)
    return Server(folder, home.database())


@pytest.mark.parametrize("kind", KINDS)
def test_migrations_go_forwards_backwards_and_forwards(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    server = bare(kind, tmp_path, request)
    server.manage("migrate", "--verbosity", "0")
    said = server.shell(EVERY_APP)
    assert "left: []" in said, said
    assert re.search(r"again: (\d\d) in", said), said
    server.manage("makemigrations", "--check", "--dry-run")
    server.manage("first_run")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_deployed_is_checked(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    server = bare(kind, tmp_path, request)
    server.extra["HTTPS"] = "true"
    server.manage("check", "--deploy", "--fail-level", "WARNING")


@pytest.fixture(scope="module", params=KINDS)
def empty(request: pytest.FixtureRequest, copy: Fresh) -> Iterator[Server]:
    """A server that has users and nothing else."""
    made = copy(request.param).start().ready()
    yield made
    made.stop()


def test_every_address_answers_while_nothing_is_there(empty: Server) -> None:
    wrong = {}
    for path, statuses in TABLE.values():
        found = tuple(empty.page(path, user).status for user in WHO)
        if path == "/api/v1/mine":  # nobody owns anything yet
            statuses = (404, 404, 404, 404, 401)
        if "hers" in path:
            statuses = tuple(404 if status == 200 else status for status in statuses)
        if found != statuses:
            wrong[path] = found
    assert not wrong


@pytest.fixture(scope="module")
def house(empty: Server) -> Server:
    """The same server with a session of Alice's and one of Charlie's."""
    empty.shell(ROWS)
    return empty


def test_every_address_answers_as_its_row_says(house: Server) -> None:
    found = {path: tuple(house.page(path, user).status for user in WHO) for path, _ in TABLE.values()}
    assert found == dict(TABLE.values())


def test_lists_are_in_order_come_in_pages_and_hold_what_may_be_seen(house: Server) -> None:
    for user, seen in [("alice", ["hers"]), ("bob", ["his", "hers"]), ("charlie", ["his"])]:
        assert [row["id"] for row in house.page("/api/v1/sessions", user).json["sessions"]] == seen
        events = house.page("/api/v1/security/events", user).json["events"]
        assert [row["name"] for row in events] == seen
    first = house.page("/api/v1/sessions?limit=1", "bob").json
    following = house.page(f"/api/v1/sessions?limit=1&before={first['next']}", "bob").json
    assert [row["id"] for page in (first, following) for row in page["sessions"]] == ["his", "hers"]
    assert following["next"] is None
    page, ids = house.page("/api/v1/sessions/hers/messages?limit=2", "alice").json, []
    while page:
        ids = [row["id"] for row in page["messages"]] + ids
        before = page["next"]
        page = before and house.page(f"/api/v1/sessions/hers/messages?limit=2&before={before}", "alice").json
    assert ids == ["m2", "m4", "m6"]
    assert house.figures("hers")["total_tokens"] == 2**40
    points = house.get("/api/v1/metrics/messages?step=10").json["points"]  # of 60 s may be cached from before the rows
    assert sum(sum(point["value"].values()) for point in points) == 6


def test_strange_words_break_no_list_and_no_search(house: Server) -> None:
    many, lists = "9" * 40, ("sessions", "sessions/hers/messages", "security/events")
    for before in ("x", "1.x", "-1.1", f"{many}.{many}", many, "1", "²." + "1", "1.$where", "1.\0"):
        for path in lists:
            assert house.page(f"/api/v1/{path}?before={quote(before)}", "bob").status in (200, 422), (path, before)
    for words in ("(", "[a", "$ne", "a b", ".*", "\\", "'\"", "ä😀"):
        shown(house, f"/admin/people/user/?q={quote(words)}")
    assert "alice" not in rows_of(shown(house, "/admin/people/user/?q=.*"))
    assert "alice" in rows_of(shown(house, "/admin/people/user/?q=ALI"))


def rows_of(page: str) -> str:
    """The table of a list in the admin."""
    return page.partition('id="result_list"')[2]


def test_a_log_in_lasts_until_its_log_out_and_needs_the_password(house: Server) -> None:
    cookie = {"Cookie": house.log_in("bob", again=True)}
    assert house.call("GET", "/sessions/", headers=cookie).status == 200
    token = "b" * 32
    headers = {"Cookie": f"{cookie['Cookie']}; csrftoken={token}", "Content-Type": "application/x-www-form-urlencoded"}
    assert house.call("POST", "/logout/", f"csrfmiddlewaretoken={token}".encode(), headers).status == 302
    assert house.call("GET", "/sessions/", headers=cookie).status == 302
    with pytest.raises(AssertionError):
        house.log_in("alice", again=True, password="not hers")


def shown(server: Server, path: str, method: str = "GET", **fields: object) -> str:
    """A page of the admin as Dora sees it."""
    answer = server.page(path, "dora", method, **fields)
    assert answer.status == 200, (path, answer.status)
    return answer.body.decode()


def changed(server: Server, path: str, **fields: object) -> str:
    """The page to which the admin leads after a form, with what it says of it."""
    answer = server.page(path, "dora", "POST", **fields)
    assert answer.status == 302, (path, re.findall(r"errorlist.*", answer.body.decode()))
    cookies = [server.log_in("dora"), *(answer.headers.get_all("Set-Cookie") or [])]
    headers = {"Cookie": "; ".join(cookie.partition(";")[0] for cookie in cookies)}
    found = server.call("GET", urljoin(path, answer.headers["Location"]), headers=headers)
    assert found.status == 200, found.status
    return found.body.decode()


def key_of(page: str, model: str, name: str) -> str:
    """The key of the row that a list shows under this name."""
    found = re.search(rf"/admin/{model}/(\w+)/change/[^>]*>{re.escape(name)}<", page)
    assert found is not None, name
    return found[1]


def test_every_page_of_the_admin_is_shown(house: Server) -> None:
    for model in ("people/user", "people/apikey", "auth/group"):
        for more in ("", "add/", "?q=al", "?o=1", "?o=-1", "?all="):
            if not (more == "?q=al" and model == "people/apikey"):
                shown(house, f"/admin/{model}/{more}")
    page = shown(house, "/admin/people/user/")
    key = key_of(page, "people/user", "alice")
    for filter in ("is_staff__exact=1", "is_superuser__exact=0", "is_active__exact=1"):
        shown(house, f"/admin/people/user/?{filter}")
    for more in ("change/", "history/", "delete/", "password/"):
        assert "alice" in shown(house, f"/admin/people/user/{key}/{more}".replace("change/password", "password"))
    for group in re.findall(r"groups__id__exact=(\w+)", page):
        assert "selected" in shown(house, f"/admin/people/user/?groups__id__exact={group}")
    groups = shown(house, "/admin/auth/group/")
    for more in ("change/", "history/", "delete/"):
        assert "owner" in shown(house, f"/admin/auth/group/{key_of(groups, 'auth/group', 'owner')}/{more}")
    keys = shown(house, "/admin/people/apikey/")
    for more in ("change/", "history/", "delete/"):
        shown(house, f"/admin/people/apikey/{key_of(keys, 'people/apikey', 'first run: read')}/{more}")


def test_a_user_with_a_role_is_made_changed_and_deleted(house: Server) -> None:
    secret = {"password1": "a long word for erin", "password2": "a long word for erin"}
    changed(house, "/admin/people/user/add/", username="erin", usable_password="true", **secret)
    taken = house.page("/admin/people/user/add/", "dora", "POST", username="erin", usable_password="true", **secret)
    assert b"already exists" in taken.body
    key = key_of(shown(house, "/admin/people/user/"), "people/user", "erin")
    role = key_of(shown(house, "/admin/auth/group/"), "auth/group", "ops")
    page = shown(house, f"/admin/people/user/{key}/change/")
    right = re.findall(r'name="user_permissions" value="(\w+)"[^>]*>[^<]*Can view', page)[0]
    joined = {"date_joined_0": "2026-01-02", "date_joined_1": "03:04:05"}
    for groups in ([], [role]):
        fields = {"username": "erin", "is_active": "on", "groups": groups, "user_permissions": [right], **joined}
        changed(house, f"/admin/people/user/{key}/change/", **fields)
        headers = {"Cookie": house.log_in("erin", again=True, password=secret["password1"])}
        assert house.call("GET", "/sessions/", headers=headers).status == (200 if groups else 403)
    page = shown(house, f"/admin/people/user/{key}/change/")
    assert re.search(rf'name="groups" value="{role}"[^>]* checked>\s*ops', page)
    assert re.search(rf'name="user_permissions" value="{right}"[^>]* checked>', page)
    assert "Changed" in shown(house, f"/admin/people/user/{key}/history/")
    assert f"user {key}" in shown(house, "/admin/")
    words = {"password1": PASSWORD + "!", "password2": PASSWORD + "!", "usable_password": "true"}
    house.page(f"/admin/people/user/{key}/password/", "dora", "POST", **words)
    house.log_in("erin", again=True, password=PASSWORD + "!")
    del house.cookies["dora"]  # Django gives who changes a password a new cookie
    assert "Are you sure" in shown(house, f"/admin/people/user/{key}/delete/")
    assert "erin" in changed(house, f"/admin/people/user/{key}/delete/", post="yes")
    assert ">erin<" not in shown(house, "/admin/people/user/")
    assert house.call("GET", "/sessions/", headers=headers).status == 302, "her log-in went with her"


def test_a_group_is_made_changed_and_deleted_among_others(house: Server) -> None:
    right, other = re.findall(r'name="permissions" value="(\w+)"', shown(house, "/admin/auth/group/add/"))[:2]
    changed(house, "/admin/auth/group/add/", name="watchers", permissions=[right])
    key = key_of(shown(house, "/admin/auth/group/"), "auth/group", "watchers")
    changed(house, f"/admin/auth/group/{key}/change/", name="guests", permissions=[right, other])
    page = shown(house, f"/admin/auth/group/{key}/change/")
    assert page.count(" checked>") == 2
    twice = house.page("/admin/auth/group/add/", "dora", "POST", name="guests")
    assert b"already exists" in twice.body
    some = {"action": "delete_selected", "_selected_action": [key], "index": "0"}
    assert "Are you sure" in shown(house, "/admin/auth/group/", "POST", **some)
    changed(house, "/admin/auth/group/", post="yes", **some)
    assert ">guests<" not in shown(house, "/admin/auth/group/")


def test_an_api_key_is_made_used_and_revoked(house: Server) -> None:
    fields = {"name": "erin's program", "scopes": "read", "burst": "5", "rate": "2.5"}
    said = unescape(changed(house, "/admin/people/apikey/add/", **fields))
    found = re.search(r"sbd_[\w-]+", said)
    assert found is not None
    secret, path = found[0], "/api/v1/health"
    assert house.get(path, secret).status == 200
    assert house.send(b"[]", key=secret).status == 403
    page = unescape(shown(house, "/admin/people/apikey/"))
    key = key_of(page, "people/apikey", fields["name"])
    changed(house, f"/admin/people/apikey/{key}/change/", revoked="on", **fields)
    assert house.get(path, secret).status == 401
    changed(house, f"/admin/people/apikey/{key}/delete/", post="yes")
    assert house.tables.count("people_apikey", name=fields["name"]) == 0


def test_who_is_no_administrator_changes_nothing(house: Server) -> None:
    before = house.rows("people_apikey")
    fields = {"name": "in by the back", "scopes": "read", "burst": "5"}
    for user in ("alice", "bob", "charlie"):
        assert house.page("/admin/people/apikey/add/", user, "POST", **fields).status == 302
    assert house.rows("people_apikey") == before


@pytest.mark.parametrize("kind", KINDS)
def test_of_many_who_make_the_same_row_at_once_one_does(copy: Fresh, kind: str) -> None:
    server = copy(kind)
    assert "Traceback" not in server.shell(RACE)
    for table, row in [
        ("journal_stagecheckpoint", {"stage": "race"}),
        ("journal_head", {"key": 7}),
        ("people_person", {"digest": b"race" * 4}),
        ("people_apikey", {"name": "race"}),
    ]:
        assert server.tables.count(table, **row) == 1, table


def test_on_mongodb_what_is_unique_is_found_by_its_index(prepared_mongodb: Server, mongodb: Mongo) -> None:
    name = prepared_mongodb.database.rpartition("/")[2]
    fields = [field for model in apps.get_models() for field in model._meta.local_fields if field.unique]
    asked = {(f.model._meta.db_table, f.column) for f in fields if not (f.primary_key and f.name in ("id", "key"))}
    assert {("journal_entry", "digest"), ("django_session", "session_key"), ("people_user", "username")} <= asked
    with mongodb.client() as client:
        for table, column in asked - {("journal_entry", "position")}:
            plan = client[name][table].find({column: "x"}).explain()["queryPlanner"]["winningPlan"]
            assert plan["inputStage"]["stage"] == "IXSCAN", (table, column)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("mongodb://127.0.0.1/monitoring", "monitoring"),
        ("mongodb://a:b%40c@one:27017,two:27018/monitoring?replicaSet=rs0&authSource=admin", "monitoring"),
        ("mongodb+srv://a:b@cluster.example.org/monitoring?retryWrites=true", "monitoring"),
        ("mongodb://127.0.0.1/?replicaSet=rs0", "sbdash"),
        ("mongodb://127.0.0.1", "sbdash"),
        ("mongodb://127.0.0.1/with%20space", "with space"),
    ],
)
def test_the_address_of_a_mongodb_stays_whole_and_its_writes_are_durable(tmp_path: Path, url: str, name: str) -> None:
    found = database_settings(url, tmp_path)
    assert (found["ENGINE"], found["HOST"], found["NAME"]) == ("sbdash.mongodb", url, name)
    durable = {"w": "majority", "journal": True, "readPreference": "primary", "readConcernLevel": "majority"}
    assert found["OPTIONS"].items() >= durable.items()


def test_a_mongodb_without_transactions_is_refused_in_one_sentence(tmp_path: Path) -> None:
    alone = Mongo(options={"replica_set_name": None}).start()
    said = Server(tmp_path, alone.database()).manage("migrate", status=1)
    alone.stop()
    assert "(sbdash.E003)" in said
    assert "rs.initiate()" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://somebody@127.0.0.1/sbdash", "names no database that sbdash runs on"),
        ("somewhere", "names no database that sbdash runs on"),
    ],
)
def test_a_database_that_cannot_be_used_is_named_in_one_sentence(tmp_path: Path, url: str, words: str) -> None:
    said = Server(tmp_path, url).manage("migrate", status=1)
    assert "sbdash.E002" in said
    assert words in said
    assert "Traceback" not in said


def test_a_driver_that_is_not_installed_is_named_with_what_installs_it(tmp_path: Path) -> None:
    hidden = "import importlib.util as u, runpy, sys; known = u.find_spec; sys.argv[0] = 'manage.py'\n"
    hidden += "u.find_spec = lambda name, *rest: None if name.startswith('psycopg') else known(name, *rest)\n"
    hidden += "runpy.run_path('manage.py', run_name='__main__')"
    server = Server(tmp_path, f"postgres://somebody@127.0.0.1:{free_port()}/sbdash")
    said = server.run("-c", hidden, "migrate", status=1)
    assert "(sbdash.E002)" in said
    assert "pip install -r requirements-postgres.txt" in said
