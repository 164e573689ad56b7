from django.db import migrations

from audit.protection import AppendOnly, Frozen, NeverDeleted

_HISTORIES = (
    "historicaltask",
    "historicalduty",
    "historicaldirectivetemplate",
    "historicalmatter",
    "historicaldirective",
    "historicaladdressee",
    "historicalreply",
    "historicalattachment",
    "historicalproposal",
)

# What has left the house says for ever what it said: the file may still be named, the letter closed, a reply judged once.
_ISSUED = (
    "number", "register", "year", "serial", "content", "grade", "facts", "demands", "issued_on", "issued_at", "signed_by_id",
    "drafted_by_id", "matter_id", "office_id", "follows_id", "limit_id",
)  # fmt: skip
_GIVEN = ("addressee_id", "round", "text", "due_on", "given_on", "given_at", "given_by_id")


class Migration(migrations.Migration):
    dependencies = [("oversight", "0001_initial"), ("audit", "0002_append_only")]
    operations = [
        AppendOnly(*(f"oversight_{name}" for name in _HISTORIES)),
        NeverDeleted("oversight_directive", "oversight_reply"),
        Frozen("oversight_directive", "directive_frozen", _ISSUED, once="OLD.number <> ''"),
        Frozen(
            "oversight_reply",
            "reply_frozen",
            _GIVEN,
            or_if="OLD.accepted IS NOT NULL AND OLD.accepted IS DISTINCT FROM NEW.accepted",
        ),
    ]
