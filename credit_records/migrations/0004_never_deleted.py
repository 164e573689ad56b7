from django.db import migrations

from audit.protection import NeverDeleted


class Migration(migrations.Migration):
    """What records name without a foreign key of the database stays."""

    dependencies = [("credit_records", "0003_append_only")]
    operations = [
        NeverDeleted(
            "credit_records_catalogueitem", "credit_records_catalogueversion", "credit_records_intakebatch", "accounts_user",
            "accounts_department",
        )
    ]
