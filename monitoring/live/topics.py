"""The topics that a socket can subscribe to. Pure."""

OVERVIEW, USAGE, RESPONSES, OPERATIONS, MINE, SESSION = (
    "overview",
    "usage",
    "responses",
    "operations",
    "mine",
    "session/",
)
TOPICS = (OVERVIEW, USAGE, RESPONSES, OPERATIONS, MINE, SESSION)
"""A name that ends with a slash is followed by an id."""
STAFF = frozenset({OVERVIEW, USAGE, RESPONSES, OPERATIONS})
DAYS = {"7d": 7, "28d": 28, "90d": 90}
"""Windows of the reports, in UTC days."""
REPORTED = frozenset({USAGE, RESPONSES, MINE})
REPORT_INTERVAL, FRAME_INTERVAL = 2.0, 0.175
"""Seconds between two frames of a topic: of a report over many days, and of the others."""

Topic = tuple[str, str]
"""A topic's name and its window. `mine/PERSON` is the topic `mine` of one person. The window of a session's topic is
OWN for its owner, who sees less of it than staff."""
OWN = "own"


def frame_interval(topic: Topic) -> float:
    """The shortest time between two frames of a topic, s."""
    return REPORT_INTERVAL if topic[0].partition("/")[0] in REPORTED or topic[0] == OPERATIONS else FRAME_INTERVAL


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


def person_of(topic: Topic) -> int | None:
    """The person of a topic `mine/PERSON`, None if it has none."""
    person = topic[0].partition("/")[2]
    return int(person) if person else None
