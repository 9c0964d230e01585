"""An entry knows its session, so that replaying one session does not read the journal.

The column of the entries that are there is made from their bodies, which stay as they are, as do the leaves: the guard
steps aside for that, in the migration's own transaction where the database has such.
"""

from importlib import import_module

import msgspec
from django.db import migrations, models

from monitoring.events.ids import session_number

guarded = import_module("monitoring.journal.migrations.0002_guard")
BATCH = 2_000


class Data(msgspec.Struct):
    session_id: str | None = None


class Body(msgspec.Struct):
    data: Data


read = msgspec.json.Decoder(Body).decode


def fill(apps, schema_editor):
    guarded.unguard(apps, schema_editor)
    entries = apps.get_model("journal", "Entry").objects.using(schema_editor.connection.alias)
    after = -(2**62)
    while rows := list(entries.filter(position__gt=after).order_by("position").only("position", "body")[:BATCH]):
        for row in rows:
            row.session = session_number(named(bytes(row.body)))
        save(schema_editor.connection, entries, [row for row in rows if row.session is not None])
        after = rows[-1].position
    guarded.guard(apps, schema_editor)


def save(connection, entries, rows):
    """A statement for each row costs SQL a tenth of one for many."""
    if connection.vendor == "mongodb":
        entries.bulk_update(rows, ["session"], batch_size=300)
        return
    with connection.cursor() as cursor:
        words = "UPDATE journal_entry SET session = %s WHERE position = %s"
        cursor.executemany(words, [(row.session, row.position) for row in rows])


def named(body):
    """The session that a body names; None where it cannot be read: `verify_journal` tells of that one."""
    try:
        return read(body).data.session_id
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def leave(apps, schema_editor):
    pass


class Migration(migrations.Migration):
    dependencies = [("journal", "0006_stagecheckpoint_moved")]
    operations = [
        migrations.AddField(
            "entry",
            "session",
            models.BigIntegerField(
                null=True, help_text="number of its session (8 bytes of the digest of the session id)"
            ),
        ),
        migrations.RunPython(fill, leave),
        migrations.AddIndex("entry", models.Index(fields=["session", "position"], name="entry_of_session")),
    ]
