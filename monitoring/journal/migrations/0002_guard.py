"""The database itself refuses to change or remove an entry, where it can: triggers on SQLite and PostgreSQL."""

from django.db import migrations

WORDS = "the journal can only grow"
SQLITE = [
    f"CREATE TRIGGER journal_{verb} BEFORE {verb} ON journal_entry BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
    for verb in ("UPDATE", "DELETE")
]
POSTGRESQL = [
    f"CREATE FUNCTION journal_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{WORDS}'; END $$",
    "CREATE TRIGGER journal_guard BEFORE UPDATE OR DELETE ON journal_entry FOR EACH ROW EXECUTE FUNCTION journal_guard()",
    "CREATE TRIGGER journal_guard_truncate BEFORE TRUNCATE ON journal_entry EXECUTE FUNCTION journal_guard()",
]
AWAY = {
    "sqlite": ["DROP TRIGGER journal_UPDATE", "DROP TRIGGER journal_DELETE"],
    "postgresql": [
        "DROP TRIGGER journal_guard ON journal_entry",
        "DROP TRIGGER journal_guard_truncate ON journal_entry",
        "DROP FUNCTION journal_guard()",
    ],
}


def guard(apps, schema_editor):
    for words in {"sqlite": SQLITE, "postgresql": POSTGRESQL}.get(schema_editor.connection.vendor, []):
        schema_editor.execute(words)


def unguard(apps, schema_editor):
    for words in AWAY.get(schema_editor.connection.vendor, []):
        schema_editor.execute(words)


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    operations = [migrations.RunPython(guard, unguard)]
