from django.db import migrations, models

KINDS = [("broken", "未履行承诺"), ("false", "虚假承诺")]
ANSWERS = [
    ("stated", "已陈述申辩"),
    ("waived", "书面放弃"),
    ("silent", "逾期未提出"),
    ("recalled", "已收回"),
]


def _of(name: str) -> list[migrations.operations.base.Operation]:
    return [
        migrations.AddField(
            model_name=name,
            name="kind",
            field=models.CharField(
                choices=KINDS, default="broken", max_length=8, verbose_name="告知的违诺类型"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name=name,
            name="facts",
            field=models.TextField(default="", max_length=4000, verbose_name="告知的违诺事实"),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name=name,
            name="answer",
            field=models.CharField(
                blank=True, choices=ANSWERS, max_length=8, verbose_name="当事人意见"
            ),
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("breaches", "0002_append_only")]
    operations = [*_of("historicalpriornotice"), *_of("priornotice")]
