"""A broken or false commitment (违诺): the part of the case that only this kind has."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from audit.guard import TrackedManager
from audit.models import tracked
from casework.models import Case
from commitments.models import Commitment, Performance
from credit_records.models import Record


class Breach(models.Model):
    """The matter of one case: which commitment, what became of it, and what the decision made of that.

    Number, clock, stage and people stand on the case (docs/adr/0009). The report on performance it starts from is never
    changed by it. `degree`, `record` and the measures stand only once it is decided that the commitment was broken.
    """

    class Kind(models.TextChoices):
        BROKEN = "broken", "未履行承诺"
        FALSE = "false", "虚假承诺"

    class Harm(models.TextChoices):
        NONE = "none", "未造成危害后果"
        SOME = "some", "造成一般危害后果"
        GRAVE = "grave", "造成严重危害后果"

    case = models.OneToOneField(
        Case, on_delete=models.PROTECT, primary_key=True, related_name="breach", verbose_name="案件"
    )
    commitment = models.ForeignKey(
        Commitment, on_delete=models.PROTECT, related_name="breaches", verbose_name="信用承诺"
    )
    performance = models.ForeignKey(
        Performance, on_delete=models.PROTECT, null=True, blank=True, related_name="breaches",
        verbose_name="所依履约践诺",
    )  # fmt: skip
    """The report that says what was not kept; a false commitment may be found without one."""
    kind = models.CharField("违诺类型", max_length=8, choices=Kind.choices)
    found_on = models.DateField("发现日期")
    facts = models.TextField("违诺事实", max_length=4000)
    harm = models.CharField("危害后果", max_length=8, choices=Harm.choices, default=Harm.NONE)
    remedied_on = models.DateField("整改完成日期", null=True, blank=True)
    """The day on which the subject has put it right by itself; lighter by the degree rules where they say so."""

    pending = models.BooleanField("办理中", default=True)
    """Until it is decided or the case ends; a commitment stands in one open case at a time."""
    degree = models.CharField("违诺程度", max_length=8, choices=Record.Severity.choices, blank=True)
    degree_rule = models.CharField("适用的程度规则", max_length=60, blank=True)
    """The key of the dated rule under which the degree was decided, for good."""
    reasons = models.TextField("认定理由", blank=True)
    decided_on = models.DateField("决定日期", null=True, blank=True)
    record = models.OneToOneField(
        Record,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="breach",
        verbose_name="信用记录",
    )
    """The entry in the subject's file; objection and repair are open against it as against any other."""

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "违诺认定"
        verbose_name_plural = "违诺认定"
        ordering = ["-case_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["commitment"],
                condition=Q(pending=True),
                name="breach_open_once_per_commitment",
                violation_error_message="该承诺已有一件办理中的违诺认定。",
            ),
            models.CheckConstraint(
                name="breach_broken_starts_from_a_report",
                condition=Q(kind="false") | Q(performance__isnull=False),
                violation_error_message="未履行承诺的认定须以部分履行或者全部未履行的履约践诺为依据。",
            ),
            models.CheckConstraint(name="breach_says_the_facts", condition=~Q(facts="")),
            models.CheckConstraint(
                name="breach_entered_only_when_decided",
                condition=Q(record=None, degree="", degree_rule="")
                | (
                    Q(record__isnull=False, decided_on__isnull=False)
                    & ~Q(degree="")
                    & ~Q(degree_rule="")
                    & ~Q(reasons="")
                ),
            ),
        ]
        indexes = [models.Index(fields=["commitment"], name="breach_by_commitment")]

    def __str__(self) -> str:
        return self.case.number
