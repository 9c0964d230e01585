"""Persons in the database, and texts that are encrypted for them. Only `keys` encrypts and decrypts."""

from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from monitoring.db.transactions import driver
from monitoring.people.keys import DecryptionError, Keyring, load
from monitoring.people.models import Person

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
    known = {person.digest: person for person in _persons("digest", list(first_named))}
    new = [
        PersonKey(position, digest, keyring().new_key(digest))
        for digest, position in first_named.items()
        if digest not in known
    ]
    if new:
        rows = [(person.key, person.digest, person.wrapped) for person in new]
        driver().insert("people_person", ("key", "digest", "wrapped"), rows)
    return known | {person.digest: person for person in new}


def digest_of(kind: str, name: str) -> bytes:
    """Returns the keyed hash by which a person is looked up. `kind` is user, address, agent or login."""
    return keyring().digest(kind, name)


def keyed_hash(text: bytes) -> str:
    """Returns the keyed hash of a text, as 24 characters."""
    return keyring().keyed_hash(text)


def seal_secret(purpose: str, text: str) -> str:
    """Encrypts a text that belongs to no person, such as a password, with a data key of its own. The result, as text,
    contains the wrapped key. It can be opened for the same purpose alone."""
    context = purpose.encode()
    wrapped = keyring().new_key(context)
    return f"{b64encode(wrapped).decode()} {keyring().seal(wrapped, context, context, text.encode())}"


def open_secret(purpose: str, sealed: str) -> str:
    """Reverses `seal_secret`. Raises DecryptionError."""
    context = purpose.encode()
    wrapped, _, text = sealed.partition(" ")
    return keyring().open(b64decode(wrapped), context, context, text).decode()


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
    return {person.key: person for person in _persons("key", sorted(keys))}


def _persons(column: str, values: Sequence[int | bytes]) -> Iterator[PersonKey]:
    for start in range(0, len(values), MAX_QUERY_VALUES):
        rows = Person.objects.filter(**{f"{column}__in": values[start : start + MAX_QUERY_VALUES]})
        for key, digest, wrapped in rows.values_list("key", "digest", "wrapped"):
            yield PersonKey(key, bytes(digest), bytes(wrapped))


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
