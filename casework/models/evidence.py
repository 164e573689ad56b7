"""Evidence: the files of a case, sealed at rest, with who provided them, and which department they were shown to."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Department
from accounts.sealed_files import sealed_storage
from audit.clock import local_day
from audit.guard import TrackedManager
from audit.models import tracked
from casework.rules.file_types import REMARKS, TYPES, Remark
from casework.rules.file_types import FileType as Type

from .cases import Case

_KILOBYTE = 1024
_MEGABYTE = 1024 * 1024


def stored_as(evidence: Evidence, name: str) -> str:
    """A path that tells nothing: neither the sender's name for the file nor the case."""
    return f"evidence/{local_day(evidence.uploaded_at).year}/{secrets.token_hex(20)}"


class Evidence(models.Model):
    """One file of a case. It is never deleted; what was handed in by mistake is crossed out, with the reason."""

    class Kind(models.TextChoices):
        APPLICATION = "application", "申请材料"
        IDENTITY = "identity", "身份证明"
        AUTHORISATION = "authorisation", "授权委托书"
        PROOF = "proof", "证据"
        ANSWER = "answer", "协查答复材料"
        CORRECTION = "correction", "更正决定"
        DELIVERY = "delivery", "送达凭证"
        OTHER = "other", "其他"

    class ProvidedBy(models.TextChoices):
        APPLICANT = "applicant", "当事人"
        DEPARTMENT = "department", "单位"
        OFFICE = "office", "本办"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="evidence", verbose_name="案件")
    number = models.PositiveSmallIntegerField("序号")
    kind = models.CharField("类别", max_length=14, choices=Kind.choices)
    title = models.CharField("标题", max_length=200)
    file = models.FileField("文件", upload_to=stored_as, max_length=100, storage=sealed_storage)
    name = models.CharField("文件名", max_length=120)
    file_type = models.CharField(
        "文件类型", max_length=8, choices=[(code, kind.ending) for code, kind in TYPES.items()]
    )
    size = models.PositiveBigIntegerField("大小(字节)")
    sha256 = models.CharField("文件指纹", max_length=64)
    remarks = ArrayField(
        models.CharField(max_length=10, choices=list(REMARKS.items())),
        default=list,
        blank=True,
        verbose_name="文件提示",
    )
    provided_by = models.CharField("提供方", max_length=12, choices=ProvidedBy.choices)
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="提供单位"
    )
    point_number = models.PositiveSmallIntegerField("异议点", null=True, blank=True)
    request = models.ForeignKey(
        "casework.Request", on_delete=models.PROTECT, null=True, blank=True, related_name="evidence",
        verbose_name="所答复的函",
    )  # fmt: skip
    received_on = models.DateField("收到日期")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="上传人"
    )
    uploaded_for = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="上传单位"
    )
    """The department for which the uploader acted; none for the office."""
    uploaded_at = models.DateTimeField("上传时间")
    removed_at = models.DateTimeField("划除时间", null=True, blank=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="划除人",
    )  # fmt: skip
    removed_reason = models.TextField("划除理由", blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "证据材料"
        verbose_name_plural = "证据材料"
        ordering = ["case", "number"]
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="evidence_number_once"),
            models.UniqueConstraint(
                fields=["case", "sha256", "department"],
                condition=Q(removed_at=None),
                nulls_distinct=False,
                name="evidence_content_once",
                violation_error_message="同一份文件已经在本案。",
            ),
            models.CheckConstraint(
                name="evidence_department_provides",
                condition=Q(provided_by="department", department__isnull=False)
                | (~Q(provided_by="department") & Q(department=None)),
            ),
            models.CheckConstraint(
                name="evidence_removed_with_reason",
                condition=Q(removed_at=None, removed_by=None, removed_reason="")
                | (Q(removed_at__isnull=False, removed_by__isnull=False) & ~Q(removed_reason="")),
            ),
        ]
        indexes = [models.Index(fields=["file"], name="evidence_by_file")]

    def __str__(self) -> str:
        return f"{self.number}号材料 {self.title}"

    @property
    def type(self) -> Type:
        return TYPES[self.file_type]

    @property
    def is_removed(self) -> bool:
        return self.removed_at is not None

    @property
    def shown(self) -> bool:
        """Whether a browser may show it: nothing that runs by itself, nothing that needs another program."""
        return self.type.shown and Remark.SCRIPT not in self.remarks

    @property
    def remarks_in_words(self) -> list[str]:
        return [REMARKS[Remark(remark)] for remark in self.remarks]

    @property
    def size_in_words(self) -> str:
        if self.size < _MEGABYTE:
            return f"{max(1, round(self.size / _KILOBYTE))}KB"
        return f"{self.size / _MEGABYTE:.1f}MB"

    @property
    def provider(self) -> str:
        """Who provided it, as the list says; needs `department`."""
        if self.department is not None:
            return self.department.short_name or self.department.name
        return str(self.get_provided_by_display())


class EvidenceShare(models.Model):
    """A department may see this evidence: it travelled whole with the request made to it (协查)."""

    evidence = models.ForeignKey(
        Evidence, on_delete=models.PROTECT, related_name="shares", verbose_name="证据材料"
    )
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", verbose_name="单位"
    )
    shared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="移送人"
    )
    shared_at = models.DateTimeField("移送时间")

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "材料移送"
        verbose_name_plural = "材料移送"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["evidence", "department"], name="evidence_shared_once")
        ]
        indexes = [models.Index(fields=["department", "evidence"], name="evidence_by_department")]

    def __str__(self) -> str:
        return f"{self.evidence_id} → {self.department_id}"
