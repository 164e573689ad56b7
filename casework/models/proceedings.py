"""What happens in a case: requests, pauses, the extension, proposals and decisions, who held it when."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Department
from audit.guard import TrackedManager, TrackedQuerySet
from audit.models import tracked

from .cases import Case, state_word


class RequestQuerySet(TrackedQuerySet):
    def open(self) -> RequestQuerySet:
        return self.filter(state=Request.State.OPEN)

    def overdue(self, today: date) -> RequestQuerySet:
        return self.open().filter(due_on__lt=today)


class Request(models.Model):
    """Something asked, with a limit of its own.

    Of the applicant (补正), a department (协查), the office above (上级审核), or the subject that is to be heard (陈述申辩).
    """

    class Kind(models.TextChoices):
        CORRECTION = "correction", "补正"
        VERIFICATION = "verification", "协查"
        REVIEW = "review", "上级审核"
        STATEMENT = "statement", "陈述申辩"

    class State(models.TextChoices):
        OPEN = "open", "待答复"
        ANSWERED = "answered", "已答复"
        RECALLED = "recalled", "已收回"
        LAPSED = "lapsed", "逾期未答"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="requests", verbose_name="案件")
    round = models.PositiveSmallIntegerField("办理轮次")
    kind = models.CharField("类型", max_length=14, choices=Kind.choices)
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="协查单位"
    )
    asks = models.TextField("要求")
    limit = models.ForeignKey(
        "worktime.Limit", on_delete=models.PROTECT, related_name="+", verbose_name="答复时限"
    )
    sent_at = models.DateTimeField("发出时间")
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="发出人"
    )
    counts_from = models.DateField("起算日期", null=True, blank=True)
    """Of a statement: the day on which the notice was delivered; until then its due day is only expected. Empty otherwise."""
    due_on = models.DateField("应答复")
    due_provisional = models.BooleanField("期限暂定", default=False)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.OPEN)
    answer = models.TextField("答复", blank=True)
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="答复人",
    )  # fmt: skip

    history = tracked()
    objects = models.Manager.from_queryset(RequestQuerySet)()

    class Meta:
        verbose_name = "往来"
        verbose_name_plural = "往来"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "round"],
                condition=Q(kind="correction"),
                name="request_correction_once",
                violation_error_message="补正只能要求一次。",
            ),
            models.UniqueConstraint(
                fields=["case", "department"],
                condition=Q(kind__in=["verification", "review"], state="open"),
                name="request_open_once_per_department",
                violation_error_message="该单位已有未答复的协查函。",
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(kind="statement", state="open"),
                name="request_statement_open_once",
                violation_error_message="已经告知当事人，陈述申辩的期限还没有结束。",
            ),
            models.CheckConstraint(
                name="request_department_asked",
                condition=Q(kind__in=["correction", "statement"], department=None)
                | Q(kind__in=["verification", "review"], department__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["department", "due_on"], name="request_open_by_body", condition=Q(state="open")
            )
        ]

    def __str__(self) -> str:
        whom = "当事人" if self.kind == self.Kind.STATEMENT else "申请人"
        if self.department is not None:
            whom = self.department.short_name or self.department.name
        return f"{self.get_kind_display()}({whom})"


class Pause(models.Model):
    """An interval in which the clock stands still, with its reason (停时)."""

    class Kind(models.TextChoices):
        CORRECTION = "correction", "补正"
        HEARING = "hearing", "听证"
        STATEMENT = "statement", "陈述申辩"
        APPRAISAL = "appraisal", "鉴定评估"
        LAW = "law", "依法中止"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="pauses", verbose_name="案件")
    round = models.PositiveSmallIntegerField("办理轮次")
    kind = models.CharField("事由", max_length=12, choices=Kind.choices)
    begun_on = models.DateField("自")
    ended_on = models.DateField("至", null=True, blank=True)
    reason = models.TextField("理由")
    evidence = models.ForeignKey(
        "casework.Evidence", on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="依据材料",
    )  # fmt: skip
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="办理人"
    )

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "停时"
        verbose_name_plural = "停时"
        ordering = ["begun_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(ended_on=None), name="pause_open_once"),
            models.CheckConstraint(
                name="pause_ends_after_it_begins",
                condition=Q(ended_on=None) | Q(ended_on__gte=models.F("begun_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.begun_on}"


class Extension(models.Model):
    """More working days, asked for once by the officer and granted by another (延期)."""

    class State(models.TextChoices):
        ASKED = "asked", "待批准"
        GRANTED = "granted", "已批准"
        DENIED = "denied", "未批准"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="extensions", verbose_name="案件")
    round = models.PositiveSmallIntegerField("办理轮次")
    days = models.PositiveSmallIntegerField("延长工作日")
    reason = models.TextField("理由")
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.ASKED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="申请人"
    )
    asked_at = models.DateTimeField("申请时间")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="批准人",
    )  # fmt: skip
    decided_on = models.DateField("批准日期", null=True, blank=True)
    opinion = models.TextField("批准意见", blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "延期"
        verbose_name_plural = "延期"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "round"], condition=~Q(state="denied"), name="extension_once"
            ),
            models.CheckConstraint(name="extension_some_days", condition=Q(days__gte=1, days__lte=30)),
        ]

    def __str__(self) -> str:
        return f"延长{self.days}个工作日"


class Decision(models.Model):
    """A proposal (拟办) and what the approver made of it. A new proposal supersedes the one before.

    `content` is what is decided, point by point, as the kind of case has it; `digest` names it, so that an approver
    who read an older proposal cannot approve a newer one unseen.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "待审批"
        ENDORSED = "endorsed", "本级同意，待上级审核"
        SUPERSEDED = "superseded", "已被新拟办取代"
        SENT_BACK = "sent_back", "退回重拟"
        APPROVED = "approved", "已批准"

    class Outcome(models.TextChoices):
        UPHELD = "upheld", "支持"
        PARTLY = "partly", "部分支持"
        NOT_UPHELD = "not_upheld", "不予支持"
        UNVERIFIABLE = "unverifiable", "无法核实"
        GRANTED = "granted", "准予修复"
        PARTLY_GRANTED = "partly_granted", "部分准予修复"
        DENIED = "denied", "不予修复"
        REVOKED = "revoked", "撤销修复"
        KEPT = "kept", "维持修复"
        BROKEN = "broken", "认定违诺"
        NOT_BROKEN = "not_broken", "不认定违诺"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions", verbose_name="案件")
    round = models.PositiveSmallIntegerField("办理轮次")
    version = models.PositiveSmallIntegerField("拟办次数")
    outcome = models.CharField("结论", max_length=16, choices=Outcome.choices)
    reasons = models.TextField("理由")
    content = models.JSONField("内容", default=dict)
    digest = models.CharField("内容指纹", max_length=64, editable=False)
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="拟办人"
    )
    proposed_at = models.DateTimeField("拟办时间")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="审批人",
    )  # fmt: skip
    decided_at = models.DateTimeField("审批时间", null=True, blank=True)
    opinion = models.TextField("审批意见", blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "拟办和决定"
        verbose_name_plural = "拟办和决定"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["case", "version"], name="decision_version_once"),
            models.UniqueConstraint(
                fields=["case"], condition=Q(state__in=["proposed", "endorsed"]), name="decision_one_proposal"
            ),
            models.UniqueConstraint(
                fields=["case", "round"], condition=Q(state="approved"), name="decision_approved_once"
            ),
            models.CheckConstraint(
                name="decision_by_another",
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("proposed_by")),
                violation_error_message="拟办人不能审批自己的拟办意见。",
            ),
        ]

    def __str__(self) -> str:
        return f"第{self.version}次拟办：{self.get_outcome_display()}"


class Movement(models.Model):
    """Who held the case from when to when: time per body is a subtraction, never a counter."""

    untracked_because = "it is itself the history of a case's way; rows are closed, never changed otherwise"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="movements", verbose_name="案件")
    stage = models.CharField("阶段", max_length=12, choices=Case.State.choices)
    body = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="所在机构",
    )  # fmt: skip
    """None: with the applicant, or with the subject that is heard."""
    since = models.DateTimeField("自")
    until = models.DateTimeField("至", null=True, blank=True)

    class Meta:
        verbose_name = "流转"
        verbose_name_plural = "流转"
        ordering = ["since", "id"]
        constraints = [
            models.CheckConstraint(
                name="movement_ends_after_it_begins",
                condition=Q(until=None) | Q(until__gte=models.F("since")),
            )
        ]
        indexes = [models.Index(fields=["case", "since"], name="movement_by_case")]

    def __str__(self) -> str:
        outside = "当事人" if self.stage == Case.State.HEARING else "申请人"
        return f"{self.get_stage_display()}({self.body or outside})"

    def get_stage_display(self) -> str:
        return state_word(self.case.kind, self.stage)


class Substitution(models.Model):
    """An officer stands in for another for some days (代办): holidays, leave."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="经办人"
    )
    substitute = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="代办人"
    )
    since = models.DateField("自")
    until = models.DateField("至")
    reason = models.CharField("事由", max_length=200, blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "代办"
        verbose_name_plural = "代办"
        ordering = ["-since", "id"]
        constraints = [
            models.CheckConstraint(
                name="substitution_ends_after_it_begins",
                condition=Q(until__gte=models.F("since")),
                violation_error_message="截止日期不得早于起始日期。",
            ),
            models.CheckConstraint(
                name="substitution_by_another",
                condition=~Q(person=models.F("substitute")),
                violation_error_message="代办人不能是本人。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.substitute}代{self.person}"


class Comment(models.Model):
    """A word among colleagues of the office (内部意见); never shown to departments or to the applicant."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="comments", verbose_name="案件")
    text = models.TextField("内容")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="意见人"
    )
    at = models.DateTimeField("时间")

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "内部意见"
        verbose_name_plural = "内部意见"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:40]
