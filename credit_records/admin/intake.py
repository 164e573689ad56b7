"""The pages of intake, registered: batches, zero reports, their menu and their panels on the workbench."""

from __future__ import annotations

from django.contrib import admin

from backoffice.labels import name_verbs
from backoffice.navigation import Item, register_group
from credit_records import workbench  # noqa: F401  registers its panels
from credit_records.models import IntakeBatch, ZeroReport

from .batches import BatchAdmin
from .zero_reports import ZeroReportAdmin

admin.site.register(IntakeBatch, BatchAdmin)
admin.site.register(ZeroReport, ZeroReportAdmin)

name_verbs(
    {
        "batch.upload": "上传报送文件",
        "batch.check": "检查批次",
        "batch.explain": "说明存疑行",
        "batch.submit": "提交批次",
        "batch.take_back": "撤销批次",
        "batch.return": "退回批次",
        "batch.publish": "发布批次",
        "batch.download": "下载批注工作簿",
        "zero_report.report": "零报送",
        "zero_report.withdraw": "撤销零报送",
    }
)

register_group(
    "数据报送",
    [
        Item("报送批次", "upload_file", IntakeBatch),
        Item("零报送", "event_available", ZeroReport),
    ],
    order=10,
)
