"""SQLite's `INSERT OR REPLACE` removes the row that is in the way without asking a trigger for DELETE: an entry whose
position or digest is there already is refused before it is inserted. PostgreSQL's `ON CONFLICT DO UPDATE` is an UPDATE,
and refused as one."""

from django.db import migrations

GUARD = (
    "CREATE TRIGGER journal_INSERT BEFORE INSERT ON journal_entry "
    "WHEN EXISTS (SELECT 1 FROM journal_entry WHERE position = NEW.position) "
    "OR EXISTS (SELECT 1 FROM journal_entry WHERE digest = NEW.digest) "
    "BEGIN SELECT RAISE(ABORT, 'the journal can only grow'); END"
)


def guard(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(GUARD)


def unguard(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER journal_INSERT")


class Migration(migrations.Migration):
    dependencies = [("journal", "0004_stagecheckpoint_turn")]
    operations = [migrations.RunPython(guard, unguard)]
