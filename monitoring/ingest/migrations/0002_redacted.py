"""No address stands in the names of what was seen and not kept: they are counted anew."""

from django.db import migrations


def forget(apps, schema_editor):
    seen = apps.get_model("ingest", "Sighting").objects.using(schema_editor.connection.alias)
    seen.filter(name__contains="@").delete()


class Migration(migrations.Migration):
    dependencies = [("ingest", "0001_initial")]
    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
