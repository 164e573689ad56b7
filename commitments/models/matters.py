"""Matters to which commitment applies (承诺事项清单), each with its legal basis and the dated texts of its letter."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Department
from audit.guard import TrackedManager
from audit.models import tracked
from commitments.rules.periods import Period


class CommitmentMatter(models.Model):
    """One matter in which a department takes a commitment instead of, or before, something else.

    The clerk drafts it, a reviewer publishes it; from then on commitments are taken on it, until it is ended.
    """

    class Kind(models.TextChoices):
        APPROVAL = "approval", "审批替代型"
        MISSING = "missing", "容缺受理型"
        PROOF = "proof", "证明事项型"
        SECTOR = "sector", "行业自律型"
        PROACTIVE = "proactive", "主动型"

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        PUBLISHED = "published", "已公布"
        ENDED = "ended", "已停用"

    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="commitment_matters", verbose_name="主管单位"
    )
    name = models.CharField("事项名称", max_length=200)
    kind = models.CharField("承诺类型", max_length=10, choices=Kind.choices)
    legal_basis = models.TextField("法律依据", max_length=2000)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="拟订人"
    )
    drafted_at = models.DateTimeField("拟订时间")
    published_on = models.DateField("公布日期", null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="公布人",
    )  # fmt: skip
    ended_on = models.DateField("停用日期", null=True, blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "承诺事项"
        verbose_name_plural = "承诺事项清单"
        ordering = ["department", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "name"],
                condition=~Q(state="ended"),
                name="matter_name_once",
                violation_error_message="本单位已有同名的承诺事项。",
            ),
            models.CheckConstraint(
                name="matter_has_legal_basis",
                condition=~Q(legal_basis=""),
                violation_error_message="承诺事项必须写明法律依据。",
            ),
            models.CheckConstraint(
                name="matter_published_with_day_and_person",
                condition=(Q(state="draft", published_on=None, published_by=None, ended_on=None))
                | (
                    Q(
                        state="published",
                        published_on__isnull=False,
                        published_by__isnull=False,
                        ended_on=None,
                    )
                )
                | (Q(state="ended", ended_on__isnull=False)),
            ),
            models.CheckConstraint(
                name="matter_published_by_another",
                condition=Q(published_by=None) | ~Q(published_by=models.F("drafted_by")),
                violation_error_message="拟订人不能自己公布。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def applies_on(self, day: date) -> bool:
        """Whether a commitment made on that day may rest on it."""
        if self.published_on is None or self.published_on > day:
            return False
        return self.ended_on is None or self.ended_on > day


class MatterTemplate(models.Model):
    """The text of a matter's commitment letter from a day on. Never changed: a better text is a further version.

    A clerk writes it; it governs once another person has confirmed it, with the publication of its matter or by itself.
    It may say how long after its registration a commitment is looked after; otherwise the general limit does.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "待确认"
        CONFIRMED = "confirmed", "已确认"
        REJECTED = "rejected", "已退回"

    class Unit(models.TextChoices):
        WORKING_DAYS = "days", "个工作日"
        MONTHS = "months", "个月"

    matter = models.ForeignKey(
        CommitmentMatter, on_delete=models.PROTECT, related_name="templates", verbose_name="承诺事项"
    )
    number = models.PositiveSmallIntegerField("版本")
    in_force_from = models.DateField("施行自")
    content = models.TextField("承诺内容", max_length=4000)
    liability = models.TextField("违诺责任", max_length=4000)
    verify_within = models.PositiveSmallIntegerField("核查期限", null=True, blank=True)
    verify_unit = models.CharField("核查期限单位", max_length=6, choices=Unit.choices, blank=True)
    verify_basis = models.CharField("核查期限依据", max_length=200, blank=True)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="拟订人"
    )
    written_at = models.DateTimeField("拟订时间")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.PROPOSED)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="确认或退回人",
    )  # fmt: skip
    """Empty for those in use before wordings were confirmed."""
    decided_at = models.DateTimeField("确认或退回时间", null=True, blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "承诺书范本"
        verbose_name_plural = "承诺书范本"
        ordering = ["matter", "-in_force_from", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["matter", "number"], name="matter_template_number_once"),
            models.UniqueConstraint(
                fields=["matter", "in_force_from"],
                condition=~Q(state="rejected"),
                name="matter_template_day_once",
                violation_error_message="该事项已有同一天施行的范本。",
            ),
            models.CheckConstraint(
                name="matter_template_confirmed_by_another",
                condition=~Q(state="confirmed") | Q(decided_by=None) | ~Q(decided_by=models.F("written_by")),
                violation_error_message="拟订人不能自己确认范本。",
            ),
            models.CheckConstraint(
                name="matter_template_period_has_its_basis",
                condition=Q(verify_within=None, verify_unit="", verify_basis="")
                | (Q(verify_within__gte=1) & Q(verify_unit__in=["days", "months"]) & ~Q(verify_basis="")),
            ),
        ]

    def __str__(self) -> str:
        return f"第{self.number}版(自{self.in_force_from}施行)"

    @property
    def period(self) -> Period | None:
        """Its own period until a commitment is looked after; None where the general limit applies."""
        if self.verify_within is None:
            return None
        return Period(self.verify_within, self.verify_unit, self.verify_basis)
