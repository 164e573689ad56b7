import accounts.grants.rows
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.manager
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from audit.protection import AppendOnly, NeverDeleted


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0002_append_only'),
        ('accounts', '0006_roles_by_level'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('credit_records', '0011_breach_items'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalRecordDepartmentGrant',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('event_id', models.BigIntegerField(null=True, verbose_name='审计事件')),
                ('origin', models.CharField(choices=[('co_handling', '会办'), ('delegation', '委托办理'), ('inspection', '检查')], max_length=12, verbose_name='来由')),
                ('reason', models.CharField(max_length=500, verbose_name='理由')),
                ('basis', models.CharField(blank=True, max_length=100, verbose_name='依据文号')),
                ('since', models.DateField(verbose_name='自')),
                ('until', models.DateField(verbose_name='至')),
                ('given_at', models.DateTimeField(verbose_name='授权时间')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='撤销时间')),
                ('revoke_reason', models.CharField(blank=True, max_length=500, verbose_name='撤销理由')),
                ('history_change_reason', models.TextField(null=True)),
                ('history_user_id', models.BigIntegerField(null=True)),
                ('history_id', models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField()),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('content_object', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='credit_records.record', verbose_name='信用记录')),
                ('given_by', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='授权人')),
                ('group', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='auth.group', verbose_name='被授权机构')),
                ('permission', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='auth.permission', verbose_name='权限')),
                ('revoked_by', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='撤销人')),
            ],
            options={
                'verbose_name': 'historical 记录授权(机构)',
                'verbose_name_plural': 'historical 记录授权(机构)',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalRecordUserGrant',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('event_id', models.BigIntegerField(null=True, verbose_name='审计事件')),
                ('origin', models.CharField(choices=[('co_handling', '会办'), ('delegation', '委托办理'), ('inspection', '检查')], max_length=12, verbose_name='来由')),
                ('reason', models.CharField(max_length=500, verbose_name='理由')),
                ('basis', models.CharField(blank=True, max_length=100, verbose_name='依据文号')),
                ('since', models.DateField(verbose_name='自')),
                ('until', models.DateField(verbose_name='至')),
                ('given_at', models.DateTimeField(verbose_name='授权时间')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='撤销时间')),
                ('revoke_reason', models.CharField(blank=True, max_length=500, verbose_name='撤销理由')),
                ('history_change_reason', models.TextField(null=True)),
                ('history_user_id', models.BigIntegerField(null=True)),
                ('history_id', models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField()),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('content_object', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='credit_records.record', verbose_name='信用记录')),
                ('given_by', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='授权人')),
                ('permission', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='auth.permission', verbose_name='权限')),
                ('revoked_by', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='撤销人')),
                ('user', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='被授权人')),
            ],
            options={
                'verbose_name': 'historical 记录授权(个人)',
                'verbose_name_plural': 'historical 记录授权(个人)',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='RecordDepartmentGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('origin', models.CharField(choices=[('co_handling', '会办'), ('delegation', '委托办理'), ('inspection', '检查')], max_length=12, verbose_name='来由')),
                ('reason', models.CharField(max_length=500, verbose_name='理由')),
                ('basis', models.CharField(blank=True, max_length=100, verbose_name='依据文号')),
                ('since', models.DateField(verbose_name='自')),
                ('until', models.DateField(verbose_name='至')),
                ('given_at', models.DateTimeField(verbose_name='授权时间')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='撤销时间')),
                ('revoke_reason', models.CharField(blank=True, max_length=500, verbose_name='撤销理由')),
                ('content_object', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='department_grants', to='credit_records.record', verbose_name='信用记录')),
                ('given_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='授权人')),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='auth.group', verbose_name='被授权机构')),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='auth.permission', verbose_name='权限')),
                ('revoked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='撤销人')),
            ],
            options={
                'verbose_name': '记录授权(机构)',
                'verbose_name_plural': '记录授权(机构)',
                'ordering': ['-id'],
                'abstract': False,
                'default_manager_name': 'given',
                'constraints': [models.CheckConstraint(condition=models.Q(('until__gte', models.F('since'))), name='recorddepartmentgrant_ends_after_it_begins', violation_error_message='截止日期不得早于起始日期。'), models.CheckConstraint(condition=models.Q(models.Q(('revoke_reason', ''), ('revoked_at', None), ('revoked_by', None)), models.Q(('revoked_at__isnull', False), ('revoked_by__isnull', False), models.Q(('revoke_reason', ''), _negated=True)), _connector='OR'), name='recorddepartmentgrant_revoked_by_somebody'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='recorddepartmentgrant_has_a_reason'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('revoked_at', None)), expressions=[('content_object', '='), ('group', '='), ('permission', '='), (accounts.grants.rows._Days('since', 'until', django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_upper=True)), '&&')], name='recorddepartmentgrant_once_a_day', violation_error_message='这段时间内已有同样的授权。')],
            },
            managers=[
                ('given', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='RecordUserGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('origin', models.CharField(choices=[('co_handling', '会办'), ('delegation', '委托办理'), ('inspection', '检查')], max_length=12, verbose_name='来由')),
                ('reason', models.CharField(max_length=500, verbose_name='理由')),
                ('basis', models.CharField(blank=True, max_length=100, verbose_name='依据文号')),
                ('since', models.DateField(verbose_name='自')),
                ('until', models.DateField(verbose_name='至')),
                ('given_at', models.DateTimeField(verbose_name='授权时间')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='撤销时间')),
                ('revoke_reason', models.CharField(blank=True, max_length=500, verbose_name='撤销理由')),
                ('content_object', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='user_grants', to='credit_records.record', verbose_name='信用记录')),
                ('given_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='授权人')),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='auth.permission', verbose_name='权限')),
                ('revoked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='撤销人')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='被授权人')),
            ],
            options={
                'verbose_name': '记录授权(个人)',
                'verbose_name_plural': '记录授权(个人)',
                'ordering': ['-id'],
                'abstract': False,
                'default_manager_name': 'given',
                'constraints': [models.CheckConstraint(condition=models.Q(('until__gte', models.F('since'))), name='recordusergrant_ends_after_it_begins', violation_error_message='截止日期不得早于起始日期。'), models.CheckConstraint(condition=models.Q(models.Q(('revoke_reason', ''), ('revoked_at', None), ('revoked_by', None)), models.Q(('revoked_at__isnull', False), ('revoked_by__isnull', False), models.Q(('revoke_reason', ''), _negated=True)), _connector='OR'), name='recordusergrant_revoked_by_somebody'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='recordusergrant_has_a_reason'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('revoked_at', None)), expressions=[('content_object', '='), ('user', '='), ('permission', '='), (accounts.grants.rows._Days('since', 'until', django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_upper=True)), '&&')], name='recordusergrant_once_a_day', violation_error_message='这段时间内已有同样的授权。')],
            },
            managers=[
                ('given', django.db.models.manager.Manager()),
            ],
        ),
        AppendOnly('credit_records_historicalrecorddepartmentgrant', 'credit_records_historicalrecordusergrant'),
        NeverDeleted('credit_records_recorddepartmentgrant', 'credit_records_recordusergrant'),
    ]
