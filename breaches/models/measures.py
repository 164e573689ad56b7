"""What may follow from a breach (违诺后果措施清单): nothing without a legal basis."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from audit.guard import TrackedManager
from audit.models import tracked
from commitments.models import Commitment
from credit_records.models import Record


class Measure(models.Model):
    """One measure of the list, with the degrees and kinds of commitment for which the law allows it.

    Entry into the credit file is no measure of the list: it is what the decision itself does, on the legal basis of the catalogue item.
    In force it is never edited: a better one follows it under a new key, and the old one gets its last day.
    """

    class Effect(models.TextChoices):
        NO_COMMITMENT = "no_commitment", "限制适用告知承诺"
        """While it holds, no commitment of these kinds is taken from the subject (the counter refuses it)."""
        REFERRAL = "referral", "移送有权机关处理"
        """Handed to the body that may act by law; this product records it and does nothing itself."""
        INSPECTION = "inspection", "列为重点监管对象"

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        IN_FORCE = "in_force", "已施行"

    key = models.SlugField("代号", max_length=60, unique=True)
    title = models.CharField("措施名称", max_length=200)
    effect = models.CharField("作用", max_length=14, choices=Effect.choices)
    text = models.TextField("文书中的表述")
    legal_basis = models.TextField("法律依据")
    degrees = ArrayField(
        models.CharField(max_length=8, choices=Record.Severity.choices), verbose_name="适用程度"
    )
    commitment_kinds = ArrayField(
        models.CharField(max_length=10, choices=Commitment.Kind.choices), default=list, blank=True,
        verbose_name="适用承诺类型",
    )  # fmt: skip
    """Empty: commitments of every kind."""
    months = models.PositiveSmallIntegerField("期限(月)", null=True, blank=True)
    """Empty: until the record is repaired or withdrawn."""
    in_force_from = models.DateField("施行自")
    in_force_to = models.DateField("施行至", null=True, blank=True)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="拟订人",
    )  # fmt: skip
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="确认人",
    )  # fmt: skip
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "违诺后果措施"
        verbose_name_plural = "违诺后果措施"
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                name="measure_names_its_legal_basis",
                condition=~Q(legal_basis=""),
                violation_error_message="没有法律依据的措施不得列入清单。",
            ),
            models.CheckConstraint(
                name="measure_ends_after_it_begins",
                condition=Q(in_force_to=None) | Q(in_force_to__gte=F("in_force_from")),
            ),
            models.CheckConstraint(
                name="measure_confirmed_by_another",
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("drafted_by")),
                violation_error_message="拟订人不能自己确认。",
            ),
        ]

    def __str__(self) -> str:
        return self.title
