"""Tasks to look after a commitment (核查): who is to find out by when whether it was kept."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from audit.guard import TrackedManager
from audit.models import tracked
from worktime.models import Limit

from .commitments import Commitment
from .matters import MatterTemplate
from .performances import Performance


class Verification(models.Model):
    """One task of the department that took the commitment; one is open at a time.

    The first comes with the registration, a further one when it is ordered (after a part performance, for instance).
    """

    class State(models.TextChoices):
        OPEN = "open", "待核查"
        DONE = "done", "已核查"
        CANCELLED = "cancelled", "已取消"

    commitment = models.ForeignKey(
        Commitment, on_delete=models.PROTECT, related_name="verifications", verbose_name="信用承诺"
    )
    number = models.PositiveSmallIntegerField("序号")
    asks = models.TextField("核查内容", blank=True)
    """What is to be looked at beside the commitment itself."""
    from_on = models.DateField("起算日")
    """Not counted itself."""
    limit = models.ForeignKey(Limit, on_delete=models.PROTECT, related_name="+", verbose_name="办理时限")
    period_of = models.ForeignKey(
        MatterTemplate, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="按事项规定的核查期限",
    )  # fmt: skip
    """The wording whose own period counts instead of the limit."""
    due_on = models.DateField("应核查日")
    due_provisional = models.BooleanField("暂定", default=False)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.OPEN)
    ordered_at = models.DateTimeField("提出时间")
    done_on = models.DateField("核查或取消日期", null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="核查人",
    )  # fmt: skip
    how = models.TextField("核查方式和情况", blank=True)
    performance = models.OneToOneField(
        Performance, on_delete=models.PROTECT, null=True, blank=True, related_name="verification",
        verbose_name="核查得出的履约践诺",
    )  # fmt: skip

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "承诺核查"
        verbose_name_plural = "承诺核查"
        ordering = ["due_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["commitment", "number"], name="verification_number_once"),
            models.UniqueConstraint(
                fields=["commitment"],
                condition=Q(state="open"),
                name="verification_one_open",
                violation_error_message="该承诺已有一项待办的核查。",
            ),
            models.CheckConstraint(
                name="verification_done_with_day_and_person",
                condition=Q(state="open", done_on=None, done_by=None, performance=None)
                | (~Q(state="open") & Q(done_on__isnull=False, done_by__isnull=False)),
            ),
            models.CheckConstraint(
                name="verification_done_with_its_report",
                condition=~Q(state="done") | (Q(performance__isnull=False) & ~Q(how="")),
            ),
        ]
        indexes = [
            models.Index(fields=["due_on"], condition=Q(state="open"), name="verification_open_by_day")
        ]

    def __str__(self) -> str:
        return f"第{self.number}次核查"
