"""Indicators that no computation answers (按台账报送的指标): what each responsible body has to show of one period, by when."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.kept_files import path_in
from accounts.models import Department
from accounts.sealed_files import sealed_storage
from audit.clock import local_day
from audit.guard import TrackedManager
from audit.models import tracked
from casework.models.files import KeptFile

from .indicators import Indicator

FOLDER = "indicators"


class HandKept(models.Model):
    """One indicator, body and period. That it is late is told from its deadline and never stored."""

    class State(models.TextChoices):
        NOT_STARTED = "not_started", "未开始"
        IN_PROGRESS = "in_progress", "办理中"
        REPORTED = "reported", "待核验"
        DONE = "done", "已完成"

    code = models.SlugField("指标代码", max_length=40)
    """Of the series: the entry stays with its indicator when that gets a new version."""
    indicator = models.ForeignKey(
        Indicator, on_delete=models.PROTECT, related_name="+", verbose_name="指标版本"
    )
    """The version under which it was asked for."""
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", verbose_name="责任单位"
    )
    period = models.CharField("周期", max_length=10, choices=Indicator.Period.choices)
    first = models.DateField("期间首日")
    last = models.DateField("期间末日")
    deadline = models.DateField("报送期限")
    person = models.CharField("责任人", max_length=40)
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.NOT_STARTED)
    value = models.DecimalField("数值", max_digits=14, decimal_places=4, null=True, blank=True)
    told = models.TextField("完成情况", blank=True)
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="布置人"
    )
    assigned_at = models.DateTimeField("布置时间")
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="报送人",
    )  # fmt: skip
    reported_at = models.DateTimeField("报送时间", null=True, blank=True)
    """Of the report that stands; sent back, there is none."""
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="核验人",
    )  # fmt: skip
    checked_at = models.DateTimeField("核验时间", null=True, blank=True)
    returned_reason = models.CharField("退回理由", max_length=1000, blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "指标台账"
        verbose_name_plural = "指标台账"
        ordering = ["-first", "code", "department"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "department", "period", "first"],
                name="hand_kept_once",
                violation_error_message="该单位本期的台账已经布置。",
            ),
            models.CheckConstraint(name="hand_kept_in_order", condition=Q(last__gte=F("first"))),
            models.CheckConstraint(
                name="hand_kept_reported_by_somebody",
                condition=Q(state__in=["not_started", "in_progress"], reported_at=None, reported_by=None)
                | Q(state__in=["reported", "done"], reported_at__isnull=False, reported_by__isnull=False),
            ),
            models.CheckConstraint(
                name="hand_kept_checked_by_somebody",
                condition=Q(state="done", checked_at__isnull=False, checked_by__isnull=False)
                | (~Q(state="done") & Q(checked_at=None, checked_by=None)),
            ),
        ]
        indexes = [models.Index(fields=["department", "deadline"], name="hand_kept_by_body")]

    def __str__(self) -> str:
        return f"{self.indicator} {self.department.short_name or self.department.name} {self.first:%Y-%m}"

    @property
    def reported_on(self) -> date | None:
        return local_day(self.reported_at) if self.reported_at else None


def stored_as(file: HandKeptFile, name: str) -> str:
    return path_in(FOLDER, file.uploaded_at)


class HandKeptFile(KeptFile):
    """A file that proves it (上报材料)."""

    entry = models.ForeignKey(
        HandKept, on_delete=models.PROTECT, related_name="files", verbose_name="指标台账"
    )
    file = models.FileField("文件", upload_to=stored_as, max_length=100, storage=sealed_storage)
    removed_reason = models.CharField("划除理由", max_length=1000, blank=True)
    """As the column was made here; elsewhere it has no longest length."""

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "指标台账附件"
        verbose_name_plural = "指标台账附件"
        ordering = ["entry", "number"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "number"], name="hand_kept_file_number_once"),
            models.UniqueConstraint(
                fields=["entry", "sha256"],
                condition=Q(removed_at=None),
                name="hand_kept_file_content_once",
                violation_error_message="同一份文件已经在该台账中。",
            ),
            models.CheckConstraint(
                name="hand_kept_file_removed_with_reason",
                condition=Q(removed_at=None, removed_reason="")
                | (Q(removed_at__isnull=False) & ~Q(removed_reason="")),
            ),
        ]
        indexes = [models.Index(fields=["file"], name="hand_kept_by_file")]
