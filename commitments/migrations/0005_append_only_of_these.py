from django.db import migrations

from audit.protection import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("commitments", "0004_bases_periods_publications"), ("audit", "0002_append_only")]
    operations = [AppendOnly("commitments_historicalfigurebasis", "commitments_publication")]
