"""The duplicate-code ledger (重错码台账)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from audit.guard import TrackedManager
from audit.models import tracked

from .subjects import Subject


class DuplicateCodeEntry(models.Model):
    """Two subjects which look like one body under two codes, to be cleared up with the registrar."""

    class State(models.TextChoices):
        OPEN = "open", "待核"
        SAME = "same", "确为重码"
        DIFFERENT = "different", "并非重码"

    name = models.CharField("名称", max_length=200)
    name_key = models.CharField("名称比对键", max_length=200, editable=False)
    first = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", verbose_name="主体甲")
    second = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", verbose_name="主体乙")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.OPEN)
    batch = models.ForeignKey(
        "IntakeBatch",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        verbose_name="来源批次",
    )
    found_at = models.DateTimeField("发现时间")
    resolution = models.TextField("核查结论", blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "重错码"
        verbose_name_plural = "重错码台账"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_code_pair_once"),
            models.CheckConstraint(
                name="duplicate_code_pair_ordered", condition=Q(first_id__lt=models.F("second_id"))
            ),
        ]

    def __str__(self) -> str:
        return self.name
