from django.db import migrations

from audit.protection import AppendOnly

HISTORY = (
    "objection point"
).split()


class Migration(migrations.Migration):
    dependencies = [("objections", "0001_initial"), ("audit", "0002_append_only")]
    operations = [AppendOnly(*(f"objections_historical{name}" for name in HISTORY))]
