"""By what the two ratios are counted, as dated rows that the office keeps: who is an enterprise, what the plan wants."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Q

from accounts.dated import DatedQuerySet, DatedVersion
from audit.models import tracked
from worktime.models.limits import DateRange


class FigureBasis(DatedVersion):
    """One way of counting from one day to another; drafted by one person of the office, confirmed by another."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "待确认"
        IN_FORCE = "in_force", "已施行"
        REJECTED = "rejected", "已退回"

    events = "figure_basis"

    in_force_from = models.DateField("施行自")
    in_force_to = models.DateField("施行至", null=True, blank=True)
    enterprise_pairs = ArrayField(models.CharField(max_length=2), verbose_name="企业代码前两位")
    """First two characters of the credit codes that count as enterprises (GB 32100-2015: 91 企业)."""
    coverage_target = models.DecimalField("承诺践诺比目标", max_digits=6, decimal_places=2)
    performance_target = models.DecimalField("践诺率目标", max_digits=6, decimal_places=2)
    source = models.CharField("依据", max_length=200)
    own_definition = models.BooleanField("企业口径为本系统口径", default=True)
    """No document says which codes are meant: the office has settled it."""
    note = models.TextField("说明", max_length=1000, blank=True)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="拟订人"
    )
    proposed_at = models.DateTimeField("拟订时间")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+",
        verbose_name="确认或退回人",
    )  # fmt: skip
    decided_at = models.DateTimeField("确认或退回时间", null=True)

    history = tracked()
    objects = models.Manager.from_queryset(DatedQuerySet)()

    class Meta:
        verbose_name = "指标口径"
        verbose_name_plural = "指标口径"
        ordering = ["-in_force_from", "-pk"]
        constraints = [
            ExclusionConstraint(
                name="figure_basis_in_force_once",
                expressions=[
                    (
                        DateRange("in_force_from", "in_force_to", RangeBoundary(inclusive_upper=True)),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(state="in_force"),
                violation_error_message="同一天只能有一个施行的口径。",
            ),
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state="proposed"),
                name="figure_basis_one_proposal",
                violation_error_message="已有一个待确认的新口径，请先办完。",
            ),
            models.CheckConstraint(name="figure_basis_names_its_source", condition=~Q(source="")),
            models.CheckConstraint(name="figure_basis_counts_something", condition=~Q(enterprise_pairs=[])),
            models.CheckConstraint(
                name="figure_basis_wants_something",
                condition=Q(coverage_target__gt=0, performance_target__gt=0),
            ),
            models.CheckConstraint(
                name="figure_basis_ends_after_it_begins",
                condition=Q(in_force_to=None) | Q(in_force_to__gte=F("in_force_from")),
            ),
            models.CheckConstraint(
                name="figure_basis_decided_by_another",
                condition=~Q(state="in_force") | Q(decided_by=None) | ~Q(decided_by=F("proposed_by")),
                violation_error_message="拟订人不能自己确认。",
            ),
        ]

    def __str__(self) -> str:
        return f"自{self.in_force_from}的指标口径"
