"""The monthly ledger of a department (产生台账): how many decisions a month brought, whoever has reported them since."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Department
from audit.guard import TrackedQuerySet
from audit.models import tracked
from credit_records.models import CatalogueItem


class MonthlyProductionQuerySet(TrackedQuerySet):
    def of_months(self, first: date, last: date) -> MonthlyProductionQuerySet:
        """Of the months from one day's to another's."""
        return self.filter(month__gte=first.replace(day=1), month__lte=last)


class MonthlyProduction(models.Model):
    """What a department says of one item in one month: decisions made, those that need not be reported, and why.

    上报率 = reported / (produced - exempt). It is told by the department itself and held against what came in.
    """

    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", verbose_name="单位"
    )
    item = models.ForeignKey(CatalogueItem, on_delete=models.PROTECT, related_name="+", verbose_name="事项")
    month = models.DateField("月份", help_text="该月第一天")
    produced = models.PositiveIntegerField("产生数")
    exempt = models.PositiveIntegerField("依法不予报送数", default=0)
    exempt_reason = models.CharField("不予报送的依据和理由", max_length=300, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="填报人"
    )
    entered_at = models.DateTimeField("填报时间")

    history = tracked()
    objects = models.Manager.from_queryset(MonthlyProductionQuerySet)()

    class Meta:
        verbose_name = "产生台账"
        verbose_name_plural = "产生台账"
        ordering = ["-month", "department", "item"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "item", "month"],
                name="production_once",
                violation_error_message="该月台账已经填报，请修改原数。",
            ),
            models.CheckConstraint(
                name="production_of_a_month",
                condition=Q(month__day=1),
                violation_error_message="月份应为该月第一天。",
            ),
            models.CheckConstraint(
                name="production_exempt_within",
                condition=Q(exempt__lte=F("produced")),
                violation_error_message="不予报送数不能多于产生数。",
            ),
            models.CheckConstraint(
                name="production_exempt_with_reason",
                condition=Q(exempt=0) | ~Q(exempt_reason=""),
                violation_error_message="有不予报送的，请写明依据和理由。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.department} {self.item} {self.month:%Y-%m}"

    @property
    def due(self) -> int:
        """应报数."""
        return self.produced - self.exempt
