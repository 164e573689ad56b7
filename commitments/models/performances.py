"""What became of a commitment (履约践诺): reports over time, of which the last counts."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Department
from audit.guard import TrackedManager
from audit.models import tracked

from .commitments import Commitment


class Performance(models.Model):
    """One report on the performance. Earlier ones stay; one entered by mistake is withdrawn, with the reason."""

    class Status(models.TextChoices):
        FULL = "full", "全部履行"
        PART = "part", "部分履行"
        NONE = "none", "全部未履行"

    commitment = models.ForeignKey(
        Commitment, on_delete=models.PROTECT, related_name="performances", verbose_name="信用承诺"
    )
    number = models.PositiveSmallIntegerField("序号")
    status = models.CharField("承诺履行状态", max_length=4, choices=Status.choices)
    unfulfilled = models.TextField("未履行的承诺内容", max_length=4000, blank=True)
    liability_pursued = models.TextField("违诺责任追究内容", max_length=4000, blank=True)
    determined_on = models.DateField("认定日期")
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", verbose_name="认定单位"
    )
    reported_at = models.DateTimeField("报告时间")
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="报告人"
    )
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True)
    withdrawn_reason = models.TextField("撤回理由", blank=True)

    history = tracked(stood=("commitment", "determined_on", "withdrawn_at"))
    objects = TrackedManager()

    class Meta:
        verbose_name = "履约践诺"
        verbose_name_plural = "履约践诺"
        ordering = ["commitment", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["commitment", "number"], name="performance_number_once"),
            models.CheckConstraint(
                name="performance_shortfall_where_there_is_one",
                condition=Q(status="full", unfulfilled="", liability_pursued="")
                | (~Q(status="full") & ~Q(unfulfilled="") & ~Q(liability_pursued="")),
                violation_error_message="未履行内容和责任追究内容在全部履行时应为空，其余必须填写。",
            ),
            models.CheckConstraint(
                name="performance_withdrawn_with_reason",
                condition=Q(withdrawn_at=None, withdrawn_reason="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_reason="")),
            ),
        ]
        indexes = [models.Index(fields=["-determined_on", "-id"], name="performance_newest")]

    def __str__(self) -> str:
        return f"第{self.number}次 {self.get_status_display()}"
