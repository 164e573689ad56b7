"""Dated rule sets: how grave a fault is and how long it is shown, as the law stood on the day of the decision."""

from __future__ import annotations

import hashlib
import json

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from accounts.models import Department
from audit.guard import TrackedManager
from audit.models import tracked

from .records import Record


class DateRange(Func):
    function = "daterange"
    output_field = DateRangeField()


class RuleSet(models.Model):
    """One legal act on publicity and repair, with the days on which it governs decisions.

    Drafts are edited; what is in force is never edited again. It governs the decisions from `in_force_from` to
    `in_force_to`, and keeps governing them when a later one follows; superseded is one that a later one has replaced
    for all its days. Records name their rule set by `key`.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        PROPOSED = "proposed", "待确认"
        IN_FORCE = "in_force", "已施行"
        SUPERSEDED = "superseded", "已被取代"

    key = models.SlugField("代号", max_length=40, unique=True)
    title = models.CharField("名称", max_length=200)
    source = models.TextField("来源")
    in_force_from = models.DateField("施行自")
    in_force_to = models.DateField("施行至", null=True, blank=True)
    body = models.JSONField("规则")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    based_on = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="据以起草"
    )
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="起草人",
    )  # fmt: skip
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="提交人",
    )  # fmt: skip
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="确认人",
    )  # fmt: skip
    proposed_at = models.DateTimeField("提交时间", null=True, blank=True)
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    superseded_at = models.DateTimeField("被取代时间", null=True, blank=True)
    returned_because = models.TextField("退回理由", blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "公示规则"
        verbose_name_plural = "公示规则"
        ordering = ["-in_force_from"]
        constraints = [
            ExclusionConstraint(
                name="ruleset_in_force_once",
                expressions=[
                    (
                        DateRange("in_force_from", "in_force_to", RangeBoundary(inclusive_upper=True)),
                        RangeOperators.OVERLAPS,
                    )
                ],
                condition=Q(state="in_force"),
                violation_error_message="同一天作出的决定只能适用一个公示规则。",
            ),
            models.CheckConstraint(
                name="ruleset_ends_after_it_begins",
                condition=Q(in_force_to__isnull=True) | Q(in_force_to__gte=F("in_force_from")),
                violation_error_message="施行至的日期不得早于施行自的日期。",
            ),
            models.CheckConstraint(
                name="ruleset_confirmed_by_another",
                condition=Q(confirmed_by__isnull=True)
                | (~Q(confirmed_by=F("prepared_by")) & ~Q(confirmed_by=F("proposed_by"))),
                violation_error_message="起草或者提交的人不能自己确认。",
            ),
            models.CheckConstraint(
                name="ruleset_draft_has_an_author",
                condition=~Q(state__in=["draft", "proposed"]) | Q(prepared_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.DRAFT, self.State.PROPOSED)

    @property
    def digest(self) -> str:
        """Fingerprint of what it says and from when on: a rehearsal counts only for what it rehearsed."""
        content = json.dumps(
            [self.source, self.in_force_from.isoformat(), self.body], ensure_ascii=False, sort_keys=True
        )
        return hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()


class Rehearsal(models.Model):
    """What a draft would do to the records there are (预演); nothing has been changed by it."""

    untracked_because = "a calculation that anybody can run anew; the journal keeps who ran it and when"

    rule_set = models.ForeignKey(
        RuleSet, on_delete=models.PROTECT, related_name="rehearsals", verbose_name="公示规则"
    )
    digest = models.CharField("规则指纹", max_length=32)
    as_if = models.BooleanField("假定适用")
    """No decision falls under the draft yet: the last ones were judged as if they did."""
    first_day = models.DateField("决定日期自")
    last_day = models.DateField("决定日期至")
    day = models.DateField("预演日期")
    records = models.PositiveIntegerField("记录数")
    changed = models.PositiveIntegerField("有变化")
    figures = models.JSONField("统计", default=dict)
    run_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="预演人"
    )
    run_at = models.DateTimeField("预演时间")

    class Meta:
        verbose_name = "规则预演"
        verbose_name_plural = "规则预演"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"第{self.pk}次"


class RehearsedRecord(models.Model):
    """One record that a rehearsal looked at, as it is and as it would be."""

    untracked_because = "a row of a calculation, replaced by the next one"

    class Publicity(models.TextChoices):
        SAME = "same", "公示与否不变"
        SHOWN = "shown", "新公示"
        HIDDEN = "hidden", "不再公示"

    class End(models.TextChoices):
        SAME = "same", "不变"
        EARLIER = "earlier", "提前"
        LATER = "later", "推后"

    class Kept(models.TextChoices):
        """Why a record would keep what it has, though its decision falls under the draft."""

        NO = "no", "适用"
        REPAIRED = "repaired", "已修复"
        WITHDRAWN = "withdrawn", "已撤回"
        ENDED = "ended", "公示终止"
        FINDING = "finding", "来源单位已认定"

    rehearsal = models.ForeignKey(
        Rehearsal, on_delete=models.CASCADE, db_index=False, related_name="rows", verbose_name="规则预演"
    )
    record = models.ForeignKey(
        Record, on_delete=models.DO_NOTHING, db_index=False, db_constraint=False, related_name="+",
        verbose_name="信用记录",
    )  # fmt: skip
    department = models.ForeignKey(
        Department, on_delete=models.DO_NOTHING, db_index=False, db_constraint=False, related_name="+",
        verbose_name="数据来源单位",
    )  # fmt: skip
    old_severity = models.CharField("现失信程度", max_length=8, choices=Record.Severity.choices, blank=True)
    new_severity = models.CharField("新失信程度", max_length=8, choices=Record.Severity.choices, blank=True)
    old_start = models.DateField("现公示起", null=True)
    old_earliest_end = models.DateField("现最早可修复", null=True)
    old_latest_end = models.DateField("现最长公示至", null=True)
    new_start = models.DateField("新公示起", null=True)
    new_earliest_end = models.DateField("新最早可修复", null=True)
    new_latest_end = models.DateField("新最长公示至", null=True)
    publicity = models.CharField("公示变化", max_length=8, choices=Publicity.choices)
    earliest = models.CharField("最早可修复变化", max_length=8, choices=End.choices)
    latest = models.CharField("最长公示至变化", max_length=8, choices=End.choices)
    ends_at_once = models.BooleanField("施行即到期")
    severity_moves = models.SmallIntegerField(
        "失信程度变化", choices=[(-1, "变轻"), (0, "不变"), (1, "变重")]
    )
    changed = models.BooleanField("有变化")
    kept = models.CharField("保持原样", max_length=10, choices=Kept.choices)

    class Meta:
        verbose_name = "预演的记录"
        verbose_name_plural = "预演的记录"
        ordering = ["rehearsal", "id"]
        indexes = [
            models.Index(fields=["rehearsal", "id"], name="rehearsed_by_rehearsal"),
            models.Index(fields=["rehearsal", "id"], name="rehearsed_changed", condition=Q(changed=True)),
        ]

    def __str__(self) -> str:
        return f"{self.rehearsal_id}-{self.record_id}"
