"""Persons, users, roles and API keys in the database. Only `keys` encrypts and decrypts."""

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

MAX_QUERY_VALUES = 5_000


@dataclass(frozen=True, slots=True)
class PersonKey:
    """A person's wrapped data key, which seals and opens the person's texts."""

    key: int
    digest: bytes
    wrapped: bytes

    def seal(self, context: bytes, text: bytes) -> str:
        return keyring().seal(self.wrapped, self.digest, context, text)

    def open(self, context: bytes, sealed: str) -> bytes:
        """Reverses `seal`. Raises DecryptionError."""
        return keyring().open(self.wrapped, self.digest, context, sealed)


@cache
def keyring() -> Keyring:
    """Returns the keyring of this installation. Raises ImproperlyConfigured if the database was encrypted with another
    master key."""
    person = Person.objects.order_by("key").first()
    if person is None:
        return load(settings.MASTER_KEY_FILE)
    message = f"{settings.MASTER_KEY_FILE} is not the master key of this database: restore the original file"
    if not settings.MASTER_KEY_FILE.exists():
        raise ImproperlyConfigured(message)
    loaded = load(settings.MASTER_KEY_FILE)
    try:
        loaded.open_key(bytes(person.wrapped), bytes(person.digest))
    except DecryptionError:
        raise ImproperlyConfigured(message) from None
    return loaded


def get_or_create_persons(first_named: Mapping[bytes, int]) -> dict[bytes, PersonKey]:
    """Returns the persons by digest. `first_named` maps each digest to the position of the first entry with it, which
    is the key of a new person.

    Call it in the transaction that appends those positions.
    """
    known = _existing(list(first_named))
    new = [
        PersonKey(position, digest, keyring().new_key(digest))
        for digest, position in first_named.items()
        if digest not in known
    ]
    if new:
        rows = [(person.key, person.digest, person.wrapped) for person in new]
        driver().insert("people_person", ("key", "digest", "wrapped"), rows)
    return known | {person.digest: person for person in new}


def _existing(digests: list[bytes]) -> dict[bytes, PersonKey]:
    persons = {}
    for start in range(0, len(digests), MAX_QUERY_VALUES):
        rows = Person.objects.filter(digest__in=digests[start : start + MAX_QUERY_VALUES])
        for key, digest, wrapped in rows.values_list("key", "digest", "wrapped"):
            persons[bytes(digest)] = PersonKey(key, bytes(digest), bytes(wrapped))
    return persons


def digest_of(kind: str, name: str) -> bytes:
    """Returns the keyed hash by which a person is looked up. `kind` is user, address, agent or login."""
    return keyring().digest(kind, name)


def keyed_hash(text: bytes) -> str:
    """Returns the keyed hash of a text, as 24 characters."""
    return keyring().keyed_hash(text)


def opaque(person: int | None, text: str) -> str:
    """Returns a cursor or a position in the form that an owner gets: encrypted, and valid for this person only. Equal
    texts have equal results."""
    return keyring().encrypt_cursor(f"cursor of {person}".encode(), text.encode())


def plain(person: int | None, cursor: str) -> str | None:
    """Reverses `opaque`. Returns None for a text that is not a cursor of this person."""
    try:
        return keyring().decrypt_cursor(f"cursor of {person}".encode(), cursor).decode()
    except DecryptionError:
        return None


def person_keys(keys: Collection[int]) -> dict[int, PersonKey]:
    """Returns the persons with these keys. Keys without a person are left out."""
    persons, wanted = {}, sorted(keys)
    for start in range(0, len(wanted), MAX_QUERY_VALUES):
        rows = Person.objects.filter(key__in=wanted[start : start + MAX_QUERY_VALUES])
        for key, digest, wrapped in rows.values_list("key", "digest", "wrapped"):
            persons[key] = PersonKey(key, bytes(digest), bytes(wrapped))
    return persons


def person_of(owner_id: str) -> int | None:
    """Returns the key of the person with this `user_id` in events; None if there is none."""
    return persons_of([owner_id]).get(owner_id)


def persons_of(owner_ids: Iterable[str]) -> dict[str, int]:
    """Returns the keys of the persons with these `user_id`s in events, by id. Needs one query."""
    digests = {digest_of("user", owner_id): owner_id for owner_id in owner_ids if owner_id}
    if not digests:
        return {}
    rows = Person.objects.filter(digest__in=list(digests))
    return {digests[bytes(digest)]: key for digest, key in rows.values_list("digest", "key")}


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
    """Returns the names of the users' groups."""
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
