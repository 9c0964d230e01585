"""Lists sort by the slowest answer and by p95 of a session.

The rows are forgotten: the pipeline makes them again from the journal.
"""

from django.db import migrations, models

TABLES = ("Session", "Message", "Vote", "Operation", "Bucket", "OwnerDay")


def forget(apps, schema_editor):
    for name in TABLES:
        apps.get_model("stats", name).objects.using(schema_editor.connection.alias).all().delete()
    checkpoints = apps.get_model("journal", "StageCheckpoint").objects.using(schema_editor.connection.alias)
    checkpoints.filter(stage__startswith="stats").delete()


class Migration(migrations.Migration):
    dependencies = [("stats", "0011_owner_days"), ("journal", "0004_stagecheckpoint_turn")]
    operations = [
        migrations.RunPython(forget, forget),
        migrations.AddField("session", "slowest_wait", models.BigIntegerField(null=True)),
        migrations.AddField("session", "p95_wait", models.BigIntegerField(null=True)),
        migrations.AddIndex("session", models.Index(fields=["slowest_wait", "key"], name="session_by_slowest_wait")),
        migrations.AddIndex("session", models.Index(fields=["p95_wait", "key"], name="session_by_p95_wait")),
    ]
