"""Monthly and quarterly reports (月报、季报): a draft with frozen figures, and what was issued of it, written once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Department
from accounts.sealed_files import sealed_storage
from audit.guard import TrackedManager
from audit.models import tracked
from supervision.rules.periods import Period


class Report(models.Model):
    """One report of an office on a period. Its figures are worked out once; what the office says of them may be edited."""

    class Kind(models.TextChoices):
        MONTH = "month", "月报"
        QUARTER = "quarter", "季报"

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        ISSUED = "issued", "已签发"
        DROPPED = "dropped", "已作废"

    office = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", verbose_name="信用办")
    kind = models.CharField("种类", max_length=8, choices=Kind.choices)
    first = models.DateField("期间首日")
    version = models.PositiveSmallIntegerField("第几版")
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="代替"
    )
    """The issued report of the same period that this one is to take the place of."""
    as_of = models.DateField("截至")
    """The end of this day, as a rule after the period: what became known later is in no figure."""
    content = models.JSONField("内容", editable=False)
    """Sections as plain data (`supervision.reports.paper`): page and PDF are made of them alone."""
    told = models.TextField("情况说明", blank=True)
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.DRAFT)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="拟稿人"
    )
    drafted_at = models.DateTimeField("生成时间")
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="说明撰写人",
    )  # fmt: skip
    """Who wrote what the office says: as little its signer as who drafted it."""

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "指标月报"
        verbose_name_plural = "指标月报"
        ordering = ["-first", "kind", "-version", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "kind", "first", "version"],
                condition=~Q(state="dropped"),
                name="report_version_once",
            ),
            models.UniqueConstraint(
                fields=["office", "kind", "first"], condition=Q(state="draft"), name="report_one_draft"
            ),
            models.CheckConstraint(
                name="report_of_a_period",
                condition=Q(kind="month", first__day=1)
                | Q(kind="quarter", first__day=1, first__month__in=[1, 4, 7, 10]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period}{self.get_kind_display()}" + (
            f"(第{self.version}版)" if self.version > 1 else ""
        )

    @property
    def period(self) -> Period:
        return Period(self.kind, self.first)


class IssuedReport(models.Model):
    """A report as it was signed: number, text and figures; the database refuses every change."""

    untracked_because = "it is written once; the database refuses every change"

    report = models.OneToOneField(
        Report, on_delete=models.PROTECT, related_name="issued", verbose_name="指标月报"
    )
    number = models.CharField("编号", max_length=80)
    register = models.CharField("号簿", max_length=33)
    year = models.PositiveSmallIntegerField("年度")
    serial = models.PositiveIntegerField("顺序号")
    paper = models.JSONField("内容", editable=False)
    """All that stands on the paper, the office's text, the number and the names too."""
    file = models.FileField("文件", upload_to="reports/", max_length=255, storage=sealed_storage, blank=True)
    sha256 = models.CharField("文件指纹", max_length=64, blank=True)
    """Empty where the machine had no Chinese font: the PDF is then drawn when it is asked for."""
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="签发人"
    )
    signed_at = models.DateTimeField("签发时间")

    class Meta:
        verbose_name = "签发月报"
        verbose_name_plural = "签发月报"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["register", "year", "serial"], name="report_serial_once")
        ]

    def __str__(self) -> str:
        return self.number
