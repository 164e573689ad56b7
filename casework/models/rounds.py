"""The rounds of a case that have ended: what each decided, when it was due and when it was done."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from accounts.models import Department
from audit.guard import TrackedQuerySet
from audit.models import tracked

from .cases import Case, Kind, state_word
from .proceedings import Decision

ENDED_LATE = Q(closed_on__gt=F("due_on"))
"""Ended after the due day: a breach sticks, whatever the rounds after it do."""


class CaseRoundQuerySet(TrackedQuerySet):
    """What indicators of ended work count; the present round of an open case is `CaseQuerySet`'s."""

    def overdue(self) -> CaseRoundQuerySet:
        return self.filter(ENDED_LATE)

    def in_time(self) -> CaseRoundQuerySet:
        return self.filter(Q(due_on=None) | Q(closed_on__lte=F("due_on")))

    def of_year(self, year: int) -> CaseRoundQuerySet:
        return self.filter(closed_on__year=year)


class CaseRound(models.Model):
    """One round of a case as it ended, written by the step that ends it (`casework.services.engine`).

    The case itself carries its present round only: taking it up again (重新办理) begins with a new clock and no outcome.
    What the rounds before decided, and whether in time, stands here.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="rounds", verbose_name="案件")
    round = models.PositiveSmallIntegerField("办理轮次")
    clock_from = models.DateTimeField("起算时间")
    due_on = models.DateField("应办结", null=True, blank=True)
    legal_due_on = models.DateField("法定期限", null=True, blank=True)
    closed_on = models.DateField("办结日期")
    state = models.CharField("办结时阶段", max_length=12, choices=Case.State.choices)
    outcome = models.CharField("结论", max_length=16, choices=Decision.Outcome.choices, blank=True)
    breach_reason = models.TextField("逾期原因", blank=True)
    # The cache of a pure function of the round's facts, like the due days: boards over years of cases read it.
    net_days = models.PositiveSmallIntegerField("用时(工作日，不含停时)", null=True, blank=True)
    gross_days = models.PositiveSmallIntegerField("用时(工作日，含停时)", null=True, blank=True)

    # What never changes of its case: boards over years of rounds read it here, out of one index.
    kind = models.CharField("类型", max_length=12, choices=Kind.choices)
    owning_body = models.ForeignKey(
        Department, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name="办理机构"
    )
    target_days = models.PositiveSmallIntegerField("目标时限(工作日)")

    history = tracked(excluded_fields=["kind", "owning_body", "target_days"])
    objects = models.Manager.from_queryset(CaseRoundQuerySet)()

    class Meta:
        verbose_name = "办理轮次"
        verbose_name_plural = "办理轮次"
        ordering = ["case", "round"]
        constraints = [models.UniqueConstraint(fields=["case", "round"], name="case_round_once")]
        indexes = [
            models.Index(
                fields=["closed_on", "case"],
                name="case_round_by_closing",
                include=[
                    "kind",
                    "owning_body",
                    "target_days",
                    "state",
                    "outcome",
                    "due_on",
                    "net_days",
                    "gross_days",
                ],
            )
        ]

    def __str__(self) -> str:
        return f"第{self.round}轮"

    def get_state_display(self) -> str:
        return state_word(self.kind, self.state)

    @classmethod
    def of(cls, case: Case) -> CaseRound:
        """The present round of a case that is being ended."""
        kept = (
            "round",
            "clock_from",
            "due_on",
            "legal_due_on",
            "closed_on",
            "state",
            "outcome",
            "breach_reason",
        )
        return cls(case=case, **cls.facts_of(case), **{name: getattr(case, name) for name in kept})

    @staticmethod
    def facts_of(case: Case) -> dict[str, Any]:
        """What each of its rounds bears of the case itself."""
        return {"kind": case.kind, "owning_body": case.owning_body, "target_days": case.limit.target_days}

    @property
    def is_late(self) -> bool:
        return self.due_on is not None and self.closed_on > self.due_on

    @property
    def why_late(self) -> str:
        """Why it ended late; withdrawing a case asks for no reason."""
        if not self.is_late:
            return "—"
        return self.breach_reason or "终止办理，未要求写明原因"

    @property
    def ending(self) -> str:
        """How it ended, in words (逾期办结、按时办结、不予受理、终止办理)."""
        if self.state == Case.State.CLOSED:
            return "逾期办结" if self.is_late else "按时办结"
        return f"{'逾期' if self.is_late else ''}{self.get_state_display()}"
