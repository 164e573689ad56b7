"""What a row says of the file that it keeps: evidence of a case, and what the rooms above take in the same way."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from casework.rules.file_types import REMARKS, TYPES, FileType, Remark


class KeptFile(models.Model):
    """One file, sealed at rest (`accounts.kept_files`). It is never deleted; what was handed in by mistake is crossed out, with the reason.

    The column `file` stands in each model: its folder tells to which room it belongs.
    """

    number = models.PositiveSmallIntegerField("序号")
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

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.name)

    @property
    def type(self) -> FileType:
        return TYPES[self.file_type]

    @property
    def shown(self) -> bool:
        """Whether a browser may show it: nothing that runs by itself, nothing that needs another program."""
        return self.type.shown and Remark.SCRIPT not in self.remarks


__all__ = ["KeptFile"]
