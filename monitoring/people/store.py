"""Persons found or made, users and roles, API keys. Keys themselves are handled by `keys` alone."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured

from monitoring.db.transactions import driver
from monitoring.people.keys import DecryptionError, Keyring, hashed, load, new_secret
from monitoring.people.models import ApiKey, Person, User
from monitoring.people.viewer import ADMIN, NOBODY, OPS, ROLES, Viewer

IN_ONE_QUERY = 5_000


@dataclass(frozen=True, slots=True)
class PersonKey:
    """One person, ready to have their words sealed and opened."""

    key: int
    digest: bytes
    wrapped: bytes

    def seal(self, place: bytes, text: bytes) -> str:
        return keyring().seal(self.wrapped, self.digest, place, text)

    def open(self, place: bytes, sealed: str) -> bytes:
        """The words again. Raises DecryptionError."""
        return keyring().open(self.wrapped, self.digest, place, sealed)


@cache
def keyring() -> Keyring:
    """The keyring of this installation. Raises ImproperlyConfigured when the database was sealed with another key."""
    someone = Person.objects.order_by("key").first()
    if someone is None:
        return load(settings.MASTER_KEY_FILE)
    words = f"{settings.MASTER_KEY_FILE} is not the key that this database was sealed with: put it back"
    if not settings.MASTER_KEY_FILE.exists():
        raise ImproperlyConfigured(words)
    found = load(settings.MASTER_KEY_FILE)
    try:
        found.open_key(bytes(someone.wrapped), bytes(someone.digest))
    except DecryptionError:
        raise ImproperlyConfigured(words) from None
    return found


def get_or_create_persons(first_named: Mapping[bytes, int]) -> dict[bytes, PersonKey]:
    """The persons behind these digests; who is new gets the position that first named them as key.

    To be called in the transaction that appends those positions.
    """
    known = _known(list(first_named))
    new = [
        PersonKey(position, digest, keyring().new_key(digest))
        for digest, position in first_named.items()
        if digest not in known
    ]
    if new:
        rows = [(person.key, person.digest, person.wrapped) for person in new]
        driver().insert("people_person", ("key", "digest", "wrapped"), rows)
    return known | {person.digest: person for person in new}


def _known(digests: list[bytes]) -> dict[bytes, PersonKey]:
    known = {}
    for start in range(0, len(digests), IN_ONE_QUERY):
        some = Person.objects.filter(digest__in=digests[start : start + IN_ONE_QUERY])
        for key, digest, wrapped in some.values_list("key", "digest", "wrapped"):
            known[bytes(digest)] = PersonKey(key, bytes(digest), bytes(wrapped))
    return known


def digest_of(kind: str, name: str) -> bytes:
    """The keyed hash by which a person is looked up; kind is user, address or agent."""
    return keyring().digest(kind, name)


def keyed_hash(text: bytes) -> str:
    """A name for a text that tells nothing of it without the master key; the same each time."""
    return keyring().blind(text)


def opaque(person: int | None, text: str) -> str:
    """A cursor, or a position, as an owner is given it: it tells nothing, and only this person can hand it back. The
    same text is the same word."""
    return keyring().cover(f"cursor of {person}".encode(), text.encode())


def plain(person: int | None, word: str) -> str | None:
    """What `opaque` covered for this person; None for anything else."""
    try:
        return keyring().uncover(f"cursor of {person}".encode(), word).decode()
    except DecryptionError:
        return None


def person_keys(keys: Collection[int]) -> dict[int, PersonKey]:
    """The persons of these keys, of those that are there."""
    found, wanted = {}, sorted(keys)
    for start in range(0, len(wanted), IN_ONE_QUERY):
        some = Person.objects.filter(key__in=wanted[start : start + IN_ONE_QUERY])
        for key, digest, wrapped in some.values_list("key", "digest", "wrapped"):
            found[key] = PersonKey(key, bytes(digest), bytes(wrapped))
    return found


def person_of(owner_id: str) -> int | None:
    """The key of the person whom events call `owner_id`."""
    return persons_of([owner_id]).get(owner_id)


def persons_of(owner_ids: Iterable[str]) -> dict[str, int]:
    """The keys of those persons whom events have named so, in one question for hundreds."""
    digests = {digest_of("user", owner_id): owner_id for owner_id in owner_ids if owner_id}
    if not digests:
        return {}
    found = Person.objects.filter(digest__in=list(digests))
    return {digests[bytes(digest)]: key for digest, key in found.values_list("digest", "key")}


def viewer_of(user: User | None) -> Viewer:
    """The pure viewer behind a log-in."""
    if user is None:
        return NOBODY
    return _viewer(user, user.groups.values_list("name", flat=True), person_of(user.owner_id))


def viewers_of(logins: Collection[tuple[int, str]]) -> dict[tuple[int, str], Viewer]:
    """Those behind many log-ins, by their users' keys and the hashes of the passwords with which they logged in, in as
    few questions as for one. Nobody where the user is gone, or has another password now."""
    keys = {key for key, _ in logins}
    users, groups = User.objects.in_bulk(keys), _groups_of(keys)
    persons = persons_of({user.owner_id for user in users.values()})
    known = {
        (key, user.get_session_auth_hash()): _viewer(user, groups[key], persons.get(user.owner_id))
        for key, user in users.items()
    }
    return {login: known.get(login, NOBODY) for login in logins}


def _groups_of(users: Collection[int]) -> dict[int, list[str]]:
    """The names of many users' groups."""
    roles, groups = dict(Group.objects.values_list("pk", "name")), defaultdict[int, list[str]](list)
    members = User.groups.through.objects.filter(user_id__in=users)
    for user, group in members.values_list("user_id", "group_id"):
        groups[user].append(roles[group])
    return groups


def _viewer(user: User, groups: Iterable[str], person: int | None) -> Viewer:
    """A superuser is an administrator; names and erasure need the role itself."""
    if not user.is_active:
        return NOBODY
    names = {*groups, *({OPS, ADMIN} if user.is_superuser else ())}
    return Viewer(user.get_username(), frozenset(names), person)


def make_roles() -> list[Group]:
    """Make the four groups. Returns those that were not there."""
    made = [Group.objects.get_or_create(name=role) for role in ROLES]
    return [group for group, is_new in made if is_new]


def make_user(name: str, password: str, role: str, owner_id: str = "") -> User:
    """A user with one role; an admin may enter the admin pages."""
    make_roles()
    user, _ = User.objects.get_or_create(username=name, defaults={"owner_id": owner_id})
    user.owner_id, user.is_staff, user.is_superuser = owner_id, role == "admin", role == "admin"
    user.set_password(password)
    user.save()
    user.groups.set([Group.objects.get(name=role)])
    return user


def make_api_key(name: str, scopes: str, rate: float | None = None, burst: int = 20_000) -> str:
    """A new key's secret, which is not kept. A key of that name is replaced."""
    secret = new_secret()
    ApiKey.objects.update_or_create(
        name=name,
        defaults={"digest": hashed(secret), "scopes": scopes, "rate": rate, "burst": burst, "revoked": False},
    )
    return secret


def find_api_key(secret: str) -> ApiKey | None:
    """The key with this secret, unless it was revoked."""
    return ApiKey.objects.filter(digest=hashed(secret), revoked=False).first()
