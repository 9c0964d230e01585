"""Rights of a viewer, by roles and person: Alice owns, Bob is staff, Charlie may see nothing of hers."""

import pytest

from monitoring.people.viewer import NOBODY, ROLES, Viewer

ALICE, CHARLIE = Viewer("alice", frozenset({"owner"}), 1), Viewer("charlie", frozenset({"owner"}), 2)


@pytest.mark.parametrize(
    ("viewer", "hers", "nobodys"),
    [
        (ALICE, True, False),
        (CHARLIE, False, False),
        (Viewer("bob", frozenset({"ops"})), True, True),
        (Viewer("dora", frozenset({"admin"})), True, True),
        (Viewer("petra", frozenset({"privacy"})), False, False),
        (Viewer("olga", frozenset({"owner"})), False, False),
        (NOBODY, False, False),
    ],
)
def test_staff_see_everybody_and_an_owner_only_the_own_person(viewer: Viewer, hers: bool, nobodys: bool) -> None:
    assert viewer.may_see(1) is hers
    assert viewer.may_see(None) is nobodys


@pytest.mark.parametrize(
    ("role", "sees_all", "is_admin"),
    [("ops", True, False), ("admin", True, True), ("privacy", False, False), ("owner", False, False)],
)
def test_each_role_gives_its_rights_alone(role: str, sees_all: bool, is_admin: bool) -> None:
    viewer = Viewer("somebody", frozenset({role}))
    assert (viewer.sees_all, viewer.is_admin) == (sees_all, is_admin)


def test_there_are_four_roles_and_nobody_has_none() -> None:
    assert ROLES == ("ops", "admin", "privacy", "owner")
    assert (NOBODY.name, NOBODY.roles, NOBODY.person) == ("nobody", frozenset(), None)
