"""The base class of the management commands."""

from django.core.management.base import BaseCommand

SETTINGS = "settings"
"""The tag of the checks that query no database."""


class Command(BaseCommand):
    """A command that runs only the checks of the settings. All checks would import the pages."""

    requires_system_checks = [SETTINGS]
