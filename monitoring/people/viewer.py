"""The viewer of data and its roles, for access checks without a database. Pure."""

from dataclasses import dataclass

OPS, ADMIN, PRIVACY, OWNER = "ops", "admin", "privacy", "owner"
ROLES = (OPS, ADMIN, PRIVACY, OWNER)


@dataclass(frozen=True, slots=True)
class Viewer:
    """The user for whom data is shown. `person` is the key of the person who owns the user's sessions, None without
    one."""

    name: str
    roles: frozenset[str] = frozenset()
    person: int | None = None

    @property
    def sees_all(self) -> bool:
        """True if the viewer may see all sessions, with pseudonyms."""
        return bool(self.roles & {OPS, ADMIN})

    def may_see(self, person: int | None) -> bool:
        """True if the viewer may see data of this person. `visible_to` applies the same rule to rows."""
        return self.sees_all or (person is not None and person == self.person)

    @property
    def is_admin(self) -> bool:
        return ADMIN in self.roles


NOBODY = Viewer("nobody")
