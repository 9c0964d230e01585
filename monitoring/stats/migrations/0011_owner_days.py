"""The table of owners' days has the field's name. The rows stay.

It is a migration of its own: MongoDB runs no migration in a transaction, and a table cannot be renamed twice.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("stats", "0010_names")]
    operations = [
        migrations.RenameModel("Personal", "OwnerDay"),
        migrations.RenameIndex("ownerday", new_name="owner_day_by_day", old_name="personal_by_day"),
    ]
