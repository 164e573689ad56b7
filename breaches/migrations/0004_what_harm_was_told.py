from django.db import migrations, models

HARMS = [("none", "未造成危害后果"), ("some", "造成一般危害后果"), ("grave", "造成严重危害后果")]
TOLD_SO_FAR = """
    UPDATE breaches_priornotice AS told SET harm = found.harm, remedied_on = found.remedied_on
    FROM breaches_breach AS found WHERE told.breach_id = found.case_id
"""
"""What stood in the letters before: the matter was put right only together with its facts until now."""


def _of(name: str) -> list[migrations.operations.base.Operation]:
    return [
        migrations.AddField(
            model_name=name,
            name="harm",
            field=models.CharField(
                choices=HARMS, default="none", max_length=8, verbose_name="告知的危害后果"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name=name,
            name="remedied_on",
            field=models.DateField(blank=True, null=True, verbose_name="告知的整改完成日期"),
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("breaches", "0003_what_was_told")]
    operations = [
        *_of("historicalpriornotice"),
        *_of("priornotice"),
        migrations.RunSQL(TOLD_SO_FAR, migrations.RunSQL.noop),
    ]
