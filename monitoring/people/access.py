"""The gate: `visible_to` is the only way to rows that belong to somebody."""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from monitoring.people.viewer import Viewer

M = TypeVar("M", bound=Model)


def visible_to(viewer: Viewer, rows: "QuerySet[M, Any]", owner: str = "person") -> "QuerySet[M, Any]":
    """The rows that this viewer may see; `owner` names the column with the key of the person they belong to."""
    if viewer.sees_all:
        return rows
    if viewer.person is None:
        return rows.none()
    return rows.filter(**{owner: viewer.person})
