"""What the commands have in common."""

from django.core.management.base import BaseCommand

SETTINGS = "settings"
"""The tag of the checks for which no database must answer."""


class Command(BaseCommand):
    """A command that checks the settings, and not the pages, which it would have to load for it."""

    requires_system_checks = [SETTINGS]
