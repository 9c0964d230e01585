"""Decides which user may subscribe to which topic. The hub checks it again while a socket is open."""

import re
from collections.abc import Collection, Iterable, Mapping

from django.contrib.sessions.models import Session as LogIn
from django.utils import timezone

from monitoring.live.hub import TOO_SLOW
from monitoring.live.subscriber import Login, Subscription
from monitoring.live.topics import MINE, OWN, SESSION, STAFF, Topic, is_private, own_topic, session_of
from monitoring.people.store import plain
from monitoring.people.users import viewers_of
from monitoring.people.viewer import NOBODY, Viewer
from monitoring.stats.reader import owners_of

MAX_QUERY_SUBSCRIPTIONS = 500
LOGGED_OUT, FORBIDDEN = 4401, 4403
"""WebSocket close codes."""


def decode_position(person: int | None, opaque_position: str) -> int | None:
    """The position that was sealed for this person; None for a text that was not."""
    match = re.fullmatch(r"[0-9a-f]{8} ([0-9]{1,18})", plain(person, opaque_position) or "")
    return int(match[1]) if match else None


def viewers_of_logins(logins: Collection[Login]) -> dict[Login, Viewer]:
    """The current viewer of each log-in, in a constant number of queries. NOBODY if the log-in has ended, or its user
    is deleted, inactive, or has changed the password."""
    keys = [login.session_key for login in logins]
    valid = LogIn.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    valid_keys = set(valid.values_list("session_key", flat=True))
    viewers = viewers_of({(login.user, login.auth_hash) for login in logins})
    return {
        login: viewers[login.user, login.auth_hash] if login.session_key in valid_keys else NOBODY for login in logins
    }


def resolve_topic(viewer: Viewer, topic: Topic) -> Topic:
    """The topic with this viewer's person in `mine`, and an owner's session as the owner sees it."""
    if topic[0] == MINE:
        return own_topic(viewer.person), topic[1]
    return (topic[0], OWN) if topic[0].startswith(SESSION) and not viewer.sees_all else topic


def close_code(viewer: Viewer, topic: Topic | None, owners: Mapping[str, int | None]) -> int:
    """The close code for a subscription, 0 if it is allowed. `owners` maps a session's id to its owner."""
    if viewer is NOBODY:
        return LOGGED_OUT
    if topic is None:
        return 0
    if topic[0] in STAFF:
        return 0 if viewer.sees_all else FORBIDDEN
    if topic[0].startswith(f"{MINE}/"):
        return 0 if topic[0] == own_topic(viewer.person) else TOO_SLOW  # the page reconnects, and gets its own topic
    name = session_of(topic)
    if not viewer.sees_all and not (name in owners and viewer.may_see(owners[name])):
        return FORBIDDEN
    return 0 if viewer.sees_all == (topic[1] != OWN) else TOO_SLOW  # the role has changed, and with it the content


def authorize(login: Login, topic: Topic, after: int | str | None) -> tuple[Topic, int | None, int]:
    """Returns the resolved topic, the position to continue from, and the close code (0: allowed).

    Owners have opaque positions, staff have numbers. A position of the other kind counts as None: a snapshot is sent.
    """
    viewer = viewers_of_logins([login])[login]
    resolved = resolve_topic(viewer, topic)
    if is_private(resolved):
        since = decode_position(viewer.person, after) if isinstance(after, str) else None
    else:
        since = after if isinstance(after, int) else None
    return resolved, since, close_code(viewer, resolved, owners_of({session_of(resolved)} - {""}))


def close_codes(subscriptions: Iterable[Subscription]) -> dict[Subscription, int]:
    """The close codes of the subscriptions that are no longer allowed. The number of queries is the same for one
    subscription and for MAX_QUERY_SUBSCRIPTIONS."""
    remaining, codes = list(subscriptions), dict[Subscription, int]()
    for start in range(0, len(remaining), MAX_QUERY_SUBSCRIPTIONS):
        batch = remaining[start : start + MAX_QUERY_SUBSCRIPTIONS]
        viewers = viewers_of_logins({login for login, _ in batch})
        owners = owners_of({session_of(topic) for _, topic in batch if topic} - {""})
        codes |= {(login, topic): close_code(viewers[login], topic, owners) for login, topic in batch}
    return {subscription: code for subscription, code in codes.items() if code}
