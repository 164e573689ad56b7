import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_STATES = [("proposed", "待确认"), ("confirmed", "已确认"), ("rejected", "已退回")]


def _state(default):
    return models.CharField(choices=_STATES, default=default, max_length=10, verbose_name="状态")


class Migration(migrations.Migration):
    """Wordings that are there have governed without a confirmation, and go on governing; new ones wait for theirs."""

    dependencies = [
        ("commitments", "0005_append_only_of_these"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="mattertemplate", name="matter_template_day_once"),
        migrations.AddField(
            model_name="historicalmattertemplate",
            name="decided_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="确认或退回时间"),
        ),
        migrations.AddField(
            model_name="historicalmattertemplate",
            name="decided_by",
            field=models.ForeignKey(
                blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="确认或退回人",
            ),
        ),
        migrations.AddField(model_name="historicalmattertemplate", name="state", field=_state("confirmed")),
        migrations.AlterField(model_name="historicalmattertemplate", name="state", field=_state("proposed")),
        migrations.AddField(
            model_name="mattertemplate",
            name="decided_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="确认或退回时间"),
        ),
        migrations.AddField(
            model_name="mattertemplate",
            name="decided_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                to=settings.AUTH_USER_MODEL, verbose_name="确认或退回人",
            ),
        ),
        migrations.AddField(model_name="mattertemplate", name="state", field=_state("confirmed")),
        migrations.AlterField(model_name="mattertemplate", name="state", field=_state("proposed")),
        migrations.AddConstraint(
            model_name="mattertemplate",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "rejected"), _negated=True),
                fields=("matter", "in_force_from"),
                name="matter_template_day_once",
                violation_error_message="该事项已有同一天施行的范本。",
            ),
        ),
        migrations.AddConstraint(
            model_name="mattertemplate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "confirmed"), _negated=True),
                    ("decided_by", None),
                    models.Q(("decided_by", models.F("written_by")), _negated=True),
                    _connector="OR",
                ),
                name="matter_template_confirmed_by_another",
                violation_error_message="拟订人不能自己确认范本。",
            ),
        ),
    ]
