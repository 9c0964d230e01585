"""Creates users, keys and `first-run.json`, once for a fresh installation."""

import json
import os
import secrets
from typing import Any

from django.conf import settings

from monitoring.db.transactions import transactional
from monitoring.events.internal import Actor
from monitoring.people.models import ApiKey, User
from monitoring.people.store import make_api_key, make_roles, make_user
from monitoring.recording.changes import record_change
from sbdash import commands
from sbdash.listening import url_of

OWNER = "demo-owner-01"
ACTOR = Actor("command", name="first_run")
USERS = {"ops": "", "admin": "", "owner": OWNER}


class Command(commands.Command):
    help = "Create an operations, an administrator and an owner user and two keys, unless there are users already."

    def handle(self, *args: Any, **options: Any) -> None:
        first_run = read_file()
        if not User.objects.exists():
            first_run = create()
            self.stdout.write("\n".join(credentials(first_run)))
        self.stdout.write(f"sbdash is at {address()}")
        if first_run:
            self.stdout.write(f"log-ins and keys of the first run are in {settings.FIRST_RUN_FILE}")


def read_file() -> dict[str, Any] | None:
    """Returns the file of an earlier run, with the current address, which may have changed; None if there is none."""
    try:
        first_run: dict[str, Any] = json.loads(settings.FIRST_RUN_FILE.read_text())
    except (OSError, ValueError):
        return None
    if first_run["url"] != address():
        first_run["url"] = address()
        write_file(first_run)
    return first_run


@transactional
def create() -> dict[str, Any]:
    """Create roles, users, keys and their journal entries in one transaction, and write the file within it."""
    for group in make_roles():
        record_change(ACTOR, group, None)
    users = {}
    for role, owner_id in USERS.items():
        password = secrets.token_urlsafe(12)
        record_change(ACTOR, make_user(role, password, role, owner_id), None)
        users[role] = {"username": role, "password": password} | ({"owner_id": owner_id} if owner_id else {})
    first_run = {
        "url": address(),
        "ingest_key": make_api_key("first run: ingest", "ingest"),
        "read_key": make_api_key("first run: read", "read"),
        "users": users,
    }
    for key in ApiKey.objects.filter(name__startswith="first run: ").order_by("key"):
        record_change(ACTOR, key, None)
    write_file(first_run)
    return first_run


def address() -> str:
    return url_of(settings.HOST, settings.PORT)


def write_file(first_run: dict[str, Any]) -> None:
    """Write atomically (a temporary file, renamed), readable by the file's owner alone."""
    temporary = settings.FIRST_RUN_FILE.with_suffix(".new")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(first_run, file, indent=2)
    os.replace(temporary, settings.FIRST_RUN_FILE)


def credentials(first_run: dict[str, Any]) -> list[str]:
    """Lines with the passwords and the ingest key, printed once."""
    users = [f"  {user['username']:<8}{user['password']}" for user in first_run["users"].values()]
    return [
        "log-ins (user, password):",
        *users,
        f"ingest key  {first_run['ingest_key']}",
    ]
