"""Files handed in with a report on a task or a reply to a letter. Sealed at rest."""

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
from casework.rules.file_types import REMARKS, TYPES, FileType

from .directives import Addressee
from .tasks import Duty

FOLDER = "oversight"


def stored_as(attachment: Attachment, name: str) -> str:
    """A path that tells nothing: neither the sender's name for the file nor what it belongs to."""
    return f"{FOLDER}/{local_day(attachment.uploaded_at).year}/{secrets.token_hex(20)}"


class Attachment(models.Model):
    """One file of one body. It is never deleted; what was handed in by mistake is crossed out, with the reason."""

    duty = models.ForeignKey(
        Duty, on_delete=models.PROTECT, null=True, blank=True, related_name="attachments",
        verbose_name="任务办理",
    )  # fmt: skip
    addressee = models.ForeignKey(
        Addressee, on_delete=models.PROTECT, null=True, blank=True, related_name="attachments",
        verbose_name="督办回复",
    )  # fmt: skip
    number = models.PositiveSmallIntegerField("序号")
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

    def __str__(self) -> str:
        return self.name

    @property
    def type(self) -> FileType:
        return TYPES[self.file_type]
