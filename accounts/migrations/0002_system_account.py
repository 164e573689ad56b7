from django.db import migrations


def create(apps, schema_editor):
    """The system's own account: it cannot sign in, and it is the actor of what nobody did by hand."""
    apps.get_model("accounts", "User").objects.get_or_create(
        username="system",
        defaults={"display_name": "系统", "is_active": True, "is_staff": False, "password": "!"},
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
