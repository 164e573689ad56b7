"""Records shielded while a subject is reorganised under the court's order (破产重整屏蔽)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from audit.guard import TrackedManager
from audit.models import tracked
from credit_records.models import Record

from .applications import Item


class Shielding(models.Model):
    """The record is not shown while the order holds; when it ends, publicity goes on as far as its period still runs."""

    item = models.OneToOneField(
        Item, on_delete=models.PROTECT, related_name="shielding", verbose_name="修复事项"
    )
    record = models.ForeignKey(
        Record, on_delete=models.PROTECT, related_name="shieldings", verbose_name="记录"
    )
    since = models.DateField("屏蔽自")
    ended_on = models.DateField("屏蔽至", null=True, blank=True)
    ended_reason = models.TextField("结束理由", blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "破产重整屏蔽"
        verbose_name_plural = "破产重整屏蔽"
        ordering = ["-since", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["record"], condition=Q(ended_on=None), name="shielding_open_once_per_record"
            ),
            models.CheckConstraint(
                name="shielding_ends_after_it_begins",
                condition=Q(ended_on=None) | Q(ended_on__gte=models.F("since")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record} {self.since}"
