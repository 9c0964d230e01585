"""The most active sessions are those with the most messages in the hour, whoever spoke later."""

import random
from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitoring.events.ids import short
from monitoring.stats import models
from monitoring.stats.reader import SESSIONS_PER_QUERY, busiest, sessions_of

pytestmark = pytest.mark.django_db
SECOND = 1_000_000
NOW = 1_790_000_000 * SECOND
SINCE, SHOWN = NOW - 3_600 * SECOND, 8


def keep(talks: dict[str, list[int]]) -> None:
    """Sessions and their messages, at so many seconds from NOW."""
    sessions, messages = [], []
    for key, (name, seconds) in enumerate(talks.items(), 1):
        times = sorted(NOW + second * SECOND for second in seconds)
        known: dict[str, Any] = {"message_count": len(times), "first_at": times[0], "last_at": times[-1], "position": 1}
        sessions.append(models.Session(key=key, digest=short(name), session_id=name, detail=b"{}", **known))
        for at in times:
            id = f"{name}-{len(messages)}"
            place = {"key": len(messages) + 1, "digest": short(id), "message_id": id, "position": 1}
            messages.append(models.Message(session=key, at=at, role="user", **place))
    models.Session.objects.bulk_create(sessions)
    models.Message.objects.bulk_create(messages)


def shown() -> list[tuple[str, int]]:
    found = busiest(SINCE, NOW, SHOWN)
    rows = sessions_of([key for key, _ in found])
    return [(rows[key].session_id, spoke) for key, spoke in found]


def test_messages_before_the_hour_and_after_now_do_not_count_and_nobody_is_left_out() -> None:
    """A session of yesterday with one fresh message does not lead; 206 that spoke later hide nobody."""
    quiet = {f"quiet-{n}": [-n / 10] for n in range(206)}
    keep(
        {"yesterday": [*range(-90_000, -89_700), -5]}
        | quiet
        | {"busy": list(range(-3_500, -3_450)), "ahead": [-10, -9, *range(60, 90)], "over": [-3_601] * 20}
    )
    assert shown() == [("busy", 50), ("ahead", 2), ("yesterday", 1), *[(f"quiet-{n}", 1) for n in range(5)]]


@pytest.mark.parametrize("seed", range(5))
def test_the_list_equals_a_recount_of_all_messages(seed: int) -> None:
    chance = random.Random(seed)
    talks = {f"s{n}": [chance.uniform(-9_000, 300) for _ in range(chance.randrange(1, 30))] for n in range(60)}
    keep(talks)
    counted = Counter({name: sum(-3_600 <= at <= 0 for at in times) for name, times in talks.items()})
    keys = {name: key for key, name in enumerate(talks)}
    order = sorted(counted, key=lambda name: (-counted[name], keys[name]))
    assert shown() == [(name, counted[name]) for name in order[:SHOWN]]


def test_a_time_that_is_past_has_its_own_and_a_long_one_too() -> None:
    then = [-20 * 86_400 + second for second in range(50)]
    keep({"then": then, "both": [*then[:5], -3], "long": [-40 * 86_400, *range(-300, 0)], "later": [-9]})
    for since, until, wanted in (
        (-20 * 86_400, -20 * 86_400 + 3_600, [("then", 50), ("both", 5)]),
        (-28 * 86_400, 0, [("long", 300), ("then", 50), ("both", 6), ("later", 1)]),
    ):
        found = busiest(NOW + since * SECOND, NOW + until * SECOND, SHOWN)
        rows = sessions_of([key for key, _ in found])
        named = [(rows[key].session_id, spoke) for key, spoke in found if spoke]
        assert named == wanted


def test_it_asks_no_more_questions_than_the_hour_needs() -> None:
    """One for recent sessions, one per SESSIONS_PER_QUERY older ones that could be first, one for the rows shown."""
    long = {f"long-{n}": [-9_000, -8_000, -n / 1_000] for n in range(SESSIONS_PER_QUERY + 300)}
    old = {f"old-{n}": [-9_000] * 5 for n in range(300)}
    keep(long | old | {f"fresh-{n}": [-9, -8, -7, -6] for n in range(SHOWN)})
    with CaptureQueriesContext(connection) as asked:
        assert {name for name, _ in shown()} == {f"fresh-{n}" for n in range(SHOWN)}
    assert len(asked.captured_queries) == 2
    models.Session.objects.filter(session_id__startswith="fresh").delete()
    with CaptureQueriesContext(connection) as asked:
        assert len(shown()) == SHOWN
    assert len(asked.captured_queries) == 4
