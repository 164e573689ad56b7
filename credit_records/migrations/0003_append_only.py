from django.db import migrations

from audit.protection import AppendOnly

HISTORY = (
    "subject subjectname catalogueitem catalogueversion cataloguefield ruleset duplicatecodeentry record intakebatch "
    "zeroreport"
).split()


class Migration(migrations.Migration):
    dependencies = [("credit_records", "0002_initial"), ("audit", "0002_append_only")]
    operations = [AppendOnly(*(f"credit_records_historical{name}" for name in HISTORY))]
