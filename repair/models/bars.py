"""Who handed in false material may not apply again for a while (限制申请)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from audit.guard import TrackedManager
from audit.models import tracked
from credit_records.models import Subject

from .applications import Application


class Bar(models.Model):
    """False material was found on a day; for how long that bars is asked of the rule set that governs the record."""

    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="repair_bars", verbose_name="主体"
    )
    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="bars", verbose_name="信用修复"
    )
    found_on = models.DateField("查明日期")
    reason = models.TextField("查明的事实")
    reference = models.CharField("所依决定", max_length=60)
    """Number of the letter by which the repair was revoked, or refused for false material."""
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="办理人"
    )
    set_at = models.DateTimeField("登记时间")
    lifted_at = models.DateTimeField("解除时间", null=True, blank=True)
    lifted_reason = models.TextField("解除理由", blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "限制申请"
        verbose_name_plural = "限制申请"
        ordering = ["-found_on", "-id"]
        constraints = [
            models.CheckConstraint(
                name="bar_lifted_with_reason", condition=Q(lifted_at=None) | ~Q(lifted_reason="")
            )
        ]
        indexes = [
            models.Index(fields=["subject", "found_on"], name="bar_in_force", condition=Q(lifted_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.found_on}"
