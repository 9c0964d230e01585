"""What a version before kept in clear of ids and names that look personal is redacted by a migration."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from monitoring.events.redaction import is_stand_in
from monitoring.ingest.follow.follow_state import StoredState
from monitoring.ingest.follow.store import FollowerStore
from monitoring.ingest.models import ForeignName, Place, Sighting
from monitoring.ingest.source_state import remember
from monitoring.recording.record import kept_id

pytestmark = pytest.mark.django_db


def test_answers_that_the_follower_awaits_are_kept_unreadable() -> None:
    pending = '{"7": {"session_id": "alice@example.org"}}'
    side, state = FollowerStore("here", 1), StoredState(done=["x"], open=pending)
    assert side.save_state(state, 1)
    assert "alice" not in Place.objects.get(name="mongodb here").state
    assert side.load_state() == state
    before = {"token": "null", "after": "{}", "done": ["x"], "polled": {}, "open": pending}
    remember("mongodb here", before, 1)
    assert side.load_state() == state, "as a version before kept it"


def test_names_that_were_kept_in_clear_are_redacted() -> None:
    Place.objects.create(name="consistency", state='{"found": ["alice@example.org"]}')
    for key, name in enumerate(["10.0.0.7", "color"]):
        Sighting.objects.create(key=key, source="otlp", kind="attribute", name=name, count=1, first=0, last=0)
    for key, name in enumerate(["alice@example.org", "session-1"]):
        ForeignName.objects.create(key=key, place="here", oid=b"%d" % key, name=name)
    migration = import_module("monitoring.ingest.migrations.0003_redacted_names")
    migration.redact(apps, SimpleNamespace(connection=connection))
    first, second = ForeignName.objects.order_by("key").values_list("name", flat=True)
    assert is_stand_in(first)
    assert first == kept_id("alice@example.org")
    assert second == "session-1"
    assert list(Sighting.objects.values_list("name", flat=True)) == ["color"]
    assert not Place.objects.exists()
