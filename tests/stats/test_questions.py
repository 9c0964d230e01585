"""How often a batch of the statistics asks its database: as often for many late messages as for few."""

import ast
from collections.abc import Callable

import pytest
from running import Server

COUNTING = """
import json, sqlite3
from datetime import UTC, datetime, timedelta
import psycopg, pymongo.monitoring
from django.db import connection
asked = []
class Listener(pymongo.monitoring.CommandListener):
    def started(self, event): asked.append(event.command_name)
    def succeeded(self, event): pass
    def failed(self, event): pass
pymongo.monitoring.register(Listener())
def counted(known):
    def count(*args, **kwargs):
        asked.append("sql")
        return known(*args, **kwargs)
    return count
for name in ("execute", "executemany", "copy"):
    setattr(psycopg.Cursor, name, counted(getattr(psycopg.Cursor, name)))
connection.ensure_connection()
if connection.vendor == "sqlite":
    connection.connection.set_trace_callback(asked.append)
from monitoring.events.envelope import Event, parse_all
from monitoring.recording.record import commit
from monitoring.pipeline.advance import advance
from monitoring.stats.stage import Stats
NOW = datetime.now(UTC).replace(microsecond=0)
def said(id, session, ago, role="user"):
    data = {"message_id": id, "session_id": session, "role": role, "status": "completed"}
    at = (NOW - timedelta(seconds=ago)).isoformat()
    known = {"specversion": "1.0", "type": "message", "source": "/q", "id": f"{id} {session} {ago}", "time": at}
    return json.dumps(known | {"data": data}).encode()
def questions(*messages):
    commit([one for one in parse_all(list(messages), NOW) if isinstance(one, Event)])
    asked.clear()
    advance(Stats())
    return len(asked)
def every(name, number):
    first = [said(f"{name}{n}-{m}", f"{name}{n}", 4000 - m) for n in range(number) for m in (0, 9)]
    first += [said(f"{name}-long{m}", f"{name}-long", 4000 - m) for m in range(100, 100 + 25 * number)]
    first += [said(f"{name}-away{n}", f"{name}-from{n}", 5000) for n in range(number)]
    questions(*first)
    late = [said(f"{name}{n}-late", f"{name}{n}", 3995) for n in range(number)]
    in_long = [said(f"{name}-long-late{n}", f"{name}-long", 3800.5 - n / 10) for n in range(number)]
    moved = [said(f"{name}-away{n}", f"{name}{n}", 3993) for n in range(number)]
    mixed = [said(f"{name}{n}-new{m}", f"{name}{n}", 3000 - m) for n in range(number) for m in (5, 0, 7, 2)]
    return {kind: questions(*some) for kind, some in
            {"late": late, "in a long session": in_long, "moved": moved, "out of order": mixed}.items()}
print("asked", [every("warm", 1), every("few", 4), every("many", 24)][1:])
"""
"""Messages that come late, into short sessions and into one of which most is not looked at; that move to another
session; and that are behind everything that was there, and not in order among themselves."""
MOST = 35
"""Questions for a batch, on a database to which each travels."""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mongodb"])
def test_a_batch_asks_as_often_for_many_late_messages_as_for_few(copy: Callable[..., Server], kind: str) -> None:
    said = copy(kind).shell(COUNTING)
    few, many = ast.literal_eval(said.partition("asked ")[2].strip())
    assert few.keys() == many.keys()
    for what, questions in many.items():
        beyond = 15 if kind == "sqlite" else 5  # there a statement writes a hundred rows, and does not travel
        assert questions <= few[what] + beyond, (what, few, many)
        assert questions <= MOST + beyond, (what, few, many)
