"""Public credit records."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Q

from accounts.models import Department
from accounts.sealed_columns import sealed_in
from audit.guard import TrackedQuerySet
from audit.models import tracked

from .catalogue import CatalogueItem, CatalogueVersion
from .subjects import Subject

_NOT_REPAIRED = ["draft", "submitted", "returned", "published", "withdrawn", "ended", "suspended"]
_HIDDEN = ["suspended", "withdrawn", "ended", "repaired"]


class RecordQuerySet(TrackedQuerySet):
    def public(self, on: date) -> RecordQuerySet:
        """Records that the public may see on a day: in force, disclosed, and within their publicity period.

        The period is asked of its dates, never of a job that may have been late.
        """
        return self.in_use(on).filter(disclosure=CatalogueVersion.Disclosure.PUBLIC, publicity_start__lte=on)

    def in_use(self, on: date) -> RecordQuerySet:
        """Records that may be shared with other bodies and used for measures and evaluation on a day.

        What is repaired, withdrawn, suspended or over its time is in none of these (《信用修复管理办法》第三条).
        """
        return self.filter(
            Q(publicity_latest_end__isnull=True) | Q(publicity_latest_end__gte=on),
            state=Record.State.PUBLISHED,
        )


class Record(models.Model):
    """One administrative decision about one subject, as one department reported it."""

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        SUBMITTED = "submitted", "待审核"
        RETURNED = "returned", "退回"
        PUBLISHED = "published", "已发布"
        WITHDRAWN = "withdrawn", "已撤回"
        ENDED = "ended", "公示终止"
        SUSPENDED = "suspended", "暂停公示"
        REPAIRED = "repaired", "已修复"

    class Severity(models.TextChoices):
        MINOR = "minor", "轻微"
        GENERAL = "general", "一般"
        SERIOUS = "serious", "严重"

    # The same for thousands of rows of a batch, and checked for each of them these six cost a third of an intake: the
    # rows they name are never deleted (a trigger refuses it), and only services that hold these rows write them.
    item = models.ForeignKey(
        CatalogueItem, on_delete=models.PROTECT, db_index=False, db_constraint=False, verbose_name="事项"
    )
    version = models.ForeignKey(
        CatalogueVersion,
        on_delete=models.PROTECT,
        db_index=False,
        db_constraint=False,
        verbose_name="目录版本",
    )
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, db_index=False, db_constraint=False, verbose_name="数据来源单位"
    )
    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, db_index=False, related_name="records", verbose_name="主体"
    )
    business_key = models.CharField("业务主键", max_length=600, db_collation="C", editable=False)
    document_number = models.CharField("决定书文号", max_length=256)
    document_key = models.CharField("文号比对键", max_length=256, db_collation="C", editable=False)
    decision_date = models.DateField("决定日期")
    authority_name = models.CharField("决定机关", max_length=200, blank=True)
    authority_code = models.CharField("决定机关代码", max_length=18, blank=True)
    kinds = ArrayField(models.CharField(max_length=256), verbose_name="类别", default=list, blank=True)
    fine = models.DecimalField("罚款金额(万元)", max_digits=18, decimal_places=6, null=True, blank=True)
    confiscated = models.DecimalField(
        "没收金额(万元)", max_digits=18, decimal_places=6, null=True, blank=True
    )
    valid_until = models.DateField("有效期至", null=True, blank=True)
    details = models.JSONField("内容", default=dict)
    digest = models.CharField("内容指纹", max_length=32, editable=False)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    disclosure = models.CharField("公开属性", max_length=12, choices=CatalogueVersion.Disclosure.choices)
    severity = models.CharField("失信程度", max_length=8, choices=Severity.choices, blank=True)
    rule_set = models.CharField("公示规则", max_length=40, blank=True)
    publicity_start = models.DateField("公示起", null=True, blank=True)
    publicity_earliest_end = models.DateField("最早可修复", null=True, blank=True)
    publicity_latest_end = models.DateField("最长公示至", null=True, blank=True)
    batch = models.ForeignKey(
        "IntakeBatch",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
        verbose_name="批次",
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        db_index=False,
        db_constraint=False,
        related_name="+",
        verbose_name="录入人",
    )
    entered_at = models.DateTimeField("录入时间")
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, db_constraint=False, null=True, blank=True,
        related_name="+", verbose_name="审核人",
    )  # fmt: skip
    reviewed_at = models.DateTimeField("审核时间", null=True, blank=True)
    state_reason = models.TextField("状态理由", blank=True)
    # Beside the state: an objection changes neither. Kept by `services.disputes`; the intake leaves it as it is.
    disputed = models.BooleanField("异议中", default=False, db_default=False)
    # The decision of the office on which the record was withdrawn; empty otherwise. While it stands, no upload brings the
    # record back, explained or not: `corrections.reinstate` alone does.
    withdrawn_by = models.TextField("撤回所依决定", blank=True, default="", db_default="", editable=False)
    # The decision by which the record was repaired; empty otherwise. Nothing but a decision that revokes it brings the
    # record back (`services.repairs`).
    repaired_by = models.TextField("修复所依决定", blank=True, default="", db_default="", editable=False)

    # The decision by which a court's order hides the record; empty otherwise. Until `repairs.end_shield` takes it away no
    # verb and no upload shows the record, whatever its state becomes meanwhile.
    shielded_by = models.TextField("屏蔽所依决定", blank=True, default="", db_default="", editable=False)
    # The reason of a suspension that stands beside a shielding, or stood before a repair: it holds on when that falls.
    suspended_for = models.TextField("另行暂停理由", blank=True, default="", db_default="", editable=False)

    history = tracked()
    objects = models.Manager.from_queryset(RecordQuerySet)()

    class Meta:
        verbose_name = "信用记录"
        verbose_name_plural = "信用记录"
        ordering = ["-decision_date", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "item", "business_key"], name="record_business_key_once"
            ),
            models.CheckConstraint(
                name="record_publicity_in_order",
                condition=Q(publicity_latest_end__isnull=True)
                | Q(publicity_earliest_end__isnull=True)
                | Q(publicity_earliest_end__lte=models.F("publicity_latest_end")),
            ),
            models.CheckConstraint(
                name="record_withdrawn_by_decision_stays", condition=Q(withdrawn_by="") | Q(state="withdrawn")
            ),
            # Repaired without a decision, or named as repaired and still shown: neither can be written.
            models.CheckConstraint(
                name="record_repaired_by_decision",
                condition=Q(repaired_by="", state__in=_NOT_REPAIRED)
                | (~Q(repaired_by="") & Q(state__in=["repaired", "withdrawn"])),
            ),
            models.CheckConstraint(
                name="record_shielded_is_hidden", condition=Q(shielded_by="") | Q(state__in=_HIDDEN)
            ),
            models.CheckConstraint(
                name="record_suspended_beside_another_reason",
                condition=Q(suspended_for="") | ~Q(shielded_by="") | ~Q(repaired_by=""),
            ),
        ]
        indexes = [
            models.Index(fields=["decision_date", "id"], name="record_by_date"),
            models.Index(
                fields=["department", "decision_date", "id"],
                name="record_by_department_date",
                include=["subject"],
            ),
            # The body beside it: whether a body has a record of a subject is asked of a hundred thousand subjects at once.
            models.Index(
                fields=["subject", "document_key"], include=["department"], name="record_by_subject"
            ),
            models.Index(OpClass("document_key", name="text_pattern_ops"), name="record_by_document"),
            models.Index(fields=["batch"], name="record_by_batch", condition=Q(batch__isnull=False)),
            models.Index(
                fields=["department", "state", "id"],
                name="record_awaiting_work",
                condition=Q(state__in=["draft", "submitted", "returned"]),
            ),
            models.Index(
                fields=["publicity_latest_end"],
                name="record_publicity_running",
                condition=Q(state__in=["published", "suspended"]),
            ),
            models.Index(fields=["decision_date", "id"], name="record_disputed", condition=Q(disputed=True)),
        ]

    def __str__(self) -> str:
        return self.document_number


sealed_in(Record, "details", within=True)
