"""Messages of one time stand in the order of their ids' bytes on every database, as they do in Python."""

from django.db import migrations


def by_bytes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute('ALTER TABLE stats_message ALTER COLUMN message_id TYPE text COLLATE "C"')


class Migration(migrations.Migration):
    dependencies = [("stats", "0001_initial")]
    operations = [migrations.RunPython(by_bytes, migrations.RunPython.noop)]
