from django.db import migrations

from audit.protection import AppendOnly, Frozen, NeverDeleted

DELIVERED_SO_FAR = """
    UPDATE oversight_attachment SET delivered_at = uploaded_at WHERE addressee_id IS NOT NULL
"""
"""What was handed in before was read by the office the same moment."""
_SENT = ("addressee_id", "text", "state", "drafted_by_id", "submitted_by_id", "decided_by_id", "decided_at", "reply_id")


class Migration(migrations.Migration):
    dependencies = [("oversight", "0004_reply_drafts"), ("audit", "0002_append_only")]
    operations = [
        migrations.RunSQL(DELIVERED_SO_FAR, migrations.RunSQL.noop),
        AppendOnly("oversight_historicalreplydraft"),
        NeverDeleted("oversight_replydraft"),
        Frozen("oversight_replydraft", "reply_draft_frozen", _SENT, once="OLD.state IN ('sent', 'void')"),
        Frozen("oversight_reply", "reply_drafter_frozen", ("drafted_by_id",)),
        Frozen("oversight_attachment", "delivery_frozen", ("delivered_at",), once="OLD.delivered_at IS NOT NULL"),
    ]
