from django.db import migrations, models


class Migration(migrations.Migration):
    """The number of a thing first: the auditor's search knows it alone, the timeline kind and number."""

    dependencies = [("audit", "0004_chain_append_only")]
    operations = [
        migrations.RemoveIndex(model_name="event", name="audit_event_object"),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["target_id", "target_type", "-at", "-id"], name="audit_event_object"),
        ),
    ]
