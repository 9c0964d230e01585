"""The read offsets of interrupted imports are deleted: an import begins at the first line."""

from django.db import migrations


def forget(apps, schema_editor):
    places = apps.get_model("ingest", "Place").objects.using(schema_editor.connection.alias)
    places.filter(name__startswith="file:").delete()


class Migration(migrations.Migration):
    dependencies = [("ingest", "0003_redacted_names")]
    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
