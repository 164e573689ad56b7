"""Told before it counts (事先告知): what is intended, and what the subject said to it (陈述申辩、听证)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from audit.guard import TrackedManager
from audit.models import tracked
from casework.models import Letter, Request
from credit_records.models import Record

from .breaches import Breach


class PriorNotice(models.Model):
    """One notice to the subject and the answer to it.

    What is decided may not be graver than what the last notice said: a graver degree, or a measure that was not named, asks for a
    new notice. A statement is never a reason for a graver decision (by the pattern of 行政处罚法第四十五条).
    """

    class Answer(models.TextChoices):
        """How the time for the statement ended."""

        STATED = "stated", "已陈述申辩"
        WAIVED = "waived", "书面放弃"
        SILENT = "silent", "逾期未提出"
        RECALLED = "recalled", "已收回"
        """The case ended before the subject had to answer."""

    breach = models.ForeignKey(
        Breach, on_delete=models.PROTECT, related_name="notices", verbose_name="违诺认定"
    )
    number = models.PositiveSmallIntegerField("序号")
    kind = models.CharField("告知的违诺类型", max_length=8, choices=Breach.Kind.choices)
    facts = models.TextField("告知的违诺事实", max_length=4000)
    """What the subject was told; a decision on other facts, or graver ones, asks for a new notice."""
    harm = models.CharField("告知的危害后果", max_length=8, choices=Breach.Harm.choices)
    remedied_on = models.DateField("告知的整改完成日期", null=True, blank=True)
    degree = models.CharField("拟认定的程度", max_length=8, choices=Record.Severity.choices)
    degree_rule = models.CharField("适用的程度规则", max_length=60)
    reasons = models.TextField("拟认定的理由")
    measures = models.JSONField("拟采取的措施", default=list)
    """Each: key, title, legal_basis, months (null: without an end), effect; as the measure stood on that day."""
    letter = models.OneToOneField(
        Letter, on_delete=models.PROTECT, related_name="+", verbose_name="事先告知书"
    )
    request = models.OneToOneField(
        Request, on_delete=models.PROTECT, related_name="prior_notice", verbose_name="陈述申辩"
    )

    answer = models.CharField("当事人意见", max_length=8, choices=Answer.choices, blank=True)
    """Empty while the subject may still speak."""
    statement = models.TextField("陈述申辩的内容", max_length=4000, blank=True)
    stated_on = models.DateField("提出日期", null=True, blank=True)
    stated_by = models.CharField("提出人", max_length=200, blank=True)

    hearing_asked_on = models.DateField("要求听证日期", null=True, blank=True)
    hearing_on = models.DateTimeField("听证时间", null=True, blank=True)
    hearing_place = models.CharField("听证地点", max_length=200, blank=True)
    hearing_chair = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="听证主持人",
    )  # fmt: skip
    """Not the officer in charge of the case (by the pattern of 行政处罚法第六十四条第四项)."""
    hearing_letter = models.OneToOneField(
        Letter, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="听证通知书"
    )
    hearing_minutes = models.TextField("听证笔录", max_length=8000, blank=True)
    """Empty until it has been held; for one that the subject stayed away from it says so."""

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "违诺认定事先告知"
        verbose_name_plural = "违诺认定事先告知"
        ordering = ["breach", "number"]
        constraints = [
            models.UniqueConstraint(fields=["breach", "number"], name="prior_notice_number_once"),
            models.UniqueConstraint(fields=["breach"], condition=Q(answer=""), name="prior_notice_open_once"),
            models.CheckConstraint(
                name="prior_notice_statement_with_its_day",
                condition=~Q(answer="stated") | (~Q(statement="") & Q(stated_on__isnull=False)),
            ),
            models.CheckConstraint(
                name="prior_notice_hearing_held_as_arranged",
                condition=Q(hearing_minutes="")
                | Q(hearing_on__isnull=False, hearing_chair__isnull=False, hearing_letter__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"第{self.number}次告知"
