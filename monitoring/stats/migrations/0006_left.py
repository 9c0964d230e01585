"""A session knows by which entry something last left its place in it, so that open pages learn of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stats", "0005_bands")]
    operations = [
        migrations.AddField(
            model_name="session",
            name="left_position",
            field=models.BigIntegerField(default=0, help_text="by which something last left its place here"),
        ),
    ]
