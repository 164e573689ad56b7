"""What objections leave on a record: the mark while they run, corrections by decision, the subject's own words."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.models import Department
from audit.guard import TrackedManager
from audit.models import tracked

from .catalogue import CatalogueItem
from .intake import IntakeBatch
from .records import Record
from .subjects import Subject


class Dispute(models.Model):
    """An objection that runs, or ran, against a record: what stands behind the mark 异议中."""

    record = models.ForeignKey(
        Record, on_delete=models.PROTECT, related_name="disputes", verbose_name="信用记录"
    )
    reference = models.CharField("案件编号", max_length=200)
    url = models.CharField("案件地址", max_length=300, blank=True)
    opened_at = models.DateTimeField("标记时间")
    closed_at = models.DateTimeField("解除时间", null=True, blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "异议标记"
        verbose_name_plural = "异议标记"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "reference"],
                condition=models.Q(closed_at__isnull=True),
                name="dispute_open_once",
            )
        ]

    def __str__(self) -> str:
        return self.reference


class SubjectStatement(models.Model):
    """What the subject says of a record that was maintained, kept and shown beside it (当事人声明)."""

    LONGEST = 1000

    record = models.ForeignKey(
        Record, on_delete=models.PROTECT, related_name="statements", verbose_name="信用记录"
    )
    text = models.TextField("声明", max_length=LONGEST)
    reference = models.CharField("依据", max_length=200)
    made_at = models.DateTimeField("声明时间")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="记录人"
    )

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "当事人声明"
        verbose_name_plural = "当事人声明"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.reference}声明"


class Correction(models.Model):
    """One column of a record put right by a decision: the intake compares later uploads with it."""

    untracked_because = (
        "rows are only ever added: the database refuses any change; the record's history tells the rest"
    )

    class Compared(models.TextChoices):
        """By what a value of the column is compared: spelling is no difference in a key."""

        VALUE = "", "内容"
        DOCUMENT_KEY = "document_key", "文号比对键"
        NAME_KEY = "name_key", "名称比对键"

    record = models.ForeignKey(
        Record, on_delete=models.PROTECT, related_name="corrections", verbose_name="信用记录"
    )
    # The record's own, repeated: one walk down one index tells whether a file concerns corrected records at all.
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, db_index=False, verbose_name="数据来源单位"
    )
    item = models.ForeignKey(CatalogueItem, on_delete=models.PROTECT, db_index=False, verbose_name="事项")
    batch = models.ForeignKey(
        IntakeBatch, on_delete=models.PROTECT, related_name="decided_corrections", verbose_name="批次"
    )
    field_code = models.CharField("字段代码", max_length=40)
    field_title = models.CharField("字段名称", max_length=100)
    compared = models.CharField("比对方式", max_length=20, choices=Compared.choices, blank=True)
    wrong = models.JSONField("原值(比对)", null=True)
    """As `compared` has it; of a personal number its index alone."""
    right = models.JSONField("更正值(比对)", null=True)
    wrong_text = models.TextField("原值")
    right_text = models.TextField("更正为")
    reference = models.CharField("依据", max_length=200)
    reason = models.TextField("理由")
    at = models.DateTimeField("更正时间")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="更正人"
    )
    # By what the record was found before, where the correction touched that; empty otherwise.
    former_business_key = models.CharField("原业务主键", max_length=600, db_collation="C", blank=True)
    former_document_key = models.CharField("原文号比对键", max_length=256, db_collation="C", blank=True)
    former_subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="原主体"
    )

    class Meta:
        verbose_name = "更正"
        verbose_name_plural = "更正"
        ordering = ["id"]
        indexes = [models.Index(fields=["department", "item"], name="correction_by_item")]

    def __str__(self) -> str:
        return f"{self.field_title}：{self.wrong_text} → {self.right_text}"
