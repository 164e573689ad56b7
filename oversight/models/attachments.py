"""Files handed in with a report on a task or a reply to a letter. Sealed at rest."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.kept_files import path_in
from accounts.sealed_files import sealed_storage
from audit.guard import TrackedManager
from audit.models import tracked
from casework.models.files import KeptFile

from .directives import Addressee
from .tasks import Duty

FOLDER = "oversight"


def stored_as(attachment: Attachment, name: str) -> str:
    return path_in(FOLDER, attachment.uploaded_at)


class Attachment(KeptFile):
    """One file of one body."""

    duty = models.ForeignKey(
        Duty, on_delete=models.PROTECT, null=True, blank=True, related_name="attachments",
        verbose_name="任务办理",
    )  # fmt: skip
    addressee = models.ForeignKey(
        Addressee, on_delete=models.PROTECT, null=True, blank=True, related_name="attachments",
        verbose_name="督办回复",
    )  # fmt: skip
    file = models.FileField("文件", upload_to=stored_as, max_length=100, storage=sealed_storage)
    delivered_at = models.DateTimeField("送达时间", null=True, blank=True)
    """When it went to the office with a reply; before that it is the body's own. Not for the material of a task."""

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "督办材料"
        verbose_name_plural = "督办材料"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="oversight_file_of_one_thing",
                condition=Q(duty__isnull=True, addressee__isnull=False)
                | Q(duty__isnull=False, addressee__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["duty", "addressee", "number"],
                nulls_distinct=False,
                name="oversight_file_number_once",
            ),
            models.CheckConstraint(
                name="oversight_file_removed_with_reason",
                condition=Q(removed_at=None, removed_reason="")
                | (Q(removed_at__isnull=False) & ~Q(removed_reason="")),
            ),
        ]
        indexes = [models.Index(fields=["file"], name="oversight_file_by_file")]
