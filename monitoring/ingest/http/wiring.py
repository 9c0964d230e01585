"""Composes this process's ingest application: protocols, authenticator and journal writer."""

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
from monitoring.ingest.source_state import save_ignored
from monitoring.people import store as people
from monitoring.people.users import find_api_key
from monitoring.recording.record import commit
from monitoring.recording.writer import Writer


@reconnect_on_error
def find_key(secret: str) -> Key | None:
    """Returns the API key of a secret, None if it is unknown or revoked."""
    people.keyring()  # reads a file: loaded in this thread, so that the event loop does not wait for it later
    key = find_api_key(secret)
    return Key(key.name, frozenset(key.scopes.split()), key.rate, key.burst) if key else None


@cache
def the_ignored_counters() -> IgnoredCounters:
    """Returns this process's counters of ignored input."""
    return IgnoredCounters(reconnect_on_error(save_ignored))


@cache
def the_ingest_app() -> IngestApp:
    """Returns this process's ingest application. `Runtime` starts its writer. The memory budget holds at least one body
    of the largest size, also where INGEST_BODIES_BYTES is smaller."""
    writer = Writer(commit, settings.INGEST_QUEUE_EVENTS, settings.INGEST_QUEUE_BYTES)
    protocols: dict[str, Protocol] = {
        "/api/v1/events": CloudEvents(),
        "/loki/api/v1/push": Loki(people.keyed_hash),
        "/v1/traces": Otlp(),
    }
    budget = MemoryBudget(max(settings.INGEST_BODIES_BYTES, *(protocol.max_bytes for protocol in protocols.values())))
    return IngestApp(writer, Authenticator(find_key), protocols, the_ignored_counters().count, budget)
