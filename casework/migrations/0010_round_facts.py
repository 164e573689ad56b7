"""What never changes of its case stands on each ended round, in the index by which boards read them."""

import django.db.models.deletion
from django.db import migrations, models

FILL = """
UPDATE casework_caseround r SET kind = c.kind, owning_body_id = c.owning_body_id, target_days = l.target_days
FROM casework_case c JOIN worktime_limit l ON l.id = c.limit_id WHERE c.id = r.case_id
"""
_BODY = {
    "db_index": False,
    "on_delete": django.db.models.deletion.PROTECT,
    "related_name": "+",
    "to": "accounts.department",
    "verbose_name": "办理机构",
}


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0009_facts_index"),
        ("accounts", "0008_shipped_role_pairs"),
        ("worktime", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            "caseround",
            "kind",
            models.CharField(
                choices=[("objection", "异议"), ("repair", "信用修复"), ("breach", "违诺认定")],
                default="",
                max_length=12,
                verbose_name="类型",
            ),
            preserve_default=False,
        ),
        migrations.AddField("caseround", "owning_body", models.ForeignKey(null=True, **_BODY)),
        migrations.AddField(
            "caseround",
            "target_days",
            models.PositiveSmallIntegerField(default=0, verbose_name="目标时限(工作日)"),
            preserve_default=False,
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField("caseround", "owning_body", models.ForeignKey(**_BODY)),
        migrations.RemoveIndex("caseround", "case_round_by_closing"),
        migrations.AddIndex(
            "caseround",
            models.Index(
                fields=["closed_on", "case"],
                include=(
                    "kind",
                    "owning_body",
                    "target_days",
                    "state",
                    "outcome",
                    "due_on",
                    "net_days",
                    "gross_days",
                ),
                name="case_round_by_closing",
            ),
        ),
    ]
