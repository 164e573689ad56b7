"""Dated limits: how many working days a kind of matter may take, by law and by the city's own target."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from accounts.dated import DatedQuerySet, DatedVersion
from audit.models import tracked


class DateRange(Func):
    function = "daterange"
    output_field = DateRangeField()


class Limit(DatedVersion):
    """The two figures of one kind of matter from one day to another; a case keeps the one it was received under.

    The clock runs by the target; the legal figure stands beside it, where there is one.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "待确认"
        IN_FORCE = "in_force", "已施行"
        REJECTED = "rejected", "已退回"

    class Certainty(models.TextChoices):
        LAW = "law", "已核对原文"
        SECONDARY = "secondary", "据转引，待核对原文"
        OWN = "own", "本办工作约定"

    series = ("kind",)
    events = "limit"

    kind = models.SlugField("代码", max_length=40)
    title = models.CharField("事项", max_length=60)
    target_days = models.PositiveSmallIntegerField("目标时限(工作日)")
    target_source = models.CharField("目标时限依据", max_length=200)
    target_certainty = models.CharField("目标时限依据的可靠程度", max_length=10, choices=Certainty.choices)
    legal_days = models.PositiveSmallIntegerField("法定时限(工作日)", null=True, blank=True)
    legal_source = models.CharField("法定时限依据", max_length=200, blank=True)
    legal_certainty = models.CharField(
        "法定时限依据的可靠程度", max_length=10, choices=Certainty.choices, blank=True
    )
    warn_days = models.PositiveSmallIntegerField("提前几个工作日提醒", default=1)
    in_force_from = models.DateField("施行自")
    in_force_to = models.DateField("施行至", null=True, blank=True)
    note = models.TextField("说明", blank=True)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="拟订人"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name="确认或退回人",
    )
    decided_at = models.DateTimeField("确认或退回时间", null=True)

    history = tracked()
    objects = models.Manager.from_queryset(DatedQuerySet)()

    class Meta:
        verbose_name = "办理时限"
        verbose_name_plural = "办理时限"
        ordering = ["pk"]
        constraints = [
            ExclusionConstraint(
                name="limit_in_force_once",
                expressions=[
                    (F("kind"), RangeOperators.EQUAL),
                    (
                        DateRange("in_force_from", "in_force_to", RangeBoundary(inclusive_upper=True)),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(state="in_force"),
                violation_error_message="同一事项在同一天只能有一个施行的时限。",
            ),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(state="proposed"),
                name="limit_one_proposal",
                violation_error_message="该事项已有一个待确认的新时限，请先办完。",
            ),
            models.CheckConstraint(name="limit_at_least_a_day", condition=Q(target_days__gte=1)),
            models.CheckConstraint(
                name="limit_legal_figure_names_its_source",
                condition=Q(legal_days__isnull=True)
                | (Q(legal_days__gte=1) & ~Q(legal_source="") & ~Q(legal_certainty="")),
                violation_error_message="法定时限必须写明依据。",
            ),
            models.CheckConstraint(
                name="limit_ends_after_it_begins",
                condition=Q(in_force_to__isnull=True) | Q(in_force_to__gte=F("in_force_from")),
            ),
            models.CheckConstraint(
                name="limit_decided_by_another",
                condition=~Q(state="in_force") | Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")),
                violation_error_message="拟订人不能自己确认。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.figures}"

    @property
    def target_basis(self) -> str:
        """银党办〔2022〕79号(已核对原文)."""
        return _basis(self.target_source, self.get_target_certainty_display())

    @property
    def legal_basis(self) -> str:
        return _basis(self.legal_source, self.get_legal_certainty_display()) if self.legal_days else ""

    @property
    def figures(self) -> str:
        """目标5日 · 法定10日."""
        legal = f" · 法定{self.legal_days}日" if self.legal_days else ""
        return f"目标{self.target_days}日{legal}"


def _basis(source: str, certainty: str) -> str:
    return source if source == certainty else f"{source}({certainty})"
