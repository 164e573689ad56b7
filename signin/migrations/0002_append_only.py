from django.db import migrations

from audit.protection import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("signin", "0001_initial"), ("audit", "0002_append_only")]
    operations = [AppendOnly("signin_historicaltwofactordemand")]
