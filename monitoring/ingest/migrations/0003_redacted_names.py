"""Ids of sessions that look like a person are kept as keyed hashes, as in the journal; names of ignored input with an
address in them are forgotten, and counted anew. What the last consistency check said is forgotten, too."""

from django.db import migrations

from monitoring.recording.record import kept_id, redactor


def redact(apps, schema_editor):
    def rows(name):
        return apps.get_model("ingest", name).objects.using(schema_editor.connection.alias)

    for row in rows("ForeignName").iterator():
        if (name := kept_id(row.name)) != row.name:
            rows("ForeignName").filter(pk=row.pk).update(name=name)
    for row in rows("Sighting").iterator():
        if redactor().name(row.name) != row.name:
            rows("Sighting").filter(pk=row.pk).delete()
    rows("Place").filter(name="consistency").delete()


class Migration(migrations.Migration):
    dependencies = [("ingest", "0002_redacted"), ("people", "0001_initial")]
    operations = [migrations.RunPython(redact, migrations.RunPython.noop)]
