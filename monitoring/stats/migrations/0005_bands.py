"""Bands of durations are counted when they happen, answers that ended before their question by themselves.

The rows are forgotten: the pipeline makes them again from the journal.
"""

from django.db import migrations, models


def forget(apps, schema_editor):
    for name in ("Session", "Message", "Vote", "Operation", "Bucket", "Personal"):
        apps.get_model("stats", name).objects.using(schema_editor.connection.alias).all().delete()
    marks = apps.get_model("journal", "StageCheckpoint").objects.using(schema_editor.connection.alias)
    marks.filter(stage__startswith="stats").delete()


class Migration(migrations.Migration):
    dependencies = [("stats", "0004_analysis"), ("journal", "0004_stagecheckpoint_turn")]
    operations = [
        migrations.RunPython(forget, forget),
        migrations.AddField(
            model_name="session",
            name="skewed_responses",
            field=models.BigIntegerField(default=0, help_text="answers that ended before their question"),
        ),
    ]
