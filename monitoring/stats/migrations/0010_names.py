"""Columns have the field's names. The rows stay."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stats", "0009_redacted_parts")]
    operations = [
        migrations.RenameField("message", "part", "partition"),
        migrations.RenameField("message", "said", "state_position"),
        migrations.RenameField("message", "ranked", "slow_rank"),
        migrations.AlterField(
            "message",
            "partition",
            models.SmallIntegerField(default=0, help_text="of its session: whose workers write this row"),
        ),
        migrations.AlterField(
            "message",
            "state_position",
            models.BigIntegerField(default=0, help_text="of the entry whose state holds"),
        ),
    ]
