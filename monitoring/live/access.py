"""Who may watch which topic, asked again while they watch."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.contrib.sessions.models import Session as LogIn
from django.utils import timezone

from monitoring.live.hub import TOO_SLOW, Seat
from monitoring.live.topics import MINE, OWN, SESSION, STAFF, Topic, is_private, owned, session_of
from monitoring.people.store import plain, viewers_of
from monitoring.people.viewer import NOBODY, Viewer
from monitoring.stats.reader import owners_of

IN_ONE_QUERY = 500
LOGGED_OUT, FORBIDDEN = 4401, 4403
"""Codes with which a socket is closed."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who opened a socket: a log-in's key, a user's, and the hash of the password that it was opened with."""

    session_key: str
    user: int
    auth_hash: str


def position_of(person: int | None, word: str) -> int | None:
    """The position behind an owner's word for it; None where it is not theirs."""
    found = re.fullmatch(r"[0-9a-f]{8} ([0-9]{1,18})", plain(person, word) or "")
    return int(found[1]) if found else None


def viewers_behind(logins: Collection[Login]) -> dict[Login, Viewer]:
    """Who log-ins are right now, in a few questions, however many: nobody once one has ended, its user is gone or
    barred, or has another password."""
    keys = [login.session_key for login in logins]
    running = LogIn.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    there = set(running.values_list("session_key", flat=True))
    viewers = viewers_of({(login.user, login.auth_hash) for login in logins})
    return {login: viewers[login.user, login.auth_hash] if login.session_key in there else NOBODY for login in logins}


def scoped(viewer: Viewer, topic: Topic) -> Topic:
    """What is meant by a topic that this viewer asks for."""
    if topic[0] == MINE:
        return owned(viewer.person), topic[1]
    return (topic[0], OWN) if topic[0].startswith(SESSION) and not viewer.sees_all else topic


def refusal(viewer: Viewer, topic: Topic | None, owners: Mapping[str, int | None]) -> int:
    """The code with which a socket is closed, 0 when it may stay; `owners` are whose the sessions are, by id."""
    if viewer is NOBODY:
        return LOGGED_OUT
    if topic is None:
        return 0
    if topic[0] in STAFF:
        return 0 if viewer.sees_all else FORBIDDEN
    if topic[0].startswith(f"{MINE}/"):
        return 0 if topic[0] == owned(viewer.person) else TOO_SLOW  # the page comes back, and gets its own
    name = session_of(topic)
    if not viewer.sees_all and not (name in owners and viewer.may_see(owners[name])):
        return FORBIDDEN
    return 0 if viewer.sees_all == (topic[1] != OWN) else TOO_SLOW  # what they may see of it has changed


def admitted(login: Login, topic: Topic, after: int | str | None) -> tuple[Topic, int | None, int]:
    """The topic, with whose sessions it is about; the position to go on from; and the code of a refusal.

    A position that is not of the kind that this viewer is given is none: they get a snapshot.
    """
    viewer = viewers_behind([login])[login]
    meant = scoped(viewer, topic)
    if is_private(meant):
        since = position_of(viewer.person, after) if isinstance(after, str) else None
    else:
        since = after if isinstance(after, int) else None
    return meant, since, refusal(viewer, meant, owners_of({session_of(meant)} - {""}))


def refused(asked: Iterable[Seat]) -> dict[Seat, int]:
    """The close codes of those who may not watch any more, in as few questions for hundreds as for one."""
    wanted, codes = list(asked), dict[Seat, int]()
    for start in range(0, len(wanted), IN_ONE_QUERY):
        some = wanted[start : start + IN_ONE_QUERY]
        viewers = viewers_behind({login for login, _ in some})
        owners = owners_of({session_of(topic) for _, topic in some if topic} - {""})
        codes |= {(login, topic): refusal(viewers[login], topic, owners) for login, topic in some}
    return {seat: code for seat, code in codes.items() if code}
