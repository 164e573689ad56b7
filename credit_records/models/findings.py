"""What a department finds of its own decision: how grave the fault is, and whether it is shown (认定失信程度)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from audit.guard import TrackedManager
from audit.models import tracked

from .records import Record


class SeverityFinding(models.Model):
    """The department's finding on one record, with its reason; it stands before the class by the rules.

    One at a time: a newer one supersedes it, and lifting it (`superseded_at` without a newer one) brings the rules back.
    """

    record = models.ForeignKey(
        Record, on_delete=models.PROTECT, related_name="findings", verbose_name="信用记录"
    )
    severity = models.CharField("失信程度", max_length=8, choices=Record.Severity.choices)
    publish_minor = models.BooleanField("确有必要公示", default=False)
    """Only where the class is published on need."""
    simple_procedure = models.BooleanField("以简易程序作出", default=False)
    until = models.DateField("另行规定公示至", null=True, blank=True)
    """Another end by law or by the sector; never beyond the class's maximum."""
    reason = models.TextField("理由")
    legal_basis = models.TextField("法律依据", blank=True)
    rules_say = models.CharField("按规则为", max_length=8, choices=Record.Severity.choices, blank=True)
    """The class by the rules on that day, beside which the finding is read."""
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="认定人"
    )
    set_at = models.DateTimeField("认定时间")
    superseded_at = models.DateTimeField("失效时间", null=True, blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "失信程度认定"
        verbose_name_plural = "失信程度认定"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["record"],
                condition=Q(superseded_at__isnull=True),
                name="finding_current_once",
                violation_error_message="该记录刚有人作了认定，请刷新后核对。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_severity_display()}({self.reason[:20]})"
