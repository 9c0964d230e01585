"""Annotations: marks that programs and people set on the time axis. Each is recorded in the journal, with its actor."""

from time import time
from uuid import uuid4

from monitoring.db.transactions import transactional
from monitoring.events.envelope import instant
from monitoring.events.internal import Actor
from monitoring.health import models
from monitoring.health.annotation import Annotation, Annotations, NewAnnotation, time_of
from monitoring.recording.changes import change, record_changes
from sbdash.fields import new_key

MAX_LISTED = 500


@transactional
def annotate(new: NewAnnotation, by: str, actor: Actor) -> Annotation:
    """Stores an annotation and its entry in the journal in one transaction. An id that is known keeps its first
    annotation. Raises Invalid."""
    now = time()
    at = time_of(new, now)
    return keep(new.id or uuid4().hex, at, new.kind, new.words, new.link or "", by, actor)


@transactional
def keep(name: str, at: int, kind: str, words: str, link: str, by: str, actor: Actor) -> Annotation:
    """Stores an annotation unless one has this name. `at` in µs since 1970."""
    values = {"at": at, "kind": kind, "words": words, "link": link}
    found = models.Annotation.objects.filter(name=name).first()
    if found:
        return _shown(found)
    row = models.Annotation.objects.create(key=new_key(), name=name, by=by, saved_at=int(time() * 1e6), **values)
    record_changes([change(actor, "annotation", name, None, values)])
    return _shown(row)


def rows(start: float, end: float, limit: int = MAX_LISTED) -> list[models.Annotation]:
    """Returns the newest annotations of [start, end] (s since 1970), in order of time."""
    found = models.Annotation.objects.filter(at__gte=int(start * 1e6), at__lte=int(end * 1e6)).order_by("-at", "-key")
    return list(found[:limit])[::-1]


def annotations(start: float, end: float) -> Annotations:
    """Returns the newest annotations of [start, end] (s since 1970), in order of time."""
    return Annotations([_shown(row) for row in rows(start, end)])


def _shown(row: models.Annotation) -> Annotation:
    return Annotation(row.name, instant(row.at), row.kind, row.words, row.link or None, row.by)
