"""The rows of the plan's table (指标任务清单): what is asked, of whom, how it is worked out and by when it is due."""

from __future__ import annotations

from fractions import Fraction

from django.db import models
from django.db.models import Q

from accounts.dated import Dated, DatedQuerySet, in_order, one_proposal_a_series
from audit.models import tracked
from supervision.rules.rates import Aim, Target, Unit


class Indicator(Dated):
    """One row in one version. Computed rows name their computation; the others are kept by hand."""

    class Told(models.TextChoices):
        PERCENT = "percent", "百分比"
        PER_TEN_THOUSAND = "per_ten_thousand", "万分之"
        PER_HUNDRED_THOUSAND = "per_hundred_thousand", "十万分之"
        RATIO = "ratio", "比值"
        WORKING_DAYS = "working_days", "工作日"
        COUNT = "count", "项数"

    class Wanted(models.TextChoices):
        AT_LEAST = "at_least", "不低于"
        AT_MOST = "at_most", "不超过"
        BELOW = "below", "低于"

    class Period(models.TextChoices):
        MONTH = "month", "按月"
        QUARTER = "quarter", "按季"
        HALF_YEAR = "half_year", "每半年"
        YEAR = "year", "按年"

    series = ("code",)
    events = "indicator"

    code = models.SlugField("代码", max_length=40)
    plan = models.CharField("文件", max_length=60)
    number = models.PositiveSmallIntegerField("序号")
    place = models.PositiveSmallIntegerField("第几项", default=1)
    """Some rows of the table ask for several figures: #21 for four."""
    name = models.CharField("指标", max_length=100)
    formula = models.CharField("计算方法", max_length=300)
    computed = models.SlugField("计算", max_length=40, blank=True)
    """The computation (`selectors.indicators`); empty: kept by hand."""
    told = models.CharField("单位", max_length=20, choices=Told.choices, default=Told.PERCENT)
    wanted = models.CharField("方向", max_length=10, choices=Wanted.choices, default=Wanted.AT_LEAST)
    target = models.DecimalField("目标值", max_digits=12, decimal_places=4, null=True, blank=True)
    weight = models.DecimalField("权重", max_digits=6, decimal_places=2, null=True, blank=True)
    lead = models.CharField("牵头单位", max_length=200, blank=True)
    responsible = models.CharField("责任单位", max_length=300, blank=True)
    period = models.CharField("周期", max_length=10, choices=Period.choices, default=Period.MONTH)
    material = models.CharField("上报材料", max_length=300, blank=True)

    history = tracked()
    objects = models.Manager.from_queryset(DatedQuerySet)()

    class Meta:
        verbose_name = "指标"
        verbose_name_plural = "指标"
        ordering = ["number", "place", "-in_force_from"]
        constraints = [
            one_proposal_a_series("indicator_one_proposal", ("code",)),
            in_order("indicator_in_order"),
            models.UniqueConstraint(
                fields=["code", "in_force_from"], condition=~Q(state="rejected"), name="indicator_once_a_day"
            ),
            models.CheckConstraint(
                name="indicator_target_not_negative", condition=Q(target__isnull=True) | Q(target__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.name}"

    @property
    def unit(self) -> Unit:
        return Unit[self.told.upper()]

    @property
    def goal(self) -> Target | None:
        """None where the plan's figure is not entered yet: told, but neither met nor missed."""
        if self.target is None:
            return None
        return Target(Aim[self.wanted.upper()], Fraction(self.target), self.unit)
