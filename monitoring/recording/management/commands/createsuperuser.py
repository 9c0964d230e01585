"""Django's `createsuperuser`, which also records the new user in the journal."""

from django.contrib.auth.management.commands import createsuperuser

from monitoring.events.internal import Actor
from monitoring.people.models import User
from monitoring.recording.changes import record_change


class Command(createsuperuser.Command):
    def handle(self, *args: object, **options: object) -> str | None:
        existing = set(User.objects.values_list("pk", flat=True))
        output = super().handle(*args, **options)
        for user in User.objects.filter(is_superuser=True).exclude(pk__in=existing):
            record_change(Actor("command", name="createsuperuser"), user, None)
        return output
