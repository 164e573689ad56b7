"""An application for credit repair (信用修复申请) and its records, each decided by itself."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from audit.guard import TrackedManager
from audit.models import tracked
from casework.models import Case, Request
from credit_records.models import Record


class Application(models.Model):
    """The part of a case that only repairs have; number, clock, state and people stand on the case (docs/adr/0009)."""

    class Kind(models.TextChoices):
        REPAIR = "repair", "信用修复"
        SHIELD = "shield", "破产重整屏蔽"
        """Temporary, on the court's order; nothing is repaired by it."""

    case = models.OneToOneField(
        Case, on_delete=models.PROTECT, primary_key=True, related_name="repair", verbose_name="案件"
    )
    kind = models.CharField("申请类型", max_length=8, choices=Kind.choices, default=Kind.REPAIR)
    statement = models.TextField("整改情况", blank=True)
    """What the applicant says it has put right."""
    committed_on = models.DateField("承诺书日期", null=True, blank=True)
    """The day of the commitment letter handed in; empty until it is there."""
    commitment = models.TextField("承诺内容", blank=True)
    court = models.CharField("裁定法院", max_length=200, blank=True)
    order_number = models.CharField("裁定书文号", max_length=128, blank=True)
    ordered_on = models.DateField("裁定日期", null=True, blank=True)
    false_material = models.TextField("查明的虚假材料", blank=True)
    """Why a repaired case was taken up again; while it is set, the round is about revoking (撤销修复)."""

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "信用修复"
        verbose_name_plural = "信用修复"
        ordering = ["-case_id"]
        constraints = [
            models.CheckConstraint(
                name="application_shield_by_order",
                condition=Q(kind="repair")
                | (~Q(court="") & ~Q(order_number="") & Q(ordered_on__isnull=False)),
                violation_error_message="破产重整屏蔽须写明法院、裁定书文号和日期。",
            )
        ]
        indexes = [models.Index(fields=["case"], name="application_shields", condition=Q(kind="shield"))]

    def __str__(self) -> str:
        return self.case.number


class Item(models.Model):
    """One record for which repair is applied; the source confirms it, the office decides it."""

    class Finding(models.TextChoices):
        """What the source department says of the duties that its decision imposed."""

        FULFILLED = "fulfilled", "已履行完毕"
        PARTLY = "partly", "部分履行"
        NOT_FULFILLED = "not", "未履行"
        UNKNOWN = "unknown", "无法核实"

    class Outcome(models.TextChoices):
        GRANTED = "granted", "准予修复"
        DENIED = "denied", "不予修复"
        REVOKED = "revoked", "撤销修复"
        KEPT = "kept", "维持修复"

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="items", verbose_name="信用修复"
    )
    number = models.PositiveSmallIntegerField("序号")
    record = models.ForeignKey(
        Record, on_delete=models.PROTECT, related_name="repair_items", verbose_name="记录"
    )
    record_version = models.BigIntegerField("申请时的记录版本", null=True)
    pending = models.BooleanField("办理中", default=True)
    """Until the item is decided or the case ends; a record stands in one open application at a time."""
    claimed_fulfilled_on = models.DateField("申请人所称履行日期", null=True, blank=True)

    finding = models.CharField("核实结果", max_length=10, choices=Finding.choices, blank=True)
    fulfilled_on = models.DateField("履行完毕日期", null=True, blank=True)
    """As the source department confirmed it."""
    answer = models.TextField("核实情况", blank=True)
    request = models.ForeignKey(
        Request, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="协查函"
    )
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="核实人",
    )  # fmt: skip
    answered_at = models.DateTimeField("核实时间", null=True, blank=True)

    outcome = models.CharField("处理结论", max_length=8, choices=Outcome.choices, blank=True)
    outcome_reasons = models.TextField("处理理由", blank=True)
    decided_on = models.DateField("决定日期", null=True, blank=True)
    rule_set = models.CharField("适用规则", max_length=40, blank=True)
    """The rule set under which it was decided, for good."""
    conditions = models.JSONField("决定时的修复条件", default=list, blank=True)
    """Every condition as it stood at the decision: code, title, verdict, fact, source."""

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "修复事项"
        verbose_name_plural = "修复事项"
        ordering = ["application", "number"]
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="item_number_once"),
            models.UniqueConstraint(fields=["application", "record"], name="item_record_once"),
            models.UniqueConstraint(
                fields=["record"],
                condition=Q(pending=True),
                name="item_open_once_per_record",
                violation_error_message="该记录已在另一件修复申请中办理。",
            ),
            models.CheckConstraint(
                name="item_fulfilled_with_day",
                condition=~Q(finding="fulfilled") | Q(fulfilled_on__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["record"], name="item_by_record")]

    def __str__(self) -> str:
        return f"第{self.number}项"
