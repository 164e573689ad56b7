"""An objection (异议) and its points: what is said to be wrong, what the source answers, what is decided."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from audit.guard import TrackedManager
from audit.models import tracked
from casework.models import Case, Request
from credit_records.models import Record


class Objection(models.Model):
    """The part of a case that only objections have; number, clock, state and people stand on the case.

    Composition, not inheritance: history and locks of the case have one owner (docs/adr/0009).
    """

    case = models.OneToOneField(
        Case, on_delete=models.PROTECT, primary_key=True, related_name="objection", verbose_name="案件"
    )
    wish = models.TextField("异议请求", blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "异议"
        verbose_name_plural = "异议"
        ordering = ["-case_id"]

    def __str__(self) -> str:
        return self.case.number


class Point(models.Model):
    """One thing that is objected to. Every point is answered and every point is decided."""

    class Ground(models.TextChoices):
        CONTENT = "content", "内容错误"
        OMISSION = "omission", "信息遗漏"
        DUPLICATE = "duplicate", "重复公示"
        NOT_PUBLIC = "not_public", "不应公示"
        OVER_TIME = "over_time", "超期公示"
        DIFFERS = "differs", "与认定单位信息不一致"

    class Finding(models.TextChoices):
        """What the source department found."""

        TRUE = "true", "属实"
        PARTLY_TRUE = "partly_true", "部分属实"
        NOT_TRUE = "not_true", "不属实"
        UNKNOWN = "unknown", "无法核实"

    class Outcome(models.TextChoices):
        CORRECTED = "corrected", "支持，更正"
        WITHDRAWN = "withdrawn", "支持，撤回记录"
        REPORTED = "reported", "支持，由来源单位补报"
        NOT_UPHELD = "not_upheld", "不予支持"
        UNVERIFIABLE = "unverifiable", "无法核实，暂停公示"

    objection = models.ForeignKey(
        Objection, on_delete=models.PROTECT, related_name="points", verbose_name="异议"
    )
    number = models.PositiveSmallIntegerField("序号")
    ground = models.CharField("异议事由", max_length=12, choices=Ground.choices)
    record = models.ForeignKey(
        Record, on_delete=models.PROTECT, related_name="objection_points", verbose_name="记录"
    )
    other_record = models.ForeignKey(
        Record, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="重复的记录"
    )
    record_version = models.BigIntegerField("异议时的记录版本", null=True)
    """The id of the record's newest history row when the point was raised: the record as it stood."""
    field_code = models.CharField("栏目代码", max_length=40, blank=True)
    field_title = models.CharField("栏目", max_length=200, blank=True)
    current_value = models.TextField("现值", blank=True)
    claimed_value = models.TextField("主张的值", blank=True)
    statement = models.TextField("异议理由")

    finding = models.CharField("核实结果", max_length=12, choices=Finding.choices, blank=True)
    answer = models.TextField("核实情况", blank=True)
    answered_value = models.TextField("核实后的值", blank=True)
    request = models.ForeignKey(
        Request, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="协查函"
    )
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="答复人",
    )  # fmt: skip
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)

    outcome = models.CharField("处理结论", max_length=14, choices=Outcome.choices, blank=True)
    outcome_value = models.TextField("更正后的值", blank=True)
    outcome_reasons = models.TextField("处理理由", blank=True)
    decided_on = models.DateField("决定日期", null=True, blank=True)

    history = tracked(stood=("record", "outcome", "decided_on"))
    objects = TrackedManager()

    class Meta:
        verbose_name = "异议点"
        verbose_name_plural = "异议点"
        ordering = ["objection", "number"]
        constraints = [
            models.UniqueConstraint(fields=["objection", "number"], name="point_number_once"),
            models.CheckConstraint(
                name="point_duplicate_of_another",
                condition=Q(other_record=None) | ~Q(other_record=models.F("record")),
                violation_error_message="重复的记录不能是同一条。",
            ),
        ]
        indexes = [models.Index(fields=["record"], name="point_by_record")]

    def __str__(self) -> str:
        return f"第{self.number}点 {self.get_ground_display()}"
