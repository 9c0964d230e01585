"""What the analysis needs: gaps, prices, persons' days, operations, columns to list by.

The rows are forgotten: the pipeline makes them again from the journal.
"""

from django.db import migrations, models

import sbdash.fields


def forget(apps, schema_editor):
    for name in ("Session", "Message", "Vote", "Bucket"):
        apps.get_model("stats", name).objects.using(schema_editor.connection.alias).all().delete()
    marks = apps.get_model("journal", "StageCheckpoint").objects.using(schema_editor.connection.alias)
    marks.filter(stage__startswith="stats").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("stats", "0003_parts"),
    ]

    operations = [
        migrations.RunPython(forget, forget),
        migrations.CreateModel(
            name="Operation",
            fields=[
                ("key", sbdash.fields.KeyField(primary_key=True, serialize=False)),
                ("session", models.BigIntegerField()),
                ("at", models.BigIntegerField()),
                ("operation", models.TextField()),
                ("outcome", models.TextField()),
                ("duration", models.BigIntegerField(help_text="µs", null=True)),
                ("error", models.TextField(null=True)),
                ("memory", models.BigIntegerField(help_text="bytes", null=True)),
                ("cpu", models.BigIntegerField(help_text="µs", null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Personal",
            fields=[
                ("key", sbdash.fields.KeyField(help_text="person * 65536 + day", primary_key=True, serialize=False)),
                ("person", models.BigIntegerField()),
                ("day", models.IntegerField(help_text="days since 1970 UTC")),
                ("position", models.BigIntegerField(help_text="of its last change")),
                ("counts", models.BinaryField(help_text="JSON: name to number")),
            ],
        ),
        migrations.CreateModel(
            name="Price",
            fields=[
                (
                    "key",
                    sbdash.fields.KeyField(
                        default=sbdash.fields.new_key, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("model", models.CharField(max_length=200)),
                ("valid_from", models.DateField()),
                ("prompt", models.BigIntegerField()),
                ("completion", models.BigIntegerField()),
                ("version", models.IntegerField()),
                ("note", models.CharField(blank=True, default="", max_length=300)),
                ("saved_by", models.CharField(blank=True, default="", max_length=150)),
                ("saved_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.AddField(
            model_name="message",
            name="ranked",
            field=models.BigIntegerField(
                db_index=True, help_text="day of completion * 4096 + bucket of the response time", null=True
            ),
        ),
        migrations.AddField(
            model_name="session",
            name="average_wait",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="session",
            name="duration",
            field=models.BigIntegerField(default=0, help_text="first to last message"),
        ),
        migrations.AddField(
            model_name="session",
            name="errors",
            field=models.BigIntegerField(default=0, help_text="failed messages and operations"),
        ),
        migrations.AddField(
            model_name="session",
            name="last_done",
            field=models.BigIntegerField(help_text="and when it was whole", null=True),
        ),
        migrations.AddField(
            model_name="session",
            name="last_wait",
            field=models.BigIntegerField(help_text="the last message's response time", null=True),
        ),
        migrations.AddField(
            model_name="session",
            name="model_names",
            field=models.TextField(default="", help_text="between bars: |a|b|"),
        ),
        migrations.AddField(
            model_name="session",
            name="open_at",
            field=models.BigIntegerField(
                db_index=True, help_text="since when it is silent; null once ended", null=True
            ),
        ),
        migrations.AddField(
            model_name="session",
            name="outcome",
            field=models.TextField(default="open", help_text="open, closed, timeout or error"),
        ),
        migrations.AddField(
            model_name="session",
            name="started",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="vote",
            name="message_id",
            field=models.TextField(default=""),
        ),
        migrations.AlterField(
            model_name="bucket",
            name="key",
            field=sbdash.fields.KeyField(
                help_text="start * 5 + the width's place in WIDTHS", primary_key=True, serialize=False
            ),
        ),
        migrations.AlterField(
            model_name="session",
            name="detail",
            field=models.BinaryField(help_text="JSON: waits, models, gaps and hours of the week, counted"),
        ),
        migrations.AlterField(
            model_name="session",
            name="last_at",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="session",
            name="person",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="vote",
            name="session",
            field=models.BigIntegerField(db_index=True),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(fields=["last_at", "key"], name="session_by_last_at"),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(fields=["started", "key"], name="session_by_started"),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(fields=["message_count", "key"], name="session_by_message_count"),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(fields=["duration", "key"], name="session_by_duration"),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(fields=["average_wait", "key"], name="session_by_average_wait"),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(fields=["total_tokens", "key"], name="session_by_total_tokens"),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(fields=["cost", "key"], name="session_by_cost"),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(fields=["errors", "key"], name="session_by_errors"),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(fields=["person", "last_at", "key"], name="session_by_person"),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(fields=["outcome", "last_at", "key"], name="session_by_outcome"),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(fields=["session", "at", "key"], name="operation_in_order"),
        ),
        migrations.AddIndex(
            model_name="personal",
            index=models.Index(fields=["day", "person"], name="personal_by_day"),
        ),
    ]
