from django.db import migrations

from audit.protection import AppendOnly, NeverDeleted

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

# What has left the house says for ever what it said: the file may still be named, the letter closed, a reply judged.
_FROZEN = """
CREATE FUNCTION oversight_keep_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was issued is not changed: %', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER directive_frozen BEFORE UPDATE ON oversight_directive FOR EACH ROW
WHEN (OLD.number <> '' AND (
    OLD.number, OLD.register, OLD.year, OLD.serial, OLD.content, OLD.grade, OLD.facts, OLD.demands, OLD.issued_on,
    OLD.issued_at, OLD.signed_by_id, OLD.drafted_by_id, OLD.matter_id, OLD.office_id, OLD.follows_id, OLD.limit_id
) IS DISTINCT FROM (
    NEW.number, NEW.register, NEW.year, NEW.serial, NEW.content, NEW.grade, NEW.facts, NEW.demands, NEW.issued_on,
    NEW.issued_at, NEW.signed_by_id, NEW.drafted_by_id, NEW.matter_id, NEW.office_id, NEW.follows_id, NEW.limit_id
)) EXECUTE FUNCTION oversight_keep_issued();
CREATE TRIGGER reply_frozen BEFORE UPDATE ON oversight_reply FOR EACH ROW
WHEN ((
    OLD.addressee_id, OLD.round, OLD.text, OLD.due_on, OLD.given_on, OLD.given_at, OLD.given_by_id
) IS DISTINCT FROM (
    NEW.addressee_id, NEW.round, NEW.text, NEW.due_on, NEW.given_on, NEW.given_at, NEW.given_by_id
) OR (OLD.accepted IS NOT NULL AND OLD.accepted IS DISTINCT FROM NEW.accepted))
EXECUTE FUNCTION oversight_keep_issued();
"""
_THAWED = """
DROP TRIGGER reply_frozen ON oversight_reply;
DROP TRIGGER directive_frozen ON oversight_directive;
DROP FUNCTION oversight_keep_issued();
"""


class Migration(migrations.Migration):
    dependencies = [("oversight", "0001_initial"), ("audit", "0002_append_only")]
    operations = [
        AppendOnly(*(f"oversight_{name}" for name in _HISTORIES)),
        NeverDeleted("oversight_directive", "oversight_reply"),
        migrations.RunSQL(_FROZEN, _THAWED),
    ]
