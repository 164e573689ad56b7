from django.db import migrations

from audit.protection import AppendOnly, AppendOnlyFunction


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [AppendOnlyFunction(), AppendOnly("audit_event")]
