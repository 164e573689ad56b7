"""The measures that a decision took, each with the legal basis as it read on that day."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q

from audit.guard import TrackedQuerySet
from audit.models import tracked
from credit_records.models import Record

from .breaches import Breach
from .measures import Measure


class DecidedMeasureQuerySet(TrackedQuerySet):
    def holding(self, on: date) -> DecidedMeasureQuerySet:
        """What holds on a day: begun, not over, not lifted, and its record still in use.

        A record that is repaired, withdrawn, suspended or over its time takes its measures along the same day
        (《信用修复管理办法》第三条): it is asked of the record, never of a job that may have been late. A record corrected to
        a lighter degree keeps only the measures that the list allows for that degree.
        """
        allowed = Q()
        for degree in Record.Severity.values:
            allowed |= Q(breach__record__severity=degree, measure__degrees__contains=[degree])
        return self.filter(
            allowed,
            Q(until=None) | Q(until__gte=on),
            since__lte=on,
            lifted_on=None,
            breach__record__in=Record.objects.in_use(on).values("pk"),
        )


class DecidedMeasure(models.Model):
    """One measure taken against the subject of a breach by its decision."""

    breach = models.ForeignKey(
        Breach, on_delete=models.PROTECT, related_name="measures", verbose_name="违诺认定"
    )
    measure = models.ForeignKey(
        Measure, on_delete=models.PROTECT, related_name="decided", verbose_name="措施"
    )
    legal_basis = models.TextField("法律依据")
    since = models.DateField("自")
    until = models.DateField("至", null=True, blank=True)
    lifted_on = models.DateField("解除日期", null=True, blank=True)
    lifted_reason = models.TextField("解除理由", blank=True)

    history = tracked()
    objects = models.Manager.from_queryset(DecidedMeasureQuerySet)()

    class Meta:
        verbose_name = "违诺措施"
        verbose_name_plural = "违诺措施"
        ordering = ["breach", "id"]
        constraints = [
            models.UniqueConstraint(fields=["breach", "measure"], name="decided_measure_once"),
            models.CheckConstraint(
                name="decided_measure_names_its_legal_basis", condition=~Q(legal_basis="")
            ),
            models.CheckConstraint(
                name="decided_measure_ends_after_it_begins",
                condition=Q(until=None) | Q(until__gte=F("since")),
            ),
            models.CheckConstraint(
                name="decided_measure_lifted_with_reason",
                condition=Q(lifted_on=None, lifted_reason="")
                | (Q(lifted_on__isnull=False) & ~Q(lifted_reason="")),
            ),
        ]

    def __str__(self) -> str:
        return self.measure.title
