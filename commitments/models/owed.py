"""Material that a subject owes after it was accepted without it (容缺受理)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from audit.guard import TrackedManager
from audit.models import tracked

from .commitments import Commitment


class OwedMaterial(models.Model):
    """One piece that is to be handed in later, with its deadline in working days from the registration."""

    class State(models.TextChoices):
        OWED = "owed", "待补交"
        SETTLED = "settled", "已补交"
        WAIVED = "waived", "不再需要"

    commitment = models.ForeignKey(
        Commitment, on_delete=models.PROTECT, related_name="owed", verbose_name="信用承诺"
    )
    number = models.PositiveSmallIntegerField("序号")
    name = models.CharField("容缺材料", max_length=200)
    days = models.PositiveSmallIntegerField("补交期限(工作日)")
    from_on = models.DateField("起算日")
    due_on = models.DateField("应补交日")
    due_provisional = models.BooleanField("暂定", default=False)
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.OWED)
    settled_on = models.DateField("补交或免交日期", null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="经办人",
    )  # fmt: skip
    note = models.TextField("补交情况或免交理由", blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "容缺材料"
        verbose_name_plural = "容缺材料"
        ordering = ["due_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["commitment", "number"], name="owed_number_once"),
            models.CheckConstraint(name="owed_at_least_a_day", condition=Q(days__gte=1)),
            models.CheckConstraint(
                name="owed_settled_with_day_and_person",
                condition=Q(state="owed", settled_on=None, settled_by=None)
                | (~Q(state="owed") & Q(settled_on__isnull=False, settled_by__isnull=False)),
            ),
            models.CheckConstraint(
                name="owed_waived_with_reason", condition=~Q(state="waived") | ~Q(note="")
            ),
        ]
        indexes = [models.Index(fields=["due_on"], condition=Q(state="owed"), name="owed_open_by_day")]

    def __str__(self) -> str:
        return self.name
