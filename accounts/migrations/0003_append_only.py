from django.db import migrations

from audit.protection import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_system_account"), ("audit", "0002_append_only")]
    operations = [AppendOnly("accounts_historicaldepartment", "accounts_historicaluser", "accounts_historicalmembership")]
