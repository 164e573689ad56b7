"""A credit commitment (信用承诺): what a subject promised, to which department, and what it answers with."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Department
from audit.guard import TrackedQuerySet
from audit.models import tracked
from commitments.rules.fields import OTHER_PREFIX
from credit_records.models import Subject

from .matters import CommitmentMatter, MatterTemplate


class CommitmentQuerySet(TrackedQuerySet):
    def valid(self) -> CommitmentQuerySet:
        """What was not withdrawn: it counts, it is followed up, it may be shown."""
        return self.filter(state=Commitment.State.VALID)

    def public(self, on: date) -> CommitmentQuerySet:
        """What the public may see on a day: open by its disclosure, made, and not over its validity."""
        return self.valid().filter(
            Q(valid_until=None) | Q(valid_until__gte=on),
            disclosure=Commitment.Disclosure.PUBLIC,
            made_on__lte=on,
        )


class Commitment(models.Model):
    """One commitment in the national field set; performance, owed material and scans hang on it.

    The subject carries kind and numbers of the promisor, sealed where it is a person; the name is kept as it was
    written in the commitment.
    """

    class Kind(models.TextChoices):
        APPROVAL = "approval", "审批替代型"
        MISSING = "missing", "容缺受理型"
        PROOF = "proof", "证明事项型"
        REPAIR = "repair", "信用修复型"
        SECTOR = "sector", "行业自律型"
        PROACTIVE = "proactive", "主动型"
        OTHER = "other", "其他"

    class Disclosure(models.TextChoices):
        PUBLIC = "public", "可向社会公开"
        LIMITED = "limited", "特定范围内公开"
        CLOSED = "closed", "不可公开"

    class State(models.TextChoices):
        VALID = "valid", "有效"
        WITHDRAWN = "withdrawn", "已撤回"

    code = models.CharField("承诺编码", max_length=20, db_collation="C")
    """Division of the department 6, day of the commitment 8, serial 6."""
    code_taken_over = models.BooleanField("沿用原编码", default=False)
    """The department numbered it itself, before or outside this product."""
    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="commitments", verbose_name="承诺人"
    )
    subject_name = models.CharField("承诺人名称", max_length=200)
    kind = models.CharField("承诺类型", max_length=10, choices=Kind.choices)
    kind_other = models.CharField("其他类型", max_length=40, blank=True)
    matter = models.ForeignKey(
        CommitmentMatter, on_delete=models.PROTECT, null=True, blank=True, related_name="commitments",
        verbose_name="承诺事项",
    )  # fmt: skip
    template = models.ForeignKey(
        MatterTemplate, on_delete=models.PROTECT, null=True, blank=True, related_name="commitments",
        verbose_name="承诺书范本",
    )  # fmt: skip
    cause = models.CharField("承诺事由", max_length=512)
    content = models.TextField("承诺内容", max_length=4000)
    liability = models.TextField("违诺责任", max_length=4000)
    made_on = models.DateField("承诺作出日期")
    valid_until = models.DateField("承诺有效期至", null=True, blank=True)
    """Empty: without an end."""
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="commitments", verbose_name="承诺受理单位"
    )
    disclosure = models.CharField("公开类型", max_length=8, choices=Disclosure.choices)
    remark = models.CharField("备注", max_length=512, blank=True)
    case_number = models.CharField("信用修复案件编号", max_length=40, blank=True, db_collation="C")
    """The repair case it came from; none for all others."""

    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.VALID)
    registered_at = models.DateTimeField("登记时间")
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="登记人"
    )
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True)
    withdrawn_reason = models.TextField("撤回理由", blank=True)

    history = tracked(stood=("department", "kind", "made_on", "state"))
    objects = models.Manager.from_queryset(CommitmentQuerySet)()

    class Meta:
        verbose_name = "信用承诺"
        verbose_name_plural = "信用承诺"
        ordering = ["-made_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"], name="commitment_code_once", violation_error_message="该承诺编码已经使用。"
            ),
            models.UniqueConstraint(
                fields=["case_number"],
                condition=~Q(case_number=""),
                name="commitment_once_per_case",
                violation_error_message="该案件的信用修复承诺已经登记。",
            ),
            models.CheckConstraint(
                name="commitment_other_is_spelled_out",
                condition=(Q(kind="other") & ~Q(kind_other="")) | (~Q(kind="other") & Q(kind_other="")),
            ),
            models.CheckConstraint(
                name="commitment_case_is_of_a_repair", condition=Q(case_number="") | Q(kind="repair")
            ),
            models.CheckConstraint(
                name="commitment_ends_after_it_begins",
                condition=Q(valid_until=None) | Q(valid_until__gte=F("made_on")),
            ),
            models.CheckConstraint(
                name="commitment_withdrawn_with_reason",
                condition=Q(state="valid", withdrawn_at=None, withdrawn_reason="")
                | (Q(state="withdrawn", withdrawn_at__isnull=False) & ~Q(withdrawn_reason="")),
            ),
            models.CheckConstraint(
                name="commitment_template_of_its_matter",
                condition=Q(template=None) | Q(matter__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["-made_on", "-id"], name="commitment_newest"),
            models.Index(fields=["department", "-made_on", "-id"], name="commitment_by_department"),
            models.Index(fields=["subject", "-made_on"], name="commitment_by_subject"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def kind_in_words(self) -> str:
        """As the national field set writes it: 审批替代型, or 其他-安全生产承诺."""
        if self.kind == self.Kind.OTHER:
            return f"{OTHER_PREFIX}{self.kind_other}"
        return str(self.get_kind_display())

    @property
    def is_valid(self) -> bool:
        return self.state == self.State.VALID
