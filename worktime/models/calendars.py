"""Versions of the calendar of working days: one for the country, one for each region with days of its own."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from audit.guard import TrackedManager
from audit.models import tracked


class CalendarVersion(models.Model):
    """The days on which the week does not hold, in a country or region; never changed once in force.

    A version holds all special days, past ones too: a deadline of long ago is explained by the same table.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        PROPOSED = "proposed", "待确认"
        IN_FORCE = "in_force", "施行中"
        SUPERSEDED = "superseded", "已被取代"

    region = models.CharField(
        "行政区划代码", max_length=6, blank=True,
        validators=[RegexValidator(r"^[0-9]{6}$", "行政区划代码是6位数字；全国日历留空。")],
    )  # fmt: skip
    number = models.PositiveIntegerField("版本号")
    title = models.CharField("名称", max_length=100)
    known_from = models.DateField("收录自")
    known_until = models.DateField("公布至")
    days = models.JSONField("放假和调休上班日", default=list)
    source = models.TextField("来源")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="起草人"
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="提交人"
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="确认人"
    )
    proposed_at = models.DateTimeField("提交时间", null=True)
    in_force_at = models.DateTimeField("施行时间", null=True)
    superseded_at = models.DateTimeField("被取代时间", null=True)
    returned_because = models.TextField("退回理由", blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "工作日历"
        verbose_name_plural = "工作日历"
        ordering = ["region", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["region", "number"], name="calendar_number_once"),
            models.UniqueConstraint(
                fields=["region"],
                condition=Q(state="in_force"),
                name="calendar_in_force_once",
                violation_error_message="同一地区只能有一个施行中的工作日历。",
            ),
            models.UniqueConstraint(
                fields=["region"],
                condition=Q(state__in=["draft", "proposed"]),
                name="calendar_one_draft",
                violation_error_message="该地区已有一个尚未施行的版本，请先办完。",
            ),
            models.CheckConstraint(
                name="calendar_confirmed_by_another",
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("proposed_by")),
                violation_error_message="提交人不能自己确认。",
            ),
            models.CheckConstraint(
                name="calendar_known_until_after_its_start",
                condition=Q(known_until__gte=F("known_from")),
                violation_error_message="公布至的日期不得早于收录自的日期。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.label}"

    @property
    def label(self) -> str:
        """2026-1: the last year that is known, and the number of the version."""
        return f"{self.known_until.year}-{self.number}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.DRAFT, self.State.PROPOSED)
