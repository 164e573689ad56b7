"""An uploaded workbook of a month's ledger between its preview and its confirmation."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Department


class ProductionImport(models.Model):
    """The rows as they were read; nothing of it stands in the ledger before a clerk confirms it."""

    untracked_because = "a preview: the act that confirms it names its lines, the ledger has its history"

    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", verbose_name="单位"
    )
    month = models.DateField("月份", help_text="该月第一天")
    file_name = models.CharField("文件名", max_length=200)
    sha256 = models.CharField("文件指纹", max_length=64)
    rows = models.JSONField("各行")
    """Letters of the columns, and the cleaned cells of each row with its number in the sheet; judged anew each time."""
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="上传人"
    )
    uploaded_at = models.DateTimeField("上传时间")
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)

    class Meta:
        verbose_name = "台账导入"
        verbose_name_plural = "台账导入"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="production_import_of_a_month", condition=Q(month__day=1)),
        ]

    def __str__(self) -> str:
        return self.file_name
