from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.signals import post_migrate


class SupervisionConfig(AppConfig):
    name = "supervision"
    verbose_name = "督查与指标"

    def ready(self) -> None:
        from backoffice.labels import name_data, name_verbs
        from credit_records.demo.parts import register_part

        from . import policies  # noqa: F401  who sees ledgers and figures
        from .demo import indicators, load
        from .services import proposals

        proposals.register()
        name_verbs(
            {
                "production.tell": "填报产生台账",
                "production.sheet": "下载台账表",
                "production_import.preview": "上传台账表",
                "production_import.confirm": "导入产生台账",
                "reporting.export": "导出报送看板",
                "indicator.load": "装入指标",
                "indicator.propose": "拟订指标",
                "indicator.confirm": "确认指标",
                "indicator.reject": "退回指标",
                "indicator.export": "导出指标",
                "indicator.pack": "生成佐证包",
                "indicator.ask_for_pack": "申请生成佐证包",
                "indicator.download_pack": "下载佐证包",
                "indicator.freeze": "封存月份",
                "indicator.ask_to_freeze": "提出封存月份",
                "hand_kept.assign": "布置指标台账",
                "hand_kept.change_terms": "更改台账期限和责任人",
                "hand_kept.fill_in": "填写指标台账",
                "hand_kept.report": "报送指标台账",
                "hand_kept.check": "核验指标台账",
                "hand_kept.send_back": "退回指标台账",
                "hand_kept.attach": "上传台账材料",
                "hand_kept.remove_file": "划除台账材料",
                "hand_kept.open_file": "打开台账材料",
            }
        )
        name_data(
            {
                "as_of": "截至日",
                "month": "月份",
                "file": "文件",
                "enclosed": "附",
                "again": "重新生成",
                "pack_number": "佐证包编号",
            },
            values={"enclosed": {"both": "分子、分母明细", "numerator": "只附分子明细", "none": "不附明细"}},
        )
        register_part("产生台账", load, last=True)
        register_part("指标台账和封存月份", indicators.load, last=True)
        post_migrate.connect(_load_after_migrate, sender=self, dispatch_uid="supervision.load")


def _load_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """The board has its rows from the first day."""
    from accounts.services import ensure_system_account

    from .models import Indicator
    from .services.shipped import load_shipped_indicators

    connection = connections[using]
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor))
    tables = {model._meta.db_table for model in (Indicator, Indicator.history.model)}
    # Migrations may have stopped before this room's own.
    if using == DEFAULT_DB_ALIAS and tables <= present:
        load_shipped_indicators(actor=ensure_system_account())
