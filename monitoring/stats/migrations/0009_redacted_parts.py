"""Names and addresses in parts of ids are keyed hashes (events/redaction.py).

The rows are forgotten: the pipeline makes them again from the journal.
"""

from importlib import import_module

from django.db import migrations

forget = import_module("monitoring.stats.migrations.0008_redacted").forget


class Migration(migrations.Migration):
    dependencies = [("stats", "0008_redacted")]
    operations = [migrations.RunPython(forget, forget)]
