"""Django's `changepassword`, which also records in the journal that the password was changed."""

from getpass import getuser

from django.contrib.auth.management.commands import changepassword

from monitoring.events.internal import Actor
from monitoring.people.models import User
from monitoring.recording.changes import record_change, state_of


class Command(changepassword.Command):
    def handle(self, *args: object, **options: object) -> str | None:
        output: str | None = super().handle(*args, **options)  # raises CommandError if the password is not changed
        user = User.objects.get(username=str(options["username"] or getuser()))
        record_change(Actor("command", name="changepassword"), user, state_of(user), password=True)
        return output
