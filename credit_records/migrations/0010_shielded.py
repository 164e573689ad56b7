from django.db import migrations, models
from django.db.models import Q

_TEXT = "破产重整期间屏蔽(依据 "


def _written(Record, Historical, record, **changes):
    """Save the changes and the history row that says them (the event of a migration is nobody's)."""
    for name, value in changes.items():
        setattr(record, name, value)
    Record.objects.filter(pk=record.pk).update(**changes)
    newest = Historical.objects.filter(id=record.pk).order_by("-history_id").first()
    if newest is not None:
        copied = {field.attname: getattr(record, field.attname) for field in Record._meta.concrete_fields}
        Historical.objects.create(
            **copied, history_date=newest.history_date, history_type="~",
            history_change_reason="按所依决定标明屏蔽、修复前的暂停",
        )


def name_what_hides(apps, schema_editor):
    """What was shielded before carries its decision in the reason alone; what was suspended before a repair, in history."""
    Record = apps.get_model("credit_records", "Record")
    Historical = apps.get_model("credit_records", "HistoricalRecord")
    for record in Record.objects.filter(state="suspended", state_reason__startswith=_TEXT):
        reference = record.state_reason.removeprefix(_TEXT).split(")，", 1)[0]
        _written(Record, Historical, record, shielded_by=reference)
    for record in Record.objects.exclude(repaired_by=""):
        before = Historical.objects.filter(id=record.pk, repaired_by="").order_by("-history_id").first()
        if before is None or before.state != "suspended":
            continue
        if before.state_reason.startswith(_TEXT):
            # Its shielding was closed by the repair: hidden by an own suspension until somebody looks at the order.
            _written(Record, Historical, record, suspended_for=before.state_reason)
        else:
            _written(Record, Historical, record, suspended_for=before.state_reason or "暂停公示")


class Migration(migrations.Migration):

    dependencies = [
        ('credit_records', '0009_commitment_items'),
    ]

    operations = [
        migrations.AddField(
            model_name='historicalrecord',
            name='shielded_by',
            field=models.TextField(blank=True, db_default='', default='', editable=False, verbose_name='屏蔽所依决定'),
        ),
        migrations.AddField(
            model_name='historicalrecord',
            name='suspended_for',
            field=models.TextField(blank=True, db_default='', default='', editable=False, verbose_name='另行暂停理由'),
        ),
        migrations.AddField(
            model_name='record',
            name='shielded_by',
            field=models.TextField(blank=True, db_default='', default='', editable=False, verbose_name='屏蔽所依决定'),
        ),
        migrations.AddField(
            model_name='record',
            name='suspended_for',
            field=models.TextField(blank=True, db_default='', default='', editable=False, verbose_name='另行暂停理由'),
        ),
        migrations.RunPython(name_what_hides, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name='record',
            constraint=models.CheckConstraint(condition=Q(shielded_by="") | Q(state__in=["suspended", "withdrawn", "ended", "repaired"]), name='record_shielded_is_hidden'),
        ),
        migrations.AddConstraint(
            model_name='record',
            constraint=models.CheckConstraint(condition=Q(suspended_for="") | ~Q(shielded_by="") | ~Q(repaired_by=""), name='record_suspended_beside_another_reason'),
        ),
    ]
