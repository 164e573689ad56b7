"""Dated rules on how grave a breach is (违诺程度认定规则): the office's data, not code."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Q

from audit.guard import TrackedManager
from audit.models import tracked
from credit_records.models.catalogue import DateRange


class DegreeRule(models.Model):
    """The rule for breaches found from one day to another; what is in force is never edited, a later one follows it.

    `body` is read by `breaches.rules.degrees`: grades from the gravest down, each with its conditions, and the degree that is
    left. Drafted by an officer, put in force by an approver (four eyes).
    """

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        IN_FORCE = "in_force", "已施行"

    key = models.SlugField("代号", max_length=60, unique=True)
    title = models.CharField("名称", max_length=200)
    source = models.TextField("来源")
    in_force_from = models.DateField("施行自")
    in_force_to = models.DateField("施行至", null=True, blank=True)
    body = models.JSONField("规则")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="拟订人",
    )  # fmt: skip
    """None: shipped with the product, like its confirmation."""
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="确认人",
    )  # fmt: skip
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "违诺程度规则"
        verbose_name_plural = "违诺程度规则"
        ordering = ["-in_force_from"]
        constraints = [
            ExclusionConstraint(
                name="degree_rule_in_force_once",
                expressions=[
                    (
                        DateRange("in_force_from", "in_force_to", RangeBoundary(inclusive_upper=True)),
                        RangeOperators.OVERLAPS,
                    )
                ],
                condition=Q(state="in_force"),
                violation_error_message="同一天只能适用一个违诺程度规则。",
            ),
            models.CheckConstraint(
                name="degree_rule_ends_after_it_begins",
                condition=Q(in_force_to=None) | Q(in_force_to__gte=F("in_force_from")),
            ),
            models.CheckConstraint(name="degree_rule_names_its_source", condition=~Q(source="")),
            models.CheckConstraint(
                name="degree_rule_confirmed_by_another",
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("drafted_by")),
                violation_error_message="拟订人不能自己确认。",
            ),
        ]

    def __str__(self) -> str:
        return self.title
