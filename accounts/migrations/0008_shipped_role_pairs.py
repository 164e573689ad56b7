from datetime import date

from django.db import migrations
from django.utils import timezone

from accounts.rules.compatibility import apart_by_law
from audit.protection import AppendOnly

SINCE = date(2000, 1, 1)
BY_LAW = (
    "三员分立：系统管理、安全管理、审计管理分设，互不兼任，也不兼任业务角色(GB/T 22239-2019 第三级 8.1.5)。"
)
SEPARATE = ("sysadmin", "secadmin", "auditor")
BUSINESS = ("clerk", "reviewer", "officer", "approver", "supervisor", "upper")
OWN = (
    ("officer", "approver", "same_body", "经办与审批分离：同一信用办的拟办和审批由两人办理(本系统口径)。"),
    ("upper", "officer", "above", "上级审核独立：审核人不在被审核的信用办经办(本系统口径)。"),
    ("upper", "approver", "above", "上级审核独立：审核人不在被审核的信用办审批(本系统口径)。"),
)
SHIPPED = "随系统提供"


def ship(apps, schema_editor):
    RolePair = apps.get_model("accounts", "RolePair")
    History = apps.get_model("accounts", "HistoricalRolePair")
    rows = [
        *((one, other, "anywhere", BY_LAW, True) for one, other in apart_by_law(SEPARATE, BUSINESS)),
        *((*pair, False) for pair in OWN),
    ]
    for role_a, role_b, scope, reason, by_law in rows:
        values = {
            "role_a": role_a, "role_b": role_b, "scope": scope, "reason": reason, "by_law": by_law,
            "since": SINCE, "until": None,
        }  # fmt: skip
        pair = RolePair._base_manager.create(**values)
        History._base_manager.create(
            **values,
            id=pair.pk,
            history_date=timezone.now(),
            history_type="+",
            history_change_reason=SHIPPED,
        )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_role_pairs"), ("audit", "0002_append_only")]
    operations = [
        AppendOnly("accounts_historicalrolepair"),
        migrations.RunPython(ship, migrations.RunPython.noop),
    ]
