"""Creates users, keys and `first-run.json`, once for a fresh installation."""

import json
import os
import secrets
from typing import NotRequired, TypedDict

from django.conf import settings

from monitoring.db.transactions import transactional
from monitoring.events.internal import Actor
from monitoring.people.models import ApiKey, User
from monitoring.people.users import make_api_key, make_roles, make_user
from monitoring.recording.changes import record_change
from sbdash import commands
from sbdash.listening import url_of

OWNER = "demo-owner-01"
ACTOR = Actor("command", name="first_run")
USERS = {"ops": "", "admin": "", "owner": OWNER}
PURPOSES = {"ops": "the dashboards", "admin": "users, keys and prices", "owner": "one person's own sessions"}
"""The purpose of each log-in of the first run."""


class LogIn(TypedDict):
    username: str
    password: str
    owner_id: NotRequired[str]


class FirstRun(TypedDict):
    """The content of `first-run.json`."""

    url: str
    ingest_key: str
    read_key: str
    admin_key: str
    users: dict[str, LogIn]


class Command(commands.Command):
    help = "Create an operations, an administrator and an owner user and three keys, unless there are users already."

    def handle(self, **options: object) -> None:
        first_run, fresh = read_file(), not User.objects.exists()
        if fresh:
            first_run = create()
        self.stdout.write("\n".join(said(first_run, fresh)))


def said(first_run: FirstRun | None, fresh: bool) -> list[str]:
    """The address to open, and the file with log-ins and keys. After a fresh installation also the purpose of each
    log-in, and the key for events."""
    lines = [f"Open {address()}    (Ctrl-C stops sbdash)"]
    if first_run is None:
        return lines
    kept = f"Log-ins and keys are saved in {settings.FIRST_RUN_FILE}"
    if not fresh:
        return [*lines, kept]
    users = [
        f"  {user['username']:<7} {user['password']}    {PURPOSES.get(name, '')}"
        for name, user in first_run["users"].items()
    ]
    return [*lines, "Log in as", *users, f"Send events with the key {first_run['ingest_key']}", kept]


def read_file() -> FirstRun | None:
    """Returns the file of an earlier run, with the current address, which may have changed; None if there is none."""
    try:
        first_run: FirstRun = json.loads(settings.FIRST_RUN_FILE.read_text())
    except (OSError, ValueError):
        return None
    if first_run["url"] != address():
        first_run["url"] = address()
        write_file(first_run)
    return first_run


@transactional
def create() -> FirstRun:
    """Create roles, users, keys and their journal entries in one transaction, and write the file within it."""
    for group in make_roles():
        record_change(ACTOR, group, None)
    users = dict[str, LogIn]()
    for role, owner_id in USERS.items():
        users[role] = {"username": role, "password": secrets.token_urlsafe(12)}
        record_change(ACTOR, make_user(role, users[role]["password"], role, owner_id), None)
        if owner_id:
            users[role]["owner_id"] = owner_id
    first_run: FirstRun = {
        "url": address(),
        "ingest_key": make_api_key("first run: ingest", "ingest"),
        "read_key": make_api_key("first run: read", "read"),
        "admin_key": make_api_key("first run: admin", "admin"),
        "users": users,
    }
    for key in ApiKey.objects.filter(name__startswith="first run: ").order_by("key"):
        record_change(ACTOR, key, None)
    write_file(first_run)
    return first_run


def address() -> str:
    return url_of(settings.HOST, settings.PORT)


def write_file(first_run: FirstRun) -> None:
    """Write atomically (a temporary file, renamed), readable by the file's owner alone."""
    temporary = settings.FIRST_RUN_FILE.with_suffix(".new")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(first_run, file, indent=2)
    os.replace(temporary, settings.FIRST_RUN_FILE)
