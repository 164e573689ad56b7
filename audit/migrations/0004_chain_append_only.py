from django.db import migrations

from audit.protection import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_chain")]
    operations = [AppendOnly("audit_seal", "audit_checkpoint", "audit_historyseal", "audit_head")]
