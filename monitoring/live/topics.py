"""What a socket can watch. Pure."""

OVERVIEW, USAGE, RESPONSES, OPERATIONS, MINE, SESSION = (
    "overview",
    "usage",
    "responses",
    "operations",
    "mine",
    "session/",
)
TOPICS = (OVERVIEW, USAGE, RESPONSES, OPERATIONS, MINE, SESSION)
"""A name that ends with a stroke is followed by an id."""
STAFF = frozenset({OVERVIEW, USAGE, RESPONSES, OPERATIONS})
DAYS = {"7d": 7, "28d": 28, "90d": 90}
"""Windows of the reports, in UTC days."""
REPORTED = frozenset({USAGE, RESPONSES, MINE})
UNHURRIED, HURRIED = 2.0, 0.175
"""Seconds between two frames of a topic: of a report over many days, and of the others."""

Topic = tuple[str, str]
"""What is watched, and over which window; `mine/PERSON` is what `mine` is for one person. A session is watched with OWN
in the window's place by its owner, who does not see what staff see of it."""
OWN = "own"


def pace(topic: Topic) -> float:
    """Seconds at least between two frames of a topic."""
    return UNHURRIED if topic[0].partition("/")[0] in REPORTED or topic[0] == OPERATIONS else HURRIED


def owned(person: int | None) -> str:
    """The topic of one person's own sessions; of nobody's while no session is theirs."""
    return f"{MINE}/{'' if person is None else person}"


def session_of(topic: Topic) -> str:
    """The id of the session that a topic is about; empty for the others."""
    return topic[0].removeprefix(SESSION) if topic[0].startswith(SESSION) else ""


def is_private(topic: Topic) -> bool:
    """Whether it is watched by an owner: told only of their own changes, and nothing of anybody else's."""
    return topic[0].startswith(f"{MINE}/") or topic[1] == OWN


def of_some_sessions(topic: Topic) -> bool:
    """Whether it moves with one session, or with one person's, and not with every event."""
    return topic[0].startswith((SESSION, f"{MINE}/"))


def owner(topic: Topic) -> int | None:
    """Whose sessions a topic of `owned` is about; None where no session is theirs."""
    person = topic[0].partition("/")[2]
    return int(person) if person else None
