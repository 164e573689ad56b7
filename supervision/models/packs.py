"""Evidence packs too large to be waited for (佐证包): what was asked, and the file that the worker made of it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Department
from accounts.sealed_files import sealed_storage


def stored_as(pack: EvidencePack, name: str) -> str:
    """By year and key alone: names of departments and indicators stay out of the folder."""
    return f"packs/{pack.asked_at:%Y}/{pack.pk}.zip"


class EvidencePack(models.Model):
    """One pack that somebody has asked for. While `made_at` is empty the worker has it before it, or could not make it."""

    untracked_because = "asked for once and made once; both are acts in the journal"

    class Enclosed(models.TextChoices):
        BOTH = "both", "分子、分母明细"
        NUMERATOR = "numerator", "只附分子明细"
        NONE = "none", "不附明细"

    code = models.CharField("指标代码", max_length=40)
    """Of one indicator, or `all`."""
    title = models.CharField("指标", max_length=200)
    as_of = models.DateField("截至")
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="单位"
    )
    """None: all bodies that the person had in sight."""
    bodies = ArrayField(models.BigIntegerField(), verbose_name="所含单位")
    """Whose rows it holds: only who has all of them in sight may have it."""
    enclosed = models.CharField("附", max_length=9, choices=Enclosed.choices, default=Enclosed.BOTH)
    home = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="生成单位"
    )
    """The body by whose sight it was made: colleagues there see the same rows. None: the person saw them by several offices."""
    as_office = models.BooleanField("按信用办的权限")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="申请人"
    )
    asked_at = models.DateTimeField("申请时间")
    rows = models.PositiveBigIntegerField("明细行数")
    """As they were counted when it was asked for; once it is made, as many as it holds."""
    problem = models.CharField("没有生成的原因", max_length=300, blank=True)
    """Of the last try, in a sentence for whoever asked; empty again with the next one."""
    made_at = models.DateTimeField("生成时间", null=True, blank=True)
    number = models.BigIntegerField("编号", null=True, blank=True)
    """Of the event in the journal, as on every sheet."""
    file = models.FileField("文件", upload_to=stored_as, max_length=100, storage=sealed_storage, blank=True)
    size = models.PositiveBigIntegerField("大小(字节)", default=0)
    sha256 = models.CharField("文件指纹", max_length=64, blank=True)

    class Meta:
        verbose_name = "佐证包"
        verbose_name_plural = "佐证包"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="evidence_pack_made_with_file",
                condition=Q(made_at=None, file="", sha256="")
                | (Q(made_at__isnull=False) & ~Q(file="") & ~Q(sha256="")),
            ),
        ]
        indexes = [models.Index(fields=["file"], name="evidence_pack_by_file")]

    def __str__(self) -> str:
        return f"{self.title} 截至{self.as_of}"

    @property
    def name(self) -> str:
        """The file's name for whoever downloads it."""
        return f"佐证包-{self.title}-截至{self.as_of:%Y%m%d}.zip"

    @property
    def whose(self) -> str:
        """Whose rows it holds, in words."""
        only = self.department or (None if self.as_office else self.home)
        return str(only or f"辖区{len(self.bodies)}个单位")
