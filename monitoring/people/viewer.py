"""Who is looking: small and pure, so that the gate can be tested without a database. Pure."""

from dataclasses import dataclass

OPS, ADMIN, PRIVACY, OWNER = "ops", "admin", "privacy", "owner"
ROLES = (OPS, ADMIN, PRIVACY, OWNER)


@dataclass(frozen=True, slots=True)
class Viewer:
    """`person` is the key of the person whose sessions are theirs, None when they own none."""

    name: str
    roles: frozenset[str] = frozenset()
    person: int | None = None

    @property
    def sees_all(self) -> bool:
        """Whether every session is open to them, pseudonymously."""
        return bool(self.roles & {OPS, ADMIN})

    def may_see(self, person: int | None) -> bool:
        """Whether what belongs to this person is open to them; `visible_to` says the same of many rows."""
        return self.sees_all or (person is not None and person == self.person)

    @property
    def is_admin(self) -> bool:
        return ADMIN in self.roles


NOBODY = Viewer("nobody")
