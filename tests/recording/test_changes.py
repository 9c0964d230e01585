"""Changes by administrators and commands are recorded with actor, old and new value, and without secrets."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from running import Server, message, until

from monitoring.events.envelope import Event, digest, parse_all
from monitoring.events.internal import INTERNAL_TYPES, Actor, Changed
from monitoring.events.record import Record, read_body
from monitoring.journal import store as journal
from monitoring.journal.verify import verify_journal
from monitoring.people import store as people
from monitoring.people.models import ApiKey, User
from monitoring.people.users import make_user
from monitoring.recording.changes import record_change
from monitoring.recording.reader import read_records

PASSWORD = "long enough for everybody"
pytestmark = pytest.mark.django_db


@pytest.fixture
def dora() -> Client:
    """An administrator who is logged in."""
    make_user("dora", PASSWORD, "admin")
    client = Client()
    assert client.login(username="dora", password=PASSWORD)
    return client


def changes(after: int = 0) -> list[Record]:
    return read_records(after, 1_000, INTERNAL_TYPES).records


def said(record: Record) -> Changed:
    assert isinstance(record.data, Changed)
    return record.data


def opened(position: int) -> dict[str, Any]:
    """Returns the unsealed personal data of an entry."""
    ((_, raw),) = [entry for entry in journal.read(position - 1, 1).entries if entry[0] == position]
    body = read_body(raw)
    assert body.who
    assert body.who.kind == "login"
    found: dict[str, Any] = json.loads(
        people.person_keys([body.who.key])[body.who.key].open(_digest(raw), body.who.sealed)
    )
    return found


def _digest(raw: bytes) -> bytes:
    body = read_body(raw)
    return digest(body.source, body.id)


def key_form(**fields: Any) -> dict[str, Any]:
    return {"name": "a key", "scopes": "ingest", "rate": "", "burst": "20000"} | fields


def test_a_key_that_is_created_changed_and_deleted_is_three_entries(dora: Client) -> None:
    assert dora.post("/admin/people/apikey/add/", key_form()).status_code == 302
    key = ApiKey.objects.get(name="a key")
    assert dora.post(f"/admin/people/apikey/{key.pk}/change/", key_form(revoked="on", rate="5")).status_code == 302
    assert dora.post(f"/admin/people/apikey/{key.pk}/delete/", {"post": "yes"}).status_code == 302
    made, changed, gone = changes()
    who = Actor("user", key=User.objects.get(username="dora").pk)
    assert [one.type for one in (made, changed, gone)] == ["created", "changed", "deleted"]
    assert {one.actor for one in (made, changed, gone)} == {who}
    assert {(said(one).object, said(one).object_key) for one in (made, changed, gone)} == {("apikey", str(key.pk))}
    assert said(made).changes["name"] == (None, "a key")
    assert said(changed).changes == {"rate": (None, 5.0), "revoked": (False, True)}
    assert said(gone).changes["scopes"] == ("ingest", None)
    assert key.digest.encode() not in b"".join(body for _, body in journal.read(0, 100).entries)


def test_keys_that_are_deleted_together_are_an_entry_each(dora: Client) -> None:
    keys = [ApiKey.objects.create(name=f"key {n}", digest=str(n)) for n in range(3)]
    form = {"action": "delete_selected", "_selected_action": [key.pk for key in keys], "post": "yes"}
    assert dora.post("/admin/people/apikey/", form).status_code == 302
    assert not ApiKey.objects.exists()
    assert [one.type for one in changes()] == ["deleted"] * 3


def user_form(user: User, **fields: Any) -> dict[str, Any]:
    joined = user.date_joined
    return {
        "username": user.username, "date_joined_0": f"{joined:%Y-%m-%d}", "date_joined_1": f"{joined:%H:%M:%S}",
        "is_active": "on", "owner_id": user.owner_id,
    } | fields  # fmt: skip


def test_the_owner_id_is_recorded_sealed_and_roles_in_clear(dora: Client) -> None:
    alice = make_user("alice", PASSWORD, "owner", "alice@example.org")
    form = user_form(alice, owner_id="eve@example.org", groups=[Group.objects.get(name="ops").pk])
    assert dora.post(f"/admin/people/user/{alice.pk}/change/", form).status_code == 302
    (changed,) = changes()
    assert said(changed).changes == {"groups": (["owner"], ["ops"])}
    assert said(changed).private is None
    assert opened(changed.position) == {"private": {"owner_id": ["alice@example.org", "eve@example.org"]}}
    bodies = b"".join(body for _, body in journal.read(0, 100).entries)
    assert b"example.org" not in bodies
    assert changed.person is None, "a log-in is nobody's sessions' owner"


def test_a_new_password_is_recorded_without_its_value(dora: Client) -> None:
    alice = make_user("alice", PASSWORD, "owner", "alice")
    form = {"password1": "another long one 77", "password2": "another long one 77", "usable_password": "true"}
    assert dora.post(f"/admin/people/user/{alice.pk}/password/", form).status_code == 302
    (changed,) = changes()
    assert said(changed).changes == {"password": ("old", "new")}
    assert b"another long one" not in journal.read(0, 100).entries[0][1]
    bad = {"password1": "x", "password2": "y", "usable_password": "true"}
    assert dora.post(f"/admin/people/user/{alice.pk}/password/", bad).status_code == 200
    assert len(changes()) == 1


def test_own_passwords_and_those_set_by_commands_are_recorded(dora: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    form = {"old_password": PASSWORD, "new_password1": "another long one 77", "new_password2": "another long one 77"}
    assert dora.post("/admin/password_change/", form | {"old_password": "wrong"}).status_code == 200
    assert dora.post("/admin/password_change/", form).status_code == 302
    monkeypatch.setattr("getpass.getpass", lambda prompt: "a third long one 88")
    call_command("changepassword", "dora", stdout=StringIO())
    key = User.objects.get(username="dora").pk
    own, command = changes()
    assert (own.actor, command.actor) == (Actor("user", key=key), Actor("command", name="changepassword"))
    assert [said(one).changes for one in (own, command)] == [{"password": ("old", "new")}] * 2


def test_a_superuser_created_by_the_command_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", interactive=False, username="erin", email="", stdout=StringIO())
    (made,) = changes()
    assert (made.type, made.actor) == ("created", Actor("command", name="createsuperuser"))
    assert said(made).object_key == str(User.objects.get(username="erin").pk)


def test_a_role_that_is_deleted_is_recorded_with_its_members(dora: Client) -> None:
    bob = make_user("bob", PASSWORD, "ops")
    role = Group.objects.get(name="ops")
    assert dora.post(f"/admin/auth/group/{role.pk}/delete/", {"post": "yes"}).status_code == 302
    (gone,) = changes()
    assert said(gone).changes["members"] == ([bob.pk], None)


def test_django_s_own_log_keeps_no_name_of_a_user(dora: Client) -> None:
    form = {"username": "hans.testmann", "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    assert dora.post("/admin/people/user/add/", form).status_code == 302
    user = User.objects.get(username="hans.testmann")
    assert dora.post(f"/admin/people/user/{user.pk}/delete/", {"post": "yes"}).status_code == 302
    assert len(changes()) >= 2
    assert LogEntry.objects.count() >= 2
    assert not [entry for entry in LogEntry.objects.all() if "testmann" in f"{entry} {entry.change_message}"]


def test_an_address_in_a_key_s_name_is_hashed(dora: Client) -> None:
    assert dora.post("/admin/people/apikey/add/", key_form(name="of hans@mail.example")).status_code == 302
    (made,) = changes()
    assert said(made).changes["name"][1].startswith("hashed-")


def test_a_role_and_its_permissions_are_recorded(dora: Client) -> None:
    assert dora.post("/admin/auth/group/add/", {"name": "auditors"}).status_code == 302
    (made,) = changes()
    assert (said(made).object, said(made).changes["name"]) == ("group", (None, "auditors"))


def test_a_price_is_recorded_with_the_one_before(dora: Client) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(1)
    form = {"model": "llama3.2", "valid_from": str(tomorrow), "prompt": "0.15", "completion": "0.6", "note": ""}
    assert dora.post("/admin/stats/price/add/", form).status_code == 302
    (made,) = changes()
    assert said(made).object == "price"
    assert said(made).changes["prompt"] == (30_000_000, 150_000_000)
    assert said(made).changes["version"] == (0, 1)


def test_a_change_without_a_difference_is_no_entry(dora: Client) -> None:
    key = ApiKey.objects.create(name="a key", digest="x")
    assert dora.post(f"/admin/people/apikey/{key.pk}/change/", key_form()).status_code == 302
    assert changes() == []


def made_twice() -> None:
    record_change(Actor("command", name="x"), ApiKey.objects.create(name="twice", digest="a"), None)
    ApiKey.objects.create(name="twice", digest="b")


def test_a_change_that_fails_leaves_no_entry() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        made_twice()
    assert changes() == []
    assert verify_journal().bad is None


def test_a_first_run_records_what_it_creates(tmp_path: Any, settings: Any) -> None:
    settings.FIRST_RUN_FILE = tmp_path / "first-run.json"
    call_command("first_run")
    found = changes()
    assert [said(one).object for one in found] == ["group"] * 4 + ["user"] * 3 + ["apikey"] * 3
    assert {one.actor for one in found} == {Actor("command", name="first_run")}
    bodies = b"".join(body for _, body in journal.read(0, 100).entries)
    for secret in [json.loads(settings.FIRST_RUN_FILE.read_text())]:
        assert secret["ingest_key"].encode() not in bodies
        assert secret["users"]["admin"]["password"].encode() not in bodies


@pytest.mark.parametrize("type", sorted(INTERNAL_TYPES))
def test_no_protocol_accepts_the_types_of_sbdash(type: str) -> None:
    data = {"object": "user", "object_key": "1", "changes": {"is_superuser": [False, True]}}
    raw = {"specversion": "1.0", "type": type, "source": "/chat", "id": "7", "data": data}
    (refused,) = parse_all([json.dumps(raw | {"time": "2026-11-22T09:30:00Z"}).encode()], datetime.now(UTC))
    assert not isinstance(refused, Event)
    assert "type: unknown" in str(refused)


@pytest.mark.parametrize("address", ["people/user/", "people/user/1/password/", "auth/group/add/", "stats/price/add/"])
def test_a_post_to_the_admin_is_one_transaction_and_a_get_is_none(
    dora: Client, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("monitoring.recording.admin.transactional", lambda view: opened.append(address) or view)
    dora.get(f"/admin/{address}")
    assert opened == []
    dora.post(f"/admin/{address}")
    assert opened == [address]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("action", ["add", "change", "delete", "delete selected"])
def test_a_change_that_cannot_be_recorded_is_rolled_back(
    dora: Client, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    key = ApiKey.objects.create(name="kept", digest="x")

    def fail(*_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("monitoring.recording.changes.commit", fail)
    place, form = {
        "add": ("add/", key_form(name="new")),
        "change": (f"{key.pk}/change/", key_form(name="other")),
        "delete": (f"{key.pk}/delete/", {"post": "yes"}),
        "delete selected": ("", {"action": "delete_selected", "_selected_action": [key.pk], "post": "yes"}),
    }[action]
    with pytest.raises(OSError, match="the disk is full"):
        dora.post(f"/admin/people/apikey/{place}", form)
    assert list(ApiKey.objects.values_list("name", flat=True)) == ["kept"]


@pytest.mark.django_db(transaction=True)
def test_a_deletion_of_many_that_fails_leaves_no_entry(dora: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    key = ApiKey.objects.create(name="kept", digest="x")

    def fail(*_: Any) -> None:
        raise OSError("the database is gone")

    monkeypatch.setattr("django.contrib.admin.ModelAdmin.delete_queryset", fail)
    form = {"action": "delete_selected", "_selected_action": [key.pk], "post": "yes"}
    with pytest.raises(OSError, match="gone"):
        dora.post("/admin/people/apikey/", form)
    assert changes() == []


AT_ONCE = """
from django.db import transaction
from monitoring.people.models import ApiKey
from monitoring.recording.changes import record_change
from monitoring.events.internal import Actor
from monitoring.db.transactions import transactional, in_transaction

def fails():
    record_change(Actor("command", name="x"), ApiKey.objects.create(name="torn", digest="torn"), None)
    raise OSError("torn")

for work in (transactional(fails), lambda: transactional(fails)()):
    with transaction.atomic():
        print("open", in_transaction())
    try:
        work()
    except OSError:
        print("left", ApiKey.objects.filter(name="torn").count())
"""


@pytest.mark.slow
def test_on_each_database_a_change_and_its_entry_are_one_transaction(either: Server) -> None:
    before = either.position()
    said = either.shell(AT_ONCE)
    assert said.count("left 0") == 2
    assert ("open False" in said) == ("mongodb" in either.environment.get("DATABASE_URL", "")), (
        "Django's atomic opens nothing on MongoDB"
    )
    assert either.position() == before


@pytest.mark.slow
def test_the_admin_and_senders_write_at_the_same_time(either: Server) -> None:
    before = either.position()
    with ThreadPoolExecutor(2) as pool:
        sent = pool.submit(
            lambda: [either.take([message(f"side-{before}", f"side-{before}-{n}", "user")]) for n in range(40)]
        )
        for number in range(5):
            form = key_form(name=f"side {before} {number}")
            assert either.page("/admin/people/apikey/add/", "dora", "POST", **form).status == 302
        assert len(sent.result()) == 40
    assert either.position() >= before + 45
    assert "verify" in either.manage("verify_journal")


@pytest.mark.slow
def test_on_each_database_a_change_is_an_entry_and_the_statistics_ignore_it(either: Server) -> None:
    before = either.position()
    name = f"recorded {either.port} {before}"
    assert either.page("/admin/people/apikey/add/", "dora", "POST", **key_form(name=name)).status == 302
    assert either.position() > before
    code = f"""
from monitoring.recording.reader import read_records
for one in read_records({before}, 100, ["created"]).records:
    print(one.actor.kind, one.data.object, one.data.changes["name"][1])
"""
    assert f"user apikey {name}" in either.shell(code)
    either.take([message(f"after-{before}", f"after-{before}", "user")])
    until(lambda: either.get("/readyz").status == 200, what="the stages")
    assert "verify" in either.manage("verify_journal")


def test_a_user_without_permission_records_nothing(server: Server) -> None:
    before = server.position()
    for who in ("alice", "bob", "charlie"):
        assert server.page("/admin/people/apikey/add/", who, "POST", **key_form(name=who)).status == 302, (
            "to the log-in"
        )
    assert server.position() == before
