"""Files of a commitment: the signed letter as a scan, evidence of its performance. Sealed at rest."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.kept_files import path_in
from accounts.sealed_files import sealed_storage
from audit.guard import TrackedManager
from audit.models import tracked
from casework.models.files import KeptFile

from .commitments import Commitment
from .owed import OwedMaterial
from .performances import Performance

FOLDER = "commitments"


def stored_as(attachment: Attachment, name: str) -> str:
    return path_in(FOLDER, attachment.uploaded_at)


class Attachment(KeptFile):
    """One file."""

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
    kind = models.CharField("类别", max_length=12, choices=Kind.choices)
    file = models.FileField("文件", upload_to=stored_as, max_length=100, storage=sealed_storage)

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
