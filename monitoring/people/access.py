"""Access control: `visible_to` filters rows that belong to persons. Every query of such rows goes through it."""

from typing import TypeVar

from django.db.models import Model, QuerySet

from monitoring.people.viewer import Viewer

M = TypeVar("M", bound=Model)


def visible_to(viewer: Viewer, rows: "QuerySet[M]", owner: str = "person") -> "QuerySet[M]":
    """Returns the rows that the viewer may see. `owner` names the column with the key of the person who owns a row."""
    if viewer.sees_all:
        return rows
    if viewer.person is None:
        return rows.none()
    return rows.filter(**{owner: viewer.person})
