"""Texts of senders are codes or keyed hashes (events/redaction.py).

The rows are forgotten: the pipeline makes them again from the journal.
"""

from django.db import migrations


def forget(apps, schema_editor):
    for name in ("Session", "Message", "Vote", "Operation", "Bucket", "Personal"):
        apps.get_model("stats", name).objects.using(schema_editor.connection.alias).all().delete()
    marks = apps.get_model("journal", "StageCheckpoint").objects.using(schema_editor.connection.alias)
    marks.filter(stage__startswith="stats").delete()


class Migration(migrations.Migration):
    dependencies = [("stats", "0007_metrics"), ("journal", "0004_stagecheckpoint_turn")]
    operations = [migrations.RunPython(forget, forget)]
