"""Letters (文书): dated templates, and what was issued, frozen with its number."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Q

from accounts.models import Department
from accounts.sealed_files import sealed_storage
from audit.guard import TrackedManager, TrackedQuerySet
from audit.models import tracked
from credit_records.models.catalogue import DateRange

from .cases import Case, Kind


class LetterKind(models.TextChoices):
    ACCEPTANCE = "acceptance", "受理通知书"
    REFUSAL = "refusal", "不予受理通知书"
    CORRECTION = "correction", "补正通知书"
    EXTENSION = "extension", "延期通知书"
    VERIFICATION = "verification", "协查函"
    DECISION = "decision", "决定书"
    TERMINATION = "termination", "终止办理告知书"
    REVIEW = "review", "报请审核函"
    REVOCATION = "revocation", "撤销决定书"
    NOTICE = "notice", "事先告知书"
    HEARING = "hearing", "听证通知书"
    DELIVERY = "delivery", "送达回证"


class LetterTemplateQuerySet(TrackedQuerySet):
    def in_force(self, on: date) -> LetterTemplateQuerySet:
        return self.filter(Q(in_force_to__isnull=True) | Q(in_force_to__gte=on), in_force_from__lte=on)


class LetterTemplate(models.Model):
    """The text of one kind of letter from one day to another; a letter keeps what it said when it was issued."""

    key = models.SlugField("代号", max_length=60, unique=True)
    kind = models.CharField("文书", max_length=14, choices=LetterKind.choices)
    case_kind = models.CharField("案件类型", max_length=12, choices=Kind.choices, blank=True)
    """Empty: for every kind of case that has no template of its own."""
    title = models.CharField("标题", max_length=100)
    register = models.CharField("号簿", max_length=33, blank=True)
    number_pattern = models.CharField("文号格式", max_length=60, blank=True)
    in_force_from = models.DateField("启用自")
    in_force_to = models.DateField("启用至", null=True, blank=True)
    source = models.TextField("来源")
    body = models.JSONField("正文")

    history = tracked()
    objects = models.Manager.from_queryset(LetterTemplateQuerySet)()

    class Meta:
        verbose_name = "文书模板"
        verbose_name_plural = "文书模板"
        ordering = ["case_kind", "kind", "-in_force_from"]
        constraints = [
            ExclusionConstraint(
                name="letter_template_in_force_once",
                expressions=[
                    (F("kind"), RangeOperators.EQUAL),
                    (F("case_kind"), RangeOperators.EQUAL),
                    (
                        DateRange("in_force_from", "in_force_to", RangeBoundary(inclusive_upper=True)),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message="同一种文书在同一天只能有一个启用的模板。",
            )
        ]

    def __str__(self) -> str:
        return self.title


class Letter(models.Model):
    """One letter as it left the house: number, text and file never change; only its delivery is added."""

    Kind = LetterKind

    class Method(models.TextChoices):
        """How it reached its addressee (民事诉讼法(2023年修正)第八十七条至第九十五条)."""

        DIRECT = "direct", "直接送达"
        POST = "post", "邮寄送达"
        ELECTRONIC = "electronic", "电子送达"
        LEFT = "left", "留置送达"
        ANNOUNCEMENT = "announcement", "公告送达"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="letters", verbose_name="案件")
    kind = models.CharField("文书", max_length=14, choices=LetterKind.choices)
    template = models.ForeignKey(
        LetterTemplate, on_delete=models.PROTECT, related_name="+", verbose_name="模板"
    )
    number = models.CharField("文号", max_length=80, unique=True)
    register = models.CharField("号簿", max_length=33)
    year = models.PositiveSmallIntegerField("年度")
    serial = models.PositiveIntegerField("顺序号")
    title = models.CharField("标题", max_length=100)
    addressee = models.CharField("收件人", max_length=200)
    addressee_department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="收件单位"
    )
    content = models.JSONField("内容", editable=False)
    """The sheet (`casework.letters.sheet`): everything on the paper, whatever becomes of the template."""
    file = models.FileField("文件", upload_to="letters/", max_length=255, storage=sealed_storage, blank=True)
    sha256 = models.CharField("文件指纹", max_length=64, blank=True)
    issued_on = models.DateField("成文日期")
    issued_at = models.DateTimeField("发出时间")
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="出文人"
    )
    deadline_shown = models.DateField("文中期限", null=True, blank=True)
    delivery_method = models.CharField("送达方式", max_length=14, choices=Method.choices, blank=True)
    delivered_on = models.DateField("送达日期", null=True, blank=True)
    received_by = models.CharField("签收人", max_length=200, blank=True)
    delivery_note = models.CharField("送达备注", max_length=500, blank=True)
    delivery_recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="送达登记人",
    )  # fmt: skip

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "文书"
        verbose_name_plural = "文书"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["register", "year", "serial"], name="letter_serial_once"),
            models.CheckConstraint(
                name="letter_delivery_whole",
                condition=Q(delivered_on=None, delivery_method="", delivery_recorded_by=None)
                | (
                    Q(delivered_on__gte=F("issued_on"), delivery_recorded_by__isnull=False)
                    & ~Q(delivery_method="")
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["case", "-id"], name="letter_by_case"),
            models.Index(fields=["addressee_department", "-id"], name="letter_by_department"),
            models.Index(fields=["-issued_on", "-id"], name="letter_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def has_pdf(self) -> bool:
        """Whether the file is really there: it is written right after the commit that names it."""
        return bool(self.file) and self.file.storage.exists(self.file.name)
