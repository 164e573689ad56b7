"""Frozen months (封存月份): what was reported of a month, with the rows behind each number; written once, never changed."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Department

from .indicators import Indicator

_WRITTEN_ONCE = "it is written once; the database refuses every change"


class FrozenMonth(models.Model):
    """One month of one office's area, as it was known at the moment of freezing."""

    untracked_because = _WRITTEN_ONCE

    office = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", verbose_name="信用办")
    month = models.DateField("月份", help_text="该月第一天")
    bodies = ArrayField(models.BigIntegerField(), verbose_name="辖区单位")
    """The area at that moment: the same bodies are asked again."""
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="封存人"
    )
    frozen_at = models.DateTimeField("封存时间")

    class Meta:
        verbose_name = "封存月份"
        verbose_name_plural = "封存月份"
        ordering = ["-month", "office"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "month"],
                name="frozen_once",
                violation_error_message="该月已经封存，不能再封存一次。",
            ),
            models.CheckConstraint(name="frozen_of_a_month", condition=Q(month__day=1)),
        ]

    def __str__(self) -> str:
        return f"{self.office.short_name or self.office.name} {self.month:%Y-%m}"


class FrozenRows(models.Model):
    """The keys of rows behind frozen numbers. The same rows are kept once, however many numbers and months have them."""

    untracked_because = _WRITTEN_ONCE

    model = models.CharField("数据", max_length=60)
    """Label of the model, as in `credit_records.record`."""
    digest = models.CharField("指纹", max_length=64)
    """SHA-256 of the keys, in order."""
    keys = ArrayField(models.BigIntegerField(), verbose_name="行")
    number = models.PositiveIntegerField("行数")

    class Meta:
        verbose_name = "封存明细"
        verbose_name_plural = "封存明细"
        constraints = [models.UniqueConstraint(fields=["model", "digest"], name="frozen_rows_once")]

    def __str__(self) -> str:
        return f"{self.model} {self.number}"


class FrozenFigure(models.Model):
    """One indicator of a frozen month: of the whole area, or of one department."""

    untracked_because = _WRITTEN_ONCE

    frozen = models.ForeignKey(
        FrozenMonth, on_delete=models.PROTECT, related_name="figures", verbose_name="封存月份"
    )
    indicator = models.ForeignKey(
        Indicator, on_delete=models.PROTECT, related_name="+", verbose_name="指标版本"
    )
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="单位"
    )
    """None: the whole area."""
    first = models.DateField("自")
    """The first day of the month (of the month alone), or 1 January (of the year up to it)."""
    numerator = models.BigIntegerField("分子")
    numerator_words = models.CharField("分子口径", max_length=100)
    numerator_rows = models.ForeignKey(
        FrozenRows, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="分子明细"
    )
    denominator = models.BigIntegerField("分母")
    denominator_words = models.CharField("分母口径", max_length=100)
    denominator_rows = models.ForeignKey(
        FrozenRows, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="分母明细"
    )
    remarks = ArrayField(models.TextField(), default=list, blank=True, verbose_name="说明")

    class Meta:
        verbose_name = "封存指标"
        verbose_name_plural = "封存指标"
        ordering = ["frozen", "indicator", "department", "first"]
        constraints = [
            models.UniqueConstraint(
                fields=["frozen", "indicator", "department", "first"],
                name="frozen_figure_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.first:%Y-%m}"
