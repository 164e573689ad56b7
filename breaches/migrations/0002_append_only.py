from django.db import migrations

from audit.protection import AppendOnly

HISTORY = "breach decidedmeasure degreerule measure priornotice".split()


class Migration(migrations.Migration):
    dependencies = [("breaches", "0001_initial"), ("audit", "0002_append_only")]
    operations = [AppendOnly(*(f"breaches_historical{name}" for name in HISTORY))]
