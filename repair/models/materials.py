"""The list of material of an application (材料清单) and the check of its completeness at receipt."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from audit.guard import TrackedManager
from audit.models import tracked
from casework.models import Evidence

from .applications import Application, Item


class Material(models.Model):
    """One line of the list: what must be handed in, whether it is there, and which file it is."""

    class Kind(models.TextChoices):
        APPLICATION_FORM = "application_form", "信用修复申请表"
        COMMITMENT = "commitment", "信用修复承诺书"
        FULFILMENT = "fulfilment", "履行义务证明材料"
        LICENCE = "licence", "营业执照(登记证书)复印件"
        IDENTITY = "identity", "法定代表人(负责人)身份证明"
        AUTHORISATION = "authorisation", "授权委托书和代理人身份证明"
        COURT_ORDER = "court_order", "人民法院裁定书"

    class State(models.TextChoices):
        UNCHECKED = "unchecked", "未核对"
        PRESENT = "present", "齐全"
        MISSING = "missing", "缺少"
        FAULTY = "faulty", "不合要求"

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="materials", verbose_name="信用修复"
    )
    kind = models.CharField("材料", max_length=18, choices=Kind.choices)
    item = models.ForeignKey(
        Item,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="materials",
        verbose_name="修复事项",
    )
    """Proof of fulfilment belongs to one record; the rest to the application."""
    required = models.BooleanField("必交", default=True)
    state = models.CharField("核对结果", max_length=10, choices=State.choices, default=State.UNCHECKED)
    remark = models.CharField("核对说明", max_length=300, blank=True)
    evidence = models.ForeignKey(
        Evidence, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="材料文件"
    )
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="核对人",
    )  # fmt: skip
    checked_at = models.DateTimeField("核对时间", null=True, blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "申请材料"
        verbose_name_plural = "材料清单"
        ordering = ["application", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "kind", "item"], nulls_distinct=False, name="material_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())
