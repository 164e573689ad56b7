"""Evidence: the files of a case, sealed at rest, with who provided them, and which department they were shown to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.kept_files import path_in
from accounts.models import Department
from accounts.sealed_files import sealed_storage
from audit.guard import TrackedManager
from audit.models import tracked
from casework.rules.file_types import REMARKS, Remark

from .cases import Case
from .files import KeptFile

_KILOBYTE = 1024
_MEGABYTE = 1024 * 1024


def stored_as(evidence: Evidence, name: str) -> str:
    return path_in("evidence", evidence.uploaded_at)


class Evidence(KeptFile):
    """One file of a case."""

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
    kind = models.CharField("类别", max_length=14, choices=Kind.choices)
    title = models.CharField("标题", max_length=200)
    file = models.FileField("文件", upload_to=stored_as, max_length=100, storage=sealed_storage)
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
    uploaded_for = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="上传单位"
    )
    """The department for which the uploader acted; none for the office."""
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="划除人",
    )  # fmt: skip

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
    def is_removed(self) -> bool:
        return self.removed_at is not None

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
