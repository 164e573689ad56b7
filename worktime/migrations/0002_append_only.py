from django.db import migrations

from audit.protection import AppendOnly


class Migration(migrations.Migration):
    # With the account that loads the shipped calendar when the tables are there.
    dependencies = [
        ("worktime", "0001_initial"),
        ("audit", "0002_append_only"),
        ("accounts", "0002_system_account"),
    ]
    operations = [AppendOnly("worktime_historicalcalendarversion", "worktime_historicallimit")]
