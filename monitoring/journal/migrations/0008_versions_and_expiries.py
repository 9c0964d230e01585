"""Columns are named for what they hold. A worker has one lease and no longer one for each partition; the locks that were rows
of checkpoints (`stats`, `prices`) are rows of leases, made when they are first needed."""

from django.db import migrations, models


def forget(apps, schema_editor):
    alias = schema_editor.connection.alias
    apps.get_model("journal", "StageCheckpoint").objects.using(alias).exclude(stage__contains="/").delete()
    apps.get_model("journal", "Lease").objects.using(alias).filter(name__contains="/").delete()
    apps.get_model("journal", "Lease").objects.using(alias).filter(name__endswith=" alone").delete()


def leave(apps, schema_editor):
    """Both are made again when they are needed."""


class Migration(migrations.Migration):
    dependencies = [("journal", "0007_entry_session")]
    operations = [
        migrations.RunPython(forget, leave),
        migrations.RenameField("stagecheckpoint", "turn", "version"),
        migrations.RenameField("lease", "until", "expires"),
        migrations.AlterField(
            "stagecheckpoint",
            "version",
            models.BigIntegerField(default=0, help_text="counts the changes, for compare-and-set"),
        ),
    ]
