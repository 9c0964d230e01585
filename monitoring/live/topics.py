"""The topics that a socket can subscribe to. Pure."""

from time import time

from monitoring.stats.window import SPANS, Window, window

OVERVIEW, USAGE, RESPONSES, OPERATIONS, ALERTS, MINE, SESSION = (
    "overview",
    "usage",
    "responses",
    "operations",
    "alerts",
    "mine",
    "session/",
)
TOPICS = (OVERVIEW, USAGE, RESPONSES, OPERATIONS, ALERTS, MINE, SESSION)
"""A name that ends with a slash is followed by an id."""
STAFF = frozenset({OVERVIEW, USAGE, RESPONSES, OPERATIONS, ALERTS})
DEFAULTS = {OVERVIEW: "1h", USAGE: "28d", RESPONSES: "7d", OPERATIONS: "7d", MINE: "28d"}
"""The topics that show a time, each with the window that it has without a choice."""
LONG_RANGES = frozenset({"28d", "90d"})
REPORT_INTERVAL, FRAME_INTERVAL = 2.0, 0.175
"""Seconds between two frames of a topic: of a report, of a long or fixed time; and of the others."""

Topic = tuple[str, str]
"""A topic's name and its window string (`stats.window`), with COMPARED after it if it is compared with an earlier time.
`mine/PERSON` is the topic `mine` of one person. The window of a session's topic is OWN for its owner, who sees less of
it than staff."""
OWN, COMPARED = "own", " compared"


def topic_of(name: str, range: str | None, compare: bool) -> Topic | None:
    """The topic of this name and window string; None if there is none. `mine` still lacks the person of the log-in."""
    if name == ALERTS or name.startswith(SESSION):
        return name, ""
    default = DEFAULTS.get(name)
    found = None if default is None else window(default if range is None else range)
    return None if found is None else (name, f"{found.name}{COMPARED if compare else ''}")


def window_of(topic: Topic) -> Window:
    """The window of a topic that shows a time."""
    found = window(topic[1].removesuffix(COMPARED))
    assert found is not None, topic
    return found


def is_compared(topic: Topic) -> bool:
    return topic[1].endswith(COMPARED)


def ended_window(topic: Topic, now: float) -> Window | None:
    """The window of a topic that shows nothing but a time that has ended: its frames change only with late events."""
    if topic[0] not in (OVERVIEW, USAGE, RESPONSES):
        return None
    found = window(topic[1].removesuffix(COMPARED))
    return found if found and found.is_past(now) else None


def frame_interval(topic: Topic) -> float:
    """The shortest time between two frames of a topic, s."""
    if topic[0].startswith(SESSION):
        return FRAME_INTERVAL
    if topic[0] == OVERVIEW and topic[1].removesuffix(COMPARED) in SPANS.keys() - LONG_RANGES:
        return FRAME_INTERVAL
    return REPORT_INTERVAL


def is_clocked(topic: Topic) -> bool:
    """Returns whether a topic's frames follow the clock alone: alerts change after the statistics, not with them."""
    return topic[0] == ALERTS


def own_topic(person: int | None) -> str:
    """The topic of one person's own sessions. `person` is None for a user who owns no session."""
    return f"{MINE}/{'' if person is None else person}"


def session_of(topic: Topic) -> str:
    """The id of a session topic's session, empty for other topics."""
    return topic[0].removeprefix(SESSION) if topic[0].startswith(SESSION) else ""


def is_private(topic: Topic) -> bool:
    """Returns whether the topic is an owner's: its frames follow only the owner's changes, and reveal no other's."""
    return topic[0].startswith(f"{MINE}/") or topic[1] == OWN


def is_session_scoped(topic: Topic) -> bool:
    """Returns whether the topic changes with one session, or one person's sessions, and not with every event."""
    return topic[0].startswith((SESSION, f"{MINE}/"))


def is_scoped(topic: Topic) -> bool:
    """Returns whether only some events change the topic: those of a session, of a person, or of a time that has
    ended."""
    return is_session_scoped(topic) or ended_window(topic, time()) is not None


def person_of(topic: Topic) -> int | None:
    """The person of a topic `mine/PERSON`, None if it has none."""
    person = topic[0].partition("/")[2]
    return int(person) if person else None
