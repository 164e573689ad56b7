"""Tasks (任务清单): what the office gives to the bodies, and each body's share of it, period by period."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Department
from audit.guard import TrackedManager, TrackedQuerySet
from audit.models import tracked


class Period(models.TextChoices):
    ONCE = "once", "一次"
    MONTH = "month", "按月"
    QUARTER = "quarter", "按季"
    HALF_YEAR = "half_year", "每半年"
    YEAR = "year", "按年"


class Task(models.Model):
    """One line of the list: what is to be done, who leads, and until when; its number is the office's own."""

    Period = Period

    office = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", verbose_name="信用办")
    number = models.CharField("任务编号", max_length=30)
    title = models.CharField("任务名称", max_length=100)
    content = models.TextField("任务内容")
    lead = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", verbose_name="牵头单位")
    period = models.CharField("周期", max_length=10, choices=Period.choices)
    first_due = models.DateField("期限")
    """Of a task with a period: the first deadline; the others fall on the corresponding days."""
    until = models.DateField("截止", null=True, blank=True)
    material = models.CharField("上报材料", max_length=500, blank=True)
    source = models.CharField("依据文件", max_length=200, blank=True)
    note = models.CharField("备注", max_length=500, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="录入人"
    )
    entered_at = models.DateTimeField("录入时间")

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "督办任务"
        verbose_name_plural = "督办任务"
        ordering = ["office", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "number"], name="task_number_once",
                violation_error_message="已有这个任务编号，请换一个编号或者修改原任务。",
            ),
            models.CheckConstraint(
                name="task_in_order", condition=Q(until__isnull=True) | Q(until__gte=F("first_due"))
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class DutyQuerySet(TrackedQuerySet):
    def open(self) -> DutyQuerySet:
        """Those that still wait for the body."""
        return self.filter(state__in=Duty.WAITING)

    def late(self, on: date) -> DutyQuerySet:
        """逾期: not reported by the end of the due day, or reported after it. The one predicate."""
        return self.filter(Q(state__in=Duty.WAITING, due_on__lt=on) | Q(reported_on__gt=F("due_on"))).exclude(
            state=Duty.State.CANCELLED
        )


class Duty(models.Model):
    """What one body owes of a task on one day: begun, reported with files, accepted or sent back."""

    class State(models.TextChoices):
        NOT_STARTED = "not_started", "未开始"
        WORKING = "working", "办理中"
        REPORTED = "reported", "已报送"
        DONE = "done", "已完成"
        CANCELLED = "cancelled", "已取消"

    WAITING = (State.NOT_STARTED, State.WORKING)

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="duties", verbose_name="任务")
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", verbose_name="责任单位"
    )
    serial = models.PositiveSmallIntegerField("期次")
    due_on = models.DateField("期限")
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.NOT_STARTED)
    report = models.TextField("完成情况", blank=True)
    reported_on = models.DateField("报送日期", null=True, blank=True)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="报送人",
    )  # fmt: skip
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="确认或退回人",
    )  # fmt: skip
    decided_at = models.DateTimeField("确认或退回时间", null=True, blank=True)
    returned_reason = models.TextField("退回理由", blank=True)

    history = tracked()
    objects = models.Manager.from_queryset(DutyQuerySet)()

    class Meta:
        verbose_name = "任务办理"
        verbose_name_plural = "任务办理"
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["task", "department", "serial"], name="duty_once"),
            models.CheckConstraint(
                name="duty_reported_whole",
                condition=~Q(state__in=["reported", "done"])
                | (Q(reported_on__isnull=False, reported_by__isnull=False) & ~Q(report="")),
            ),
        ]
        indexes = [
            models.Index(fields=["department", "due_on"], name="duty_by_department"),
            models.Index(fields=["due_on", "id"], name="duty_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.task} 第{self.serial}期 {self.department.short_name or self.department.name}"

    def is_late(self, on: date) -> bool:
        """The same as `DutyQuerySet.late`, of one at hand."""
        if self.state in self.WAITING:
            return self.due_on < on
        return self.state != self.State.CANCELLED and bool(
            self.reported_on and self.reported_on > self.due_on
        )
