"""Users, keys and `first-run.json`, made once for a fresh installation."""

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
    help = "Make an operations, an administrator and an owner log-in and two keys, unless there are users already."

    def handle(self, *args: Any, **options: Any) -> None:
        said = known()
        if not User.objects.exists():
            said = made()
            self.stdout.write("\n".join(lines(said)))
        self.stdout.write(f"sbdash is at {address()}")
        if said:
            self.stdout.write(f"log-ins and keys of the first run stand in {settings.FIRST_RUN_FILE}")


def known() -> dict[str, Any] | None:
    """What an earlier run made; the address may have changed since."""
    try:
        said: dict[str, Any] = json.loads(settings.FIRST_RUN_FILE.read_text())
    except (OSError, ValueError):
        return None
    if said["url"] != address():
        said["url"] = address()
        keep(said)
    return said


@transactional
def made() -> dict[str, Any]:
    """Roles, users, keys and their entries, in one transaction; the file is written in it, too."""
    for group in make_roles():
        record_change(ACTOR, group, None)
    users = {}
    for role, owner_id in USERS.items():
        password = secrets.token_urlsafe(12)
        record_change(ACTOR, make_user(role, password, role, owner_id), None)
        users[role] = {"username": role, "password": password} | ({"owner_id": owner_id} if owner_id else {})
    said = {
        "url": address(),
        "ingest_key": make_api_key("first run: ingest", "ingest"),
        "read_key": make_api_key("first run: read", "read"),
        "users": users,
    }
    for key in ApiKey.objects.filter(name__startswith="first run: ").order_by("key"):
        record_change(ACTOR, key, None)
    keep(said)
    return said


def address() -> str:
    return url_of(settings.HOST, settings.PORT)


def keep(said: dict[str, Any]) -> None:
    """Write it aside first, so that it is there whole or not at all; for its owner's eyes alone."""
    spare = settings.FIRST_RUN_FILE.with_suffix(".new")
    with open(os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(said, file, indent=2)
    os.replace(spare, settings.FIRST_RUN_FILE)


def lines(said: dict[str, Any]) -> list[str]:
    """What a person needs, to be printed this once."""
    users = [f"  {u['username']:<8}{u['password']}" for u in said["users"].values()]
    return [
        "log-ins (user, password):",
        *users,
        f"ingest key  {said['ingest_key']}",
    ]
