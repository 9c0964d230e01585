"""Messages belong to parts. The rows are forgotten: the pipeline makes them again from the journal."""

from django.db import migrations, models


def forget(apps, schema_editor):
    for name in ("Session", "Message", "Vote", "Bucket"):
        apps.get_model("stats", name).objects.using(schema_editor.connection.alias).all().delete()
    marks = apps.get_model("journal", "StageCheckpoint").objects.using(schema_editor.connection.alias)
    marks.filter(stage__startswith="stats").delete()


class Migration(migrations.Migration):
    dependencies = [("stats", "0002_order"), ("journal", "0004_stagecheckpoint_turn")]
    operations = [
        migrations.RunPython(forget, forget),
        migrations.AddField(
            model_name="message",
            name="part",
            field=models.SmallIntegerField(default=0, help_text="whose workers write this row: its session's part"),
        ),
        migrations.AddField(
            model_name="message",
            name="said",
            field=models.BigIntegerField(default=0, help_text="position of the entry whose state holds"),
        ),
    ]
