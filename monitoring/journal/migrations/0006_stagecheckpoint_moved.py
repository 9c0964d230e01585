from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0005_guard_insert")]

    operations = [
        migrations.AddField(
            model_name="stagecheckpoint",
            name="moved",
            field=models.BigIntegerField(default=0, help_text="time of the last advance, µs since 1970 UTC"),
        ),
    ]
