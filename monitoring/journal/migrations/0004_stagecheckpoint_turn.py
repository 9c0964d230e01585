from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0003_lease")]
    operations = [
        migrations.AddField(
            model_name="stagecheckpoint",
            name="turn",
            field=models.BigIntegerField(default=0, help_text="version: counts the changes, for compare-and-set"),
        ),
    ]
