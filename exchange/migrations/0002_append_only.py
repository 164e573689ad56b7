from django.db import migrations

from audit.protection import AppendOnly

HISTORY = (
    "entry"
).split()


class Migration(migrations.Migration):
    dependencies = [("exchange", "0001_initial"), ("audit", "0002_append_only")]
    operations = [AppendOnly(*(f"exchange_historical{name}" for name in HISTORY))]
