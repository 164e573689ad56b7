"""Files of a commitment: the signed letter as a scan, evidence of its performance. Sealed at rest."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.sealed_files import sealed_storage
from audit.clock import local_day
from audit.guard import TrackedManager
from audit.models import tracked
from casework.rules.file_types import REMARKS, TYPES, FileType, Remark

from .commitments import Commitment
from .owed import OwedMaterial
from .performances import Performance

FOLDER = "commitments"


def stored_as(attachment: Attachment, name: str) -> str:
    """A path that tells nothing: neither the sender's name for the file nor the commitment."""
    return f"{FOLDER}/{local_day(attachment.uploaded_at).year}/{secrets.token_hex(20)}"


class Attachment(models.Model):
    """One file. It is never deleted; what was handed in by mistake is crossed out, with the reason."""

    class Kind(models.TextChoices):
        SIGNED = "signed", "签署的承诺书"
        PERFORMANCE = "performance", "履约证据"
        OWED = "owed", "补交的材料"
        OTHER = "other", "其他"

    commitment = models.ForeignKey(
        Commitment, on_delete=models.PROTECT, related_name="attachments", verbose_name="信用承诺"
    )
    performance = models.ForeignKey(
        Performance, on_delete=models.PROTECT, null=True, blank=True, related_name="attachments",
        verbose_name="履约践诺",
    )  # fmt: skip
    owed = models.ForeignKey(
        OwedMaterial, on_delete=models.PROTECT, null=True, blank=True, related_name="attachments",
        verbose_name="容缺材料",
    )  # fmt: skip
    number = models.PositiveSmallIntegerField("序号")
    kind = models.CharField("类别", max_length=12, choices=Kind.choices)
    file = models.FileField("文件", upload_to=stored_as, max_length=100, storage=sealed_storage)
    name = models.CharField("文件名", max_length=120)
    file_type = models.CharField(
        "文件类型", max_length=8, choices=[(code, kind.ending) for code, kind in TYPES.items()]
    )
    size = models.PositiveBigIntegerField("大小(字节)")
    sha256 = models.CharField("文件指纹", max_length=64)
    remarks = ArrayField(
        models.CharField(max_length=10, choices=list(REMARKS.items())), default=list, blank=True,
        verbose_name="文件提示",
    )  # fmt: skip
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="上传人"
    )
    uploaded_at = models.DateTimeField("上传时间")
    removed_at = models.DateTimeField("划除时间", null=True, blank=True)
    removed_reason = models.TextField("划除理由", blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "承诺附件"
        verbose_name_plural = "承诺附件"
        ordering = ["commitment", "number"]
        constraints = [
            models.UniqueConstraint(fields=["commitment", "number"], name="attachment_number_once"),
            models.UniqueConstraint(
                fields=["commitment", "sha256"],
                condition=Q(removed_at=None),
                name="attachment_content_once",
                violation_error_message="同一份文件已经在该承诺中。",
            ),
            models.CheckConstraint(
                name="attachment_removed_with_reason",
                condition=Q(removed_at=None, removed_reason="")
                | (Q(removed_at__isnull=False) & ~Q(removed_reason="")),
            ),
            models.CheckConstraint(
                name="attachment_of_one_thing", condition=Q(performance=None) | Q(owed=None)
            ),
        ]
        indexes = [models.Index(fields=["file"], name="attachment_by_file")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"

    @property
    def type(self) -> FileType:
        return TYPES[self.file_type]

    @property
    def shown(self) -> bool:
        """Whether a browser may show it: nothing that runs by itself, nothing that needs another program."""
        return self.type.shown and Remark.SCRIPT not in self.remarks
