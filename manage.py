#!/usr/bin/env python
"""Django's command line for sbdash. Exit status 2: the command could not run; 1 is a negative result or a bad
setting."""

import os
import sys
import traceback

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import DatabaseError

from monitoring.db.errors import or_mongodb

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sbdash.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"{error}")
    except or_mongodb(DatabaseError) as error:
        sys.stderr.write(f"the database cannot be used: {error}\n")
        sys.exit(2)
    except Exception:
        traceback.print_exc()
        sys.exit(2)
