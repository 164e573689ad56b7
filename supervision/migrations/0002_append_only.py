from django.db import migrations

from audit.protection import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("supervision", "0001_initial"), ("audit", "0002_append_only")]
    operations = [AppendOnly("supervision_historicalindicator", "supervision_historicalmonthlyproduction")]
