"""The readers of an owner's sessions, the name under which they see the owner, and the retention of figures."""

from django.conf import settings

from monitoring.people.pseudonym import pseudonym
from monitoring.people.users import readers
from monitoring.people.viewer import Viewer


def seen_by(viewer: Viewer) -> dict[str, object]:
    """The template context: numbers of people and programs, the owner's pseudonym (empty without sessions), days."""
    found = readers()
    return {
        "ops": found.ops,
        "admins": found.admins,
        "programs": found.programs,
        "pseudonym": "" if viewer.person is None else pseudonym(viewer.person),
        "days": settings.STATISTICS_RETENTION_DAYS,
    }
