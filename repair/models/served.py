"""两书同达: that the notice on repair (信用修复告知书) was served together with the penalty decision, and how.

Who is penalised learns with the decision from when and by what the record can be repaired. The department that decided serves
both papers and records it here; what is missing is a list, not a guess.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.kept_files import path_in
from accounts.sealed_files import sealed_storage
from audit.guard import TrackedQuerySet
from audit.models import tracked
from casework.rules.file_types import TYPES
from credit_records.models import Record


def scan_stored_as(notice: ServedNotice, name: str) -> str:
    return path_in("served", notice.recorded_at)


class ServedNoticeQuerySet(TrackedQuerySet):
    def standing(self) -> ServedNoticeQuerySet:
        """Recorded and not taken back."""
        return self.filter(undone_at=None)


class ServedNotice(models.Model):
    """One record of service for one penalty record. A mistaken one is taken back with the reason, never deleted."""

    class Method(models.TextChoices):
        """As the civil procedure law has them, which 行政处罚法 61 refers to."""

        DIRECT = "direct", "直接送达"
        ON_THE_SPOT = "on_the_spot", "当场交付"
        LEFT = "left", "留置送达"
        POST = "post", "邮寄送达"
        ELECTRONIC = "electronic", "电子送达"
        ENTRUSTED = "entrusted", "委托送达"
        ANNOUNCED = "announced", "公告送达"

    record = models.ForeignKey(
        Record, on_delete=models.PROTECT, related_name="served_notices", verbose_name="处罚记录"
    )
    served_on = models.DateField("送达日期")
    method = models.CharField("送达方式", max_length=12, choices=Method.choices)
    reference = models.CharField("送达回证编号", max_length=100, blank=True)
    note = models.CharField("备注", max_length=300, blank=True)
    scan = models.FileField(
        "送达回证扫描件", upload_to=scan_stored_as, max_length=100, storage=sealed_storage, blank=True
    )
    scan_name = models.CharField("文件名", max_length=120, blank=True)
    scan_type = models.CharField(
        "文件类型", max_length=8, choices=[(code, kind.ending) for code, kind in TYPES.items()], blank=True
    )
    scan_sha256 = models.CharField("文件指纹", max_length=64, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="登记人"
    )
    recorded_at = models.DateTimeField("登记时间")
    undone_at = models.DateTimeField("撤销时间", null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="撤销人",
    )  # fmt: skip
    undone_reason = models.TextField("撤销理由", blank=True)

    history = tracked()
    objects = models.Manager.from_queryset(ServedNoticeQuerySet)()

    class Meta:
        verbose_name = "修复告知书送达"
        verbose_name_plural = "修复告知书送达"
        ordering = ["-served_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["record"],
                condition=Q(undone_at=None),
                name="served_notice_once",
                violation_error_message="该记录已登记送达。",
            ),
            models.CheckConstraint(
                name="served_notice_undone_with_reason",
                condition=Q(undone_at=None, undone_by=None, undone_reason="")
                | (Q(undone_at__isnull=False, undone_by__isnull=False) & ~Q(undone_reason="")),
            ),
            models.CheckConstraint(
                name="served_notice_scan_whole",
                condition=Q(scan="", scan_name="", scan_type="", scan_sha256="")
                | ~Q(scan="") & ~Q(scan_name="") & ~Q(scan_type="") & ~Q(scan_sha256=""),
            ),
        ]
        indexes = [
            models.Index(fields=["served_on", "id"], name="served_notice_by_day"),
            models.Index(fields=["scan"], name="served_notice_by_scan", condition=~Q(scan="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_method_display()} {self.served_on}"

    @property
    def is_standing(self) -> bool:
        return self.undone_at is None


class RepairableRecord(Record):
    """A penalty record as the list of what can be repaired shows it; nothing is written through it."""

    untracked_because = "it is a view of Record, whose history it shares"

    class Meta:
        proxy = True
        verbose_name = "可修复记录"
        verbose_name_plural = "可修复记录"


class PenaltyToServe(Record):
    """A penalty record that falls under 两书同达, with or without a record of service; nothing is written through it."""

    untracked_because = "it is a view of Record, whose history it shares"

    class Meta:
        proxy = True
        verbose_name = "应当同达的处罚"
        verbose_name_plural = "应当同达的处罚"


__all__ = ["PenaltyToServe", "RepairableRecord", "ServedNotice"]
