from django.db import migrations

from audit.protection import AppendOnly

HISTORY = (
    "application bar item material shielding"
).split()


class Migration(migrations.Migration):
    dependencies = [("repair", "0001_initial"), ("audit", "0002_append_only")]
    operations = [AppendOnly(*(f"repair_historical{name}" for name in HISTORY))]
