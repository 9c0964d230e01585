"""Access by viewer: Alice owns sessions, Bob is staff, Charlie may see none of hers."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import Client

from monitoring.events.ids import short
from monitoring.live.access import FORBIDDEN, LOGGED_OUT, close_codes
from monitoring.live.subscriber import Login
from monitoring.people.access import visible_to
from monitoring.people.keys import load
from monitoring.people.models import User
from monitoring.people.pseudonym import BIRDS, pseudonym
from monitoring.people.store import digest_of, get_or_create_persons, keyring, person_of
from monitoring.people.users import find_api_key, make_api_key, make_user, viewer_of, viewers_of
from monitoring.people.viewer import NOBODY, Viewer
from monitoring.stats.models import Session

Asks = Callable[[int], AbstractContextManager[None]]
ALICE, BOB, CHARLIE = (
    Viewer("alice", frozenset({"owner"}), 1),
    Viewer("bob", frozenset({"ops"})),
    Viewer("charlie", frozenset({"owner"}), 2),
)
DORA, PETRA = Viewer("dora", frozenset({"admin"})), Viewer("petra", frozenset({"privacy"}))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("viewer", "seen"),
    [(ALICE, {1}), (BOB, {1, 2, 3}), (CHARLIE, {2}), (DORA, {1, 2, 3}), (PETRA, set()), (NOBODY, set())],
)
def test_visible_to_returns_only_rows_that_the_viewer_may_see(viewer: Viewer, seen: set[int]) -> None:
    for key, person in [(1, 1), (2, 2), (3, None)]:
        Session.objects.create(
            key=key, digest=bytes([key]), session_id=str(key), person=person, position=key, detail=b""
        )
    found = visible_to(viewer, Session.objects.all())
    assert {row.key for row in found} == seen


@pytest.mark.django_db
def test_the_roles_of_a_user_decide_what_the_viewer_may_see() -> None:
    get_or_create_persons({digest_of("user", "id-of-alice"): 5})
    alice = make_user("alice", "a long password", "owner", "id-of-alice")
    bob, dora = make_user("bob", "a long password", "ops"), make_user("dora", "a long password", "admin")
    assert viewer_of(alice) == Viewer("alice", frozenset({"owner"}), 5)
    assert viewer_of(bob).sees_all
    assert not viewer_of(bob).is_admin
    assert viewer_of(dora).is_admin
    bob.groups.clear()
    assert not viewer_of(User.objects.get(username="bob")).sees_all


@pytest.mark.django_db
def test_an_inactive_user_and_no_user_see_nothing() -> None:
    bob = make_user("bob", "a long password", "ops")
    bob.is_active = False
    assert viewer_of(bob) is NOBODY
    assert viewer_of(None) is NOBODY


@pytest.mark.django_db
def test_a_user_without_an_owner_id_owns_nothing() -> None:
    get_or_create_persons({digest_of("user", "x"): 5})
    assert person_of("") is None
    assert person_of("unheard of") is None
    assert person_of("x") == 5


@pytest.mark.django_db
def test_an_api_key_is_found_by_its_secret_until_it_is_replaced() -> None:
    first = make_api_key("program", "read")
    found = find_api_key(first)
    assert found is not None
    assert found.scopes == "read"
    assert first not in str(vars(found))
    second = make_api_key("program", "ingest")
    assert find_api_key(first) is None
    assert find_api_key(second) is not None


def test_a_pseudonym_is_stable_and_unique() -> None:
    assert pseudonym(41) == pseudonym(41)
    assert pseudonym(None) == "nobody"
    assert len({pseudonym(key) for key in range(1, 2_000)}) == 1_999
    assert len(set(BIRDS)) == len(BIRDS)


@pytest.mark.django_db
def test_another_master_key_than_that_of_the_database_is_refused(settings: Any, tmp_path: Path) -> None:
    get_or_create_persons({digest_of("user", "alice"): 5})
    settings.MASTER_KEY_FILE = tmp_path / "master.key"
    keyring.cache_clear()
    with pytest.raises(ImproperlyConfigured, match="restore the original file"):
        keyring()
    assert not settings.MASTER_KEY_FILE.exists()
    load(settings.MASTER_KEY_FILE)
    with pytest.raises(ImproperlyConfigured, match="restore the original file"):
        keyring()


@pytest.fixture(autouse=True)
def _own_keyring() -> Iterator[None]:
    yield
    keyring.cache_clear()


@pytest.mark.django_db
def test_a_second_first_run_changes_no_password_and_no_key(settings: Any, tmp_path: Path) -> None:
    settings.FIRST_RUN_FILE = tmp_path / "first-run.json"
    said = StringIO()
    call_command("first_run", stdout=said)
    before = {user.username: user.password for user in User.objects.all()}
    first = json.loads(settings.FIRST_RUN_FILE.read_text())
    assert first["users"]["ops"]["password"] in said.getvalue()
    assert settings.FIRST_RUN_FILE.stat().st_mode & 0o777 == 0o600
    settings.FIRST_RUN_FILE.unlink()
    again = StringIO()
    call_command("first_run", stdout=again)
    assert {user.username: user.password for user in User.objects.all()} == before
    assert find_api_key(first["ingest_key"]) is not None
    assert first["users"]["ops"]["password"] not in again.getvalue()


def log_in(number: int) -> Login:
    """Returns the log-in of a user who owns the session `of N`."""
    key = get_or_create_persons({digest_of("user", f"owner {number}"): number + 1})
    user = User.objects.create(username=f"owner {number}", owner_id=f"owner {number}", password="as it was")
    user.groups.set([Group.objects.get_or_create(name="owner")[0]])
    row = SessionStore()
    row.create()
    (person,) = (sealer.key for sealer in key.values())
    name = f"of-{number}"
    Session.objects.create(
        key=number + 1, digest=short(name), session_id=name, person=person, position=number + 1, detail=b""
    )
    return Login(str(row.session_key), user.pk, user.get_session_auth_hash())


@pytest.mark.django_db
@pytest.mark.parametrize("owners", [1, 5, 20])
def test_many_viewers_need_as_many_queries_as_one(owners: int, django_assert_num_queries: Asks) -> None:
    logins = [log_in(number) for number in range(owners)]
    with django_assert_num_queries(4):
        found = viewers_of({(login.user, login.auth_hash) for login in logins})
    assert sorted(viewer.person or 0 for viewer in found.values()) == [number + 1 for number in range(owners)]
    mine = {(login, (f"mine/{number + 1}", "28d")) for number, login in enumerate(logins)}
    theirs = {(login, (f"session/of-{number}", "own")) for number, login in enumerate(logins)}
    strange = {(login, (f"session/of-{number + 1}", "own")) for number, login in enumerate(logins)}
    with django_assert_num_queries(6):
        assert close_codes(mine | theirs | {(login, None) for login in logins}) == {}
    with django_assert_num_queries(6):
        assert close_codes(strange) == dict.fromkeys(strange, FORBIDDEN)


@pytest.mark.django_db
def test_a_socket_after_a_new_password_a_log_out_or_a_deleted_user_is_refused() -> None:
    logins = [log_in(number) for number in range(4)]
    user = User.objects.get(username="owner 0")
    user.set_password("another one altogether")
    user.save()
    User.objects.filter(username="owner 1").update(is_active=False)
    User.objects.get(username="owner 2").delete()
    SessionStore(logins[3].session_key).delete()
    for topic in (None, ("overview", "1h"), ("session/of 0", ""), ("mine/1", "28d")):
        assert close_codes({(login, topic) for login in logins}) == {(login, topic): LOGGED_OUT for login in logins}


@pytest.mark.django_db
def test_a_page_looks_up_its_viewer_once(client: Client, django_assert_max_num_queries: Asks) -> None:
    log_in(1)
    client.force_login(User.objects.get(username="owner 1"))
    with django_assert_max_num_queries(8):  # log-in, user, roles, person; 4 for those who can see the sessions
        assert client.get("/mine/").status_code == 200
