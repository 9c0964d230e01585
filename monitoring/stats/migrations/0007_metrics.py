"""Buckets hold their counts in a few columns, by metric; see stats/metrics.py.

The rows are forgotten: the pipeline makes them again from the journal.
"""

from django.db import migrations, models

DURATIONS = "the same: response times and lifetimes, as histograms"
BY_MODEL = "the same: histograms of response times by model"


def forget(apps, schema_editor):
    for name in ("Session", "Message", "Vote", "Operation", "Bucket", "Personal"):
        apps.get_model("stats", name).objects.using(schema_editor.connection.alias).all().delete()
    marks = apps.get_model("journal", "StageCheckpoint").objects.using(schema_editor.connection.alias)
    marks.filter(stage__startswith="stats").delete()


def column(table, name, words, change=migrations.AddField):
    return change(table, name, models.BinaryField(default=b"{}", help_text=words))


class Migration(migrations.Migration):
    dependencies = [("stats", "0006_left"), ("journal", "0004_stagecheckpoint_turn")]
    operations = [migrations.RunPython(forget, forget)] + [
        operation
        for table in ("bucket", "personal")
        for operation in (
            column(table, "counts", "JSON: number by metric's code and value", migrations.AlterField),
            column(table, "durations", DURATIONS),
            column(table, "by_model", BY_MODEL),
            column(table, "by_operation", "the same: operations by name"),
        )
    ]
