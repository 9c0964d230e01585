"""This process's door: the protocols it speaks, the gate before them, and the writer behind."""

from functools import cache

from django.conf import settings

from monitoring.db.transactions import reconnect_on_error
from monitoring.ingest.batch import Protocol
from monitoring.ingest.body import MemoryBudget
from monitoring.ingest.http.app import IngestApp
from monitoring.ingest.http.auth import Authenticator, Key
from monitoring.ingest.ignored import IgnoredCounters
from monitoring.ingest.protocols.cloudevents import CloudEvents
from monitoring.ingest.protocols.loki import Loki
from monitoring.ingest.protocols.otlp import Otlp
from monitoring.ingest.source_state import keep_ignored
from monitoring.people import store as people
from monitoring.recording.record import commit
from monitoring.recording.writer import Writer


@reconnect_on_error
def find_key(secret: str) -> Key | None:
    """An API key as the door knows it."""
    people.keyring()  # opened here, in a thread: the loop that reads lines may not wait for a file
    found = people.find_api_key(secret)
    return Key(found.name, frozenset(found.scopes.split()), found.rate, found.burst) if found else None


@cache
def the_ignored_counters() -> IgnoredCounters:
    """What this process saw and did not keep."""
    return IgnoredCounters(reconnect_on_error(keep_ignored))


@cache
def the_ingest_app() -> IngestApp:
    """This process's door, with the writer behind it; whoever composes the river starts the writer. There is room for
    the largest body in any case, whatever the setting says."""
    writer = Writer(commit, settings.INGEST_QUEUE_EVENTS, settings.INGEST_QUEUE_BYTES)
    protocols: dict[str, Protocol] = {
        "/api/v1/events": CloudEvents(),
        "/loki/api/v1/push": Loki(people.keyed_hash),
        "/v1/traces": Otlp(),
    }
    room = MemoryBudget(max(settings.INGEST_BODIES_BYTES, *(protocol.most_bytes for protocol in protocols.values())))
    return IngestApp(writer, Authenticator(find_key), protocols, the_ignored_counters().see, room)
