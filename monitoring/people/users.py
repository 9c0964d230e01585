"""Users who log in, their roles, and API keys, in the database."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.contrib.auth.models import Group

from monitoring.people.keys import hashed, new_secret
from monitoring.people.models import ApiKey, User
from monitoring.people.store import person_of, persons_of
from monitoring.people.viewer import ADMIN, NOBODY, OPS, ROLES, Viewer

READING = frozenset({"read", "admin"})
"""Scopes of keys that may read the figures of all sessions."""


def viewer_of(user: User | None) -> Viewer:
    """Returns the viewer of a user; NOBODY without a user."""
    if user is None:
        return NOBODY
    return _viewer(user, user.groups.values_list("name", flat=True), person_of(user.owner_id))


def viewers_of(logins: Collection[tuple[int, str]]) -> dict[tuple[int, str], Viewer]:
    """Returns the viewers of log-ins, each given as (user key, session auth hash). Needs as many queries for many as
    for one. A viewer is NOBODY if the user is deleted or the password was changed."""
    keys = {key for key, _ in logins}
    users, groups = User.objects.in_bulk(keys), _groups_of(keys)
    persons = persons_of({user.owner_id for user in users.values()})
    viewers = {
        (key, user.get_session_auth_hash()): _viewer(user, groups[key], persons.get(user.owner_id))
        for key, user in users.items()
    }
    return {login: viewers.get(login, NOBODY) for login in logins}


def _groups_of(users: Collection[int]) -> dict[int, list[str]]:
    roles, groups = dict(Group.objects.values_list("pk", "name")), defaultdict[int, list[str]](list)
    members = User.groups.through.objects.filter(user_id__in=users)
    for user, group in members.values_list("user_id", "group_id"):
        groups[user].append(roles[group])
    return groups


def _viewer(user: User, groups: Iterable[str], person: int | None) -> Viewer:
    """A superuser has the roles ops and admin, but not privacy: names and erasure need that role itself."""
    if not user.is_active:
        return NOBODY
    names = {*groups, *({OPS, ADMIN} if user.is_superuser else ())}
    return Viewer(user.get_username(), frozenset(names), person)


class Readers(NamedTuple):
    """The readers of all sessions: active users with the role ops, administrators, and programs with a key for
    reading."""

    ops: int
    admins: int
    programs: int


def readers() -> Readers:
    """Returns how many may see all sessions. An administrator counts once."""
    active = User.objects.filter(is_active=True)
    admins = set(active.filter(groups__name=ADMIN).values_list("pk", flat=True))
    admins |= set(active.filter(is_superuser=True).values_list("pk", flat=True))
    ops = set(active.filter(groups__name=OPS).values_list("pk", flat=True))
    keys = ApiKey.objects.filter(revoked=False).values_list("scopes", flat=True)
    programs = sum(not READING.isdisjoint(scopes.split()) for scopes in keys)
    return Readers(len(ops - admins), len(admins), programs)


def make_roles() -> list[Group]:
    """Creates the four groups. Returns the new ones."""
    groups = [Group.objects.get_or_create(name=role) for role in ROLES]
    return [group for group, is_new in groups if is_new]


def make_user(name: str, password: str, role: str, owner_id: str = "") -> User:
    """Creates or updates a user with one role. The role admin gives access to the admin pages."""
    make_roles()
    user, _ = User.objects.get_or_create(username=name, defaults={"owner_id": owner_id})
    user.owner_id, user.is_staff, user.is_superuser = owner_id, role == "admin", role == "admin"
    user.set_password(password)
    user.save()
    user.groups.set([Group.objects.get(name=role)])
    return user


def make_api_key(name: str, scopes: str, rate: float | None = None, burst: int = 20_000) -> str:
    """Creates an API key, or replaces the one of this name. Returns its secret, which is not stored."""
    secret = new_secret()
    ApiKey.objects.update_or_create(
        name=name,
        defaults={"digest": hashed(secret), "scopes": scopes, "rate": rate, "burst": burst, "revoked": False},
    )
    return secret


def find_api_key(secret: str) -> ApiKey | None:
    """Returns the API key with this secret; None if there is none or it is revoked."""
    return ApiKey.objects.filter(digest=hashed(secret), revoked=False).first()
