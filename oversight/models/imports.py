"""An uploaded workbook of tasks between its preview and its confirmation."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.models import Department


class TaskImport(models.Model):
    """The rows as they were read, with their verdicts; nothing of it is a task before it is confirmed."""

    untracked_because = "a preview: the act that confirms it names its rows, the tasks have their history"

    office = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", verbose_name="信用办")
    file_name = models.CharField("文件名", max_length=200)
    sha256 = models.CharField("文件指纹", max_length=64)
    rows = models.JSONField("各行")
    """The cleaned cells of each row by field, with its number in the sheet under `row`; judged anew each time."""
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="上传人"
    )
    uploaded_at = models.DateTimeField("上传时间")
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)

    class Meta:
        verbose_name = "任务导入"
        verbose_name_plural = "任务导入"
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name
