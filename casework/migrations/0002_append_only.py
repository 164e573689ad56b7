from django.db import migrations

from audit.protection import AppendOnly

HISTORY = (
    "case caseround comment decision evidence evidenceshare extension letter lettertemplate "
    "pause request substitution"
).split()


class Migration(migrations.Migration):
    dependencies = [("casework", "0001_initial"), ("audit", "0002_append_only")]
    operations = [AppendOnly(*(f"casework_historical{name}" for name in HISTORY))]
