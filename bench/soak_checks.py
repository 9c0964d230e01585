"""The checks after a soak: nothing lost, nothing doubled, the journal verifies, a rebuild makes the same rows, and
every page shows what REST says."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from bench.cluster import Cluster
from bench.soak_load import PREFIX, SIZE, Load

STATS = ("session", "message", "vote", "bucket", "operation", "ownerday")
TABLES = (*(f"stats_{name}" for name in STATS), "security_securityevent")
MOST_SHOWN = 5
STEP = 50_000


def entries(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """Source and id of every entry, in order."""
    with psycopg.connect(cluster.settings["DATABASE_URL"]) as line, line.cursor("entries") as rows:
        rows.itersize = STEP
        rows.execute("SELECT body FROM journal_entry ORDER BY position")
        for (body,) in rows:
            said = json.loads(bytes(body))
            yield said["source"], said["id"]


def journal(cluster: Cluster, load: Load) -> tuple[int, list[str]]:
    """The number of entries that the senders made, and the faults: lost, doubled, never sent."""
    there = Counter(id for source, id in entries(cluster) if source == "bench")
    acknowledged = {f"{PREFIX}{p.sender}-{p.number}-{index}" for p in load.posts for index in range(SIZE)}
    found = list[str]()
    if missing := sorted(acknowledged - there.keys()):
        found.append(f"{len(missing)} acknowledged events are missing: {missing[:MOST_SHOWN]}")
    if doubled := sorted(id for id, count in there.items() if count > 1):
        found.append(f"{len(doubled)} events are there more than once: {doubled[:MOST_SHOWN]}")
    if strange := sorted(id for id in there.keys() - acknowledged if not _begun(id, load)):
        found.append(f"{len(strange)} events are there that nobody sent: {strange[:MOST_SHOWN]}")
    return there.total(), found


def _begun(id: str, load: Load) -> bool:
    sender, number, _ = id.removeprefix(PREFIX).split("-")
    return int(number) < load.begun[int(sender)]


def rebuilt(cluster: Cluster) -> tuple[int, list[str]]:
    """The number of rows of statistics, and those that differ after the journal was verified and read again.

    The workers must not run: this is a comparison of what they made."""
    found, rows = list[str](), 0
    with psycopg.connect(cluster.settings["DATABASE_URL"], autocommit=True) as line:
        for table in TABLES:
            line.execute(f"CREATE UNLOGGED TABLE before_{table} AS TABLE {table}")
            rows += line.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
    for command in ("verify_journal", "rebuild"):
        try:
            cluster.manage(command)
        except RuntimeError as error:
            found.append(str(error))
    with psycopg.connect(cluster.settings["DATABASE_URL"]) as line:
        for table in TABLES:
            found += _differing(line, table)
    return rows, found


def _differing(line: "psycopg.Connection[Any]", table: str) -> Iterator[str]:
    """One line for each row that differs, the first ones."""
    columns = [name for (name,) in line.execute(_COLUMNS, (table,)).fetchall()]
    words = f"""SELECT to_jsonb(a), to_jsonb(b) FROM before_{table} a FULL JOIN {table} b USING (key)
        WHERE ({_of("a", columns)}) IS DISTINCT FROM ({_of("b", columns)})"""
    wrong = line.execute(f"{words} LIMIT {MOST_SHOWN}").fetchall()
    for before, after in wrong:
        names = [name for name in columns if (before or {}).get(name) != (after or {}).get(name)]
        shown = ", ".join(f"{name} {(before or {}).get(name)!r} became {(after or {}).get(name)!r}" for name in names)
        yield f"{table} {(before or after)['key']}: {shown[:600]}"
    if len(wrong) == MOST_SHOWN:
        yield f"{table}: {line.execute(f'SELECT count(*) FROM ({words}) x').fetchall()[0][0]} rows differ in all"


def _of(table: str, columns: Sequence[str]) -> str:
    return ", ".join(f"{table}.{name}" for name in columns)


_COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position"


def pages(cluster: Cluster, seen: Sequence[dict[str, Any]], position: int) -> tuple[int, list[str]]:
    """The number of pages that were compared with REST, and their differences."""
    behind = [page for page in seen if page["position"] != position]
    found = [f"{len(behind)} pages do not show position {position}: {_brief(behind[0])}"] if behind else []
    sampled = [page for page in seen if "last" in page]
    for page in sampled:
        compare = _session if page["topic"].startswith("session/") else _overview
        found += [f"{_brief(page)}: {words}" for words in compare(cluster, page)][:MOST_SHOWN]
    return len(sampled), found


def _brief(page: dict[str, Any]) -> str:
    return f"web-{page['web'] + 1} {page['topic']} at {page['position']}"


def _session(cluster: Cluster, page: dict[str, Any]) -> Iterator[str]:
    """The head's figures and the newest messages."""
    name = page["topic"].removeprefix("session/")
    status, figures = cluster.get(f"/api/v1/sessions/{name}/statistics", "web-2")
    shown = page["last"].get("session") or {}
    if status != 200:
        yield f"REST answers {status}"
        return
    for figure, value in figures.items():
        if figure in shown and shown[figure] != value:
            yield f"{figure} is {shown[figure]!r} on the page and {value!r} by REST"
    _, told = cluster.get(f"/api/v1/sessions/{name}/messages?limit=300", "web-1")
    held = {row["id"]: row for row in page["rows"]}
    wrong = [row["id"] for row in told["messages"] if held.get(row["id"]) != row]
    if wrong:
        first = next(row for row in told["messages"] if row["id"] == wrong[0])
        yield f"{len(wrong)} messages are others on the page: {held.get(wrong[0])} and by REST {first}"


def _overview(cluster: Cluster, page: dict[str, Any]) -> Iterator[str]:
    """The busiest sessions' figures."""
    for row in page["last"].get("sessions", ()):
        _, figures = cluster.get(f"/api/v1/sessions/{row['id']}/statistics", "web-1")
        for shown, name in (("messages", "message_count"), ("tokens", "total_tokens"), ("cost", "total_cost")):
            if row[shown] != figures[name]:
                yield f"{row['id']}: {shown} is {row[shown]} on the page and {figures[name]} by REST"
