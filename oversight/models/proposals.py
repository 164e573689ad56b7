"""What the boards propose to supervise: a fact, the bodies it is about, and what the office made of it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Department
from audit.guard import TrackedManager
from audit.models import tracked

from .directives import Directive


class Proposal(models.Model):
    """One fact, proposed once while it is open."""

    class State(models.TextChoices):
        OPEN = "open", "待处理"
        TAKEN = "taken", "已采纳"
        DISMISSED = "dismissed", "不采纳"
        GONE = "gone", "情况已消除"

    office = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", verbose_name="信用办")
    kind = models.SlugField("类型", max_length=30)
    fact = models.CharField("事实标识", max_length=120)
    """Tells one fact from another of its kind: the case and its round, the body and its month."""
    matter = models.CharField("督办事项", max_length=100)
    bodies = ArrayField(models.BigIntegerField(), verbose_name="涉及单位")
    facts = models.TextField("情况")
    evidence = models.CharField("依据页面", max_length=300, blank=True)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.OPEN)
    proposed_at = models.DateTimeField("提出时间")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="处理人",
    )  # fmt: skip
    decided_at = models.DateTimeField("处理时间", null=True, blank=True)
    decided_reason = models.TextField("处理说明", blank=True)
    """Why it was not taken up; of one whose fact is gone, what has become of it. Nobody decides that: it has no `decided_by`."""
    directive = models.ForeignKey(
        Directive, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="督办文书"
    )

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "督办建议"
        verbose_name_plural = "督办建议"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "kind", "fact"], condition=Q(state="open"), name="proposal_open_once"
            ),
            models.CheckConstraint(
                name="proposal_decided_whole",
                condition=Q(state="open", decided_by=None)
                | (Q(state="taken", directive__isnull=False, decided_by__isnull=False))
                | (Q(state="dismissed", decided_by__isnull=False) & ~Q(decided_reason=""))
                | (Q(state="gone", decided_by=None, decided_at__isnull=False) & ~Q(decided_reason="")),
            ),
        ]

    def __str__(self) -> str:
        return self.matter
