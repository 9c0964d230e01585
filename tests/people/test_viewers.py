"""Who may see what: Alice owns, Bob is staff, Charlie may see nothing of hers."""

import pytest

from monitoring.people.models import User
from monitoring.people.pseudonym import BIRDS, pseudonym
from monitoring.people.queries import visible_to
from monitoring.people.store import digest_of, find_api_key, make_api_key, make_user, meet, person_of, viewer_of
from monitoring.people.viewer import NOBODY, Viewer
from monitoring.stats.models import Session

ALICE, BOB, CHARLIE = (
    Viewer("alice", frozenset({"owner"}), 1),
    Viewer("bob", frozenset({"ops"})),
    Viewer("charlie", frozenset({"owner"}), 2),
)
DORA, PETRA = Viewer("dora", frozenset({"admin"})), Viewer("petra", frozenset({"privacy"}))


@pytest.mark.parametrize(
    ("viewer", "own", "hers", "of_nobody"),
    [
        (ALICE, True, True, False),
        (BOB, True, True, True),
        (CHARLIE, True, False, False),
        (DORA, True, True, True),
        (PETRA, False, False, False),
        (NOBODY, False, False, False),
        (Viewer("new", frozenset({"owner"}), None), False, False, False),
    ],
)
def test_a_session_is_open_to_its_owner_and_to_staff(viewer: Viewer, own: bool, hers: bool, of_nobody: bool) -> None:
    assert viewer.may_see(viewer.person if viewer.person else 77 if viewer.sees_all else None) is own
    assert viewer.may_see(1) is hers
    assert viewer.may_see(None) is of_nobody


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("viewer", "seen"),
    [(ALICE, {1}), (BOB, {1, 2, 3}), (CHARLIE, {2}), (DORA, {1, 2, 3}), (PETRA, set()), (NOBODY, set())],
)
def test_the_gate_gives_only_what_may_be_seen(viewer: Viewer, seen: set[int]) -> None:
    for key, person in [(1, 1), (2, 2), (3, None)]:
        Session.objects.create(
            key=key, digest=bytes([key]), session_id=str(key), person=person, position=key, detail=b""
        )
    found = visible_to(viewer, Session.objects.all())
    assert {row.key for row in found} == seen
    assert {row.key for row in found if not viewer.may_see(row.person)} == set()


@pytest.mark.django_db
def test_a_log_in_sees_what_its_roles_say() -> None:
    meet({digest_of("user", "id-of-alice"): 5})
    alice = make_user("alice", "a long password", "owner", "id-of-alice")
    bob, dora = make_user("bob", "a long password", "ops"), make_user("dora", "a long password", "admin")
    assert viewer_of(alice) == Viewer("alice", frozenset({"owner"}), 5)
    assert viewer_of(bob).sees_all
    assert not viewer_of(bob).is_admin
    assert viewer_of(dora).is_admin
    bob.groups.clear()
    assert not viewer_of(User.objects.get(username="bob")).sees_all


@pytest.mark.django_db
def test_who_is_barred_or_nobody_sees_nothing() -> None:
    bob = make_user("bob", "a long password", "ops")
    bob.is_active = False
    assert viewer_of(bob) is NOBODY
    assert viewer_of(None) is NOBODY


@pytest.mark.django_db
def test_without_an_owner_id_nobody_owns_anything() -> None:
    meet({digest_of("user", "x"): 5})
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


def test_a_pseudonym_is_stable_and_nobody_else_s() -> None:
    assert pseudonym(41) == pseudonym(41)
    assert pseudonym(None) == "nobody"
    assert len({pseudonym(key) for key in range(1, 2_000)}) == 1_999
    assert len(set(BIRDS)) == len(BIRDS)
