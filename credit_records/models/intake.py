"""Intake batches: an uploaded file on its way to records. Nothing of it is a record before it is submitted."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Department
from accounts.sealed_columns import sealed_in
from accounts.sealed_files import sealed_storage
from audit.guard import TrackedManager
from audit.models import tracked

from .catalogue import CatalogueItem


class IntakeBatch(models.Model):
    """One file of one department for one catalogue item."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", "已上传"
        CHECKED = "checked", "已检查"
        REFUSED = "refused", "文件不可用"
        SUBMITTED = "submitted", "待审核"
        RETURNED = "returned", "已退回"
        PUBLISHED = "published", "已发布"
        TAKEN_BACK = "taken_back", "已撤销"

    department = models.ForeignKey(Department, on_delete=models.PROTECT, verbose_name="报送单位")
    item = models.ForeignKey(CatalogueItem, on_delete=models.PROTECT, verbose_name="事项")
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.UPLOADED)
    file = models.FileField("文件", upload_to="intake/%Y/%m/", max_length=255, storage=sealed_storage)
    file_name = models.CharField("文件名", max_length=255)
    file_size = models.BigIntegerField("大小(字节)", default=0)
    file_sha256 = models.CharField("文件指纹", max_length=64)
    corrects = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="corrections",
        verbose_name="改正自",
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="上传人"
    )
    uploaded_at = models.DateTimeField("上传时间")
    checked_at = models.DateTimeField("检查时间", null=True, blank=True)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="审核人",
    )  # fmt: skip
    reviewed_at = models.DateTimeField("审核时间", null=True, blank=True)
    refusal_code = models.CharField("不可用代码", max_length=60, blank=True)
    refusal = models.TextField("不可用原因", blank=True)
    layout = models.JSONField("文件结构", default=dict, blank=True)
    rows = models.PositiveIntegerField("行数", default=0)
    created = models.PositiveIntegerField("新增", default=0)
    updated = models.PositiveIntegerField("更新", default=0)
    unchanged = models.PositiveIntegerField("无变化", default=0)
    held = models.PositiveIntegerField("存疑", default=0)
    rejected = models.PositiveIntegerField("拒绝", default=0)
    state_reason = models.TextField("状态理由", blank=True)

    history = tracked(stood=("state", "rows", "created", "updated", "unchanged"))
    objects = TrackedManager()

    class Meta:
        verbose_name = "报送批次"
        verbose_name_plural = "报送批次"
        ordering = ["-id"]
        indexes = [models.Index(fields=["department", "-id"], name="batch_by_department")]

    def __str__(self) -> str:
        return self.file_name

    @property
    def accepted(self) -> int:
        return self.created + self.updated + self.unchanged


class IntakeRun(models.Model):
    """The progress of the check of a batch, for the page that shows it; worth nothing once the check has ended."""

    untracked_because = "a progress figure that changes many times a second and ends with the check"

    batch = models.OneToOneField(IntakeBatch, on_delete=models.CASCADE, related_name="run")
    rows_done = models.PositiveIntegerField("已检查行数", default=0)
    rows_total = models.PositiveIntegerField("总行数", null=True)
    step = models.CharField("步骤", max_length=40, blank=True)
    beat_at = models.DateTimeField("最近动作", null=True)

    class Meta:
        verbose_name = "检查进度"
        verbose_name_plural = "检查进度"

    def __str__(self) -> str:
        return f"{self.rows_done}/{self.rows_total}"


class IntakeRow(models.Model):
    """One row of the file after the check: what it says, in the product's own form, and what would become of it."""

    untracked_because = (
        "a proposal, not a record: the uploaded file and the records it became are the history"
    )

    class Verdict(models.TextChoices):
        ACCEPT = "accept", "可入库"
        HOLD = "hold", "存疑"
        REJECT = "reject", "拒绝"

    class Action(models.TextChoices):
        CREATE = "create", "新增"
        UPDATE = "update", "更新"
        UNCHANGED = "unchanged", "无变化"
        NONE = "none", "不入库"

    pk = models.CompositePrimaryKey("batch_id", "row")
    # Batches are never deleted; a check of the key for every row of every file would be for nothing.
    batch = models.ForeignKey(
        IntakeBatch, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="staged"
    )
    row = models.PositiveIntegerField("行号")
    verdict = models.CharField("结论", max_length=8, choices=Verdict.choices)
    action = models.CharField("将", max_length=10, choices=Action.choices, default=Action.NONE)
    explanation = models.TextField("存疑说明", blank=True)
    record = models.ForeignKey(
        "Record",
        on_delete=models.DO_NOTHING,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
    subject = models.ForeignKey(
        "Subject",
        on_delete=models.DO_NOTHING,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
    version = models.ForeignKey(
        "CatalogueVersion", on_delete=models.DO_NOTHING, null=True, db_index=False, db_constraint=False,
        related_name="+",
    )  # fmt: skip
    subject_kind = models.CharField(max_length=20, blank=True)
    subject_code = models.CharField(max_length=18, db_collation="C", null=True)  # noqa: DJ001  no code is NULL, as on the subject
    subject_name = models.CharField("主体", max_length=200, blank=True)
    name_key = models.CharField(max_length=200, db_collation="C", blank=True)
    legal_representative = models.CharField(max_length=50, blank=True)
    registration_number = models.CharField(max_length=50, blank=True)
    id_type = models.CharField(max_length=64, blank=True)
    id_sealed = models.TextField(blank=True)
    id_index = models.CharField(max_length=64, db_collation="C", null=True)  # noqa: DJ001
    id_masked = models.CharField(max_length=64, blank=True)
    business_key = models.CharField(max_length=600, db_collation="C", blank=True)
    document_number = models.CharField("文号", max_length=256, blank=True)
    document_key = models.CharField(max_length=256, db_collation="C", blank=True)
    decision_date = models.DateField("决定日期", null=True)
    authority_name = models.CharField(max_length=200, blank=True)
    authority_code = models.CharField(max_length=18, blank=True)
    kinds = ArrayField(models.CharField(max_length=256), default=list)
    fine = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    confiscated = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    valid_until = models.DateField(null=True)
    details = models.JSONField(default=dict)
    digest = models.CharField(max_length=32, blank=True)
    disclosure = models.CharField(max_length=12, blank=True)
    severity = models.CharField(max_length=8, blank=True)
    rule_set = models.CharField(max_length=40, blank=True)
    publicity_start = models.DateField(null=True)
    publicity_earliest_end = models.DateField(null=True)
    publicity_latest_end = models.DateField(null=True)

    class Meta:
        verbose_name = "报送行"
        verbose_name_plural = "报送行"
        ordering = ["batch", "row"]

    def __str__(self) -> str:
        return f"第{self.row}行"


class IntakeFinding(models.Model):
    """One remark of the check about one cell or one row."""

    untracked_because = "the outcome of a check, made anew by every check"

    batch = models.ForeignKey(
        IntakeBatch, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="findings"
    )
    row = models.PositiveIntegerField("行号")
    column_index = models.PositiveIntegerField("列序", null=True)
    column = models.CharField("栏目", max_length=100, blank=True)
    code = models.CharField("代码", max_length=60)
    severity = models.CharField("程度", max_length=8)
    value = models.CharField("填写内容", max_length=200, blank=True)
    message = models.TextField("说明")

    class Meta:
        verbose_name = "检查意见"
        verbose_name_plural = "检查意见"
        ordering = ["batch", "row", "id"]
        indexes = [
            models.Index(fields=["batch", "row", "code"], include=["severity"], name="intake_finding_row")
        ]

    def __str__(self) -> str:
        return self.message


class ZeroReport(models.Model):
    """A department's word that a month brought no decisions of a kind (零报送)."""

    department = models.ForeignKey(Department, on_delete=models.PROTECT, verbose_name="报送单位")
    item = models.ForeignKey(CatalogueItem, on_delete=models.PROTECT, verbose_name="事项")
    month = models.DateField("月份", help_text="该月第一天")
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="报送人"
    )
    reported_at = models.DateTimeField("报送时间")
    withdrawn_at = models.DateTimeField("撤销时间", null=True, blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "零报送"
        verbose_name_plural = "零报送"
        ordering = ["-month", "department"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "item", "month"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="zero_report_once",
                violation_error_message="该月已经零报送。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.department} {self.item} {self.month:%Y-%m}"


sealed_in(IntakeRow, "id_sealed")
sealed_in(IntakeRow, "details", within=True)
