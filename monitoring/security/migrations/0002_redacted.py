"""Texts of senders are codes or keyed hashes (events/redaction.py).

The rows are forgotten: the pipeline makes them again from the journal.
"""

from django.db import migrations


def forget(apps, schema_editor):
    alias = schema_editor.connection.alias
    apps.get_model("security", "SecurityEvent").objects.using(alias).all().delete()
    marks = apps.get_model("journal", "StageCheckpoint").objects.using(alias)
    marks.filter(stage__startswith="security").delete()


class Migration(migrations.Migration):
    dependencies = [("security", "0001_initial"), ("journal", "0004_stagecheckpoint_turn")]
    operations = [migrations.RunPython(forget, forget)]
