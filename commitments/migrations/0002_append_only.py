from django.db import migrations

from audit.protection import AppendOnly

HISTORY = (
    "attachment commitment commitmentmatter mattertemplate owedmaterial performance verification"
).split()


class Migration(migrations.Migration):
    dependencies = [("commitments", "0001_initial"), ("audit", "0002_append_only")]
    operations = [AppendOnly(*(f"commitments_historical{name}" for name in HISTORY))]
