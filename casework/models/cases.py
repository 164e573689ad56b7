"""The case: what objections, repairs and every other procedure with a clock have in common."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Department
from accounts.sealed_columns import sealed_in
from audit.guard import TrackedQuerySet
from audit.models import tracked
from credit_records.models import Subject


class Kind(models.TextChoices):
    """What a case is about; each kind has its own table of steps (`casework.machine`)."""

    OBJECTION = "objection", "异议"
    REPAIR = "repair", "信用修复"
    BREACH = "breach", "违诺认定"


_words: dict[str, Mapping[str, str]] = {}


def name_states(kind: str, words: Mapping[str, str]) -> None:
    """The kind's own words for some of the stages; `casework.machine.register` says them with the kind's table."""
    _words[kind] = dict(words)


def state_word(kind: str, state: str) -> str:
    """A stage in the words of a kind of case: 已立案 of a breach is 已受理 of an objection."""
    return _words.get(kind, {}).get(state) or str(Case.State(state).label)


def is_overdue(today: date) -> Q:
    """The present round: open past the due day, or closed after it."""
    return Q(closed_on__isnull=True, due_on__lt=today) | Q(closed_on__gt=F("due_on"))


class CaseQuerySet(TrackedQuerySet):
    """The predicates of the clock: list, badge, workbench, reminder and report all ask these."""

    def open(self) -> CaseQuerySet:
        return self.filter(closed_on__isnull=True)

    def overdue(self, today: date) -> CaseQuerySet:
        return self.filter(is_overdue(today))

    def ever_overdue(self, today: date) -> CaseQuerySet:
        """In the present round or in one before it (`CaseRound`): what taking a case up again does not wash off."""
        late = apps.get_model("casework", "CaseRound").objects.overdue()
        return self.filter(is_overdue(today) | Q(pk__in=late.values("case")))

    def late_now(self, today: date) -> CaseQuerySet:
        return self.open().overdue(today)

    def due_on_day(self, day: date) -> CaseQuerySet:
        return self.open().filter(due_on=day)

    def paused(self) -> CaseQuerySet:
        return self.open().filter(paused_since__isnull=False)

    def taken(self, user: models.Model) -> CaseQuerySet:
        return self.filter(assignee=user)


class Case(models.Model):
    """One matter with one subject, one clock and one responsible officer.

    The due days stored here are the cache of a pure function of the facts (`casework.selectors.clock`); nothing
    counts them down. Days are local days in China. `closed_on` is the present round's; `last_closed_on` stays when the
    case is taken up again, and so do the rounds that have ended (`CaseRound`).
    """

    class State(models.TextChoices):
        RECEIVED = "received", "已收件"
        CORRECTING = "correcting", "待补正"
        ACCEPTED = "accepted", "已受理"
        VERIFYING = "verifying", "协查中"
        HEARING = "hearing", "陈述申辩"
        """The subject has been told what is intended, and is heard before it counts."""
        DRAFTING = "drafting", "拟办中"
        APPROVING = "approving", "待审批"
        UPPER_REVIEW = "upper_review", "上级审核"
        DECIDED = "decided", "已决定"
        CLOSED = "closed", "已办结"
        REFUSED = "refused", "不予受理"
        WITHDRAWN = "withdrawn", "终止办理"

    class Channel(models.TextChoices):
        WINDOW = "window", "窗口"
        POST = "post", "邮寄"
        PLATFORM = "platform", "上级平台转办"
        DEPARTMENT = "department", "部门移送"

    class ApplicantRole(models.TextChoices):
        SELF = "self", "本人"
        REPRESENTATIVE = "representative", "法定代表人(负责人)"
        AGENT = "agent", "委托代理人"
        DEPARTMENT = "department", "移送单位"

    class IdentityCheck(models.TextChoices):
        """How the office made sure who applies (异议申请人身份核验)."""

        NONE = "none", "尚未核验"
        DOCUMENTS = "documents", "核验证照和身份证件原件"
        AUTHORISATION = "authorisation", "核验授权委托书和代理人身份证件"
        COPIES = "copies", "核验邮寄的证照和身份证件复印件"
        PLATFORM = "platform", "上级平台已实名认证"

    number = models.CharField("编号", max_length=30, unique=True, db_collation="C")
    kind = models.CharField("类型", max_length=12, choices=Kind.choices)
    year = models.PositiveSmallIntegerField("年度")
    serial = models.PositiveIntegerField("序号")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="cases", verbose_name="主体")
    matter = models.CharField("事项", max_length=200)
    state = models.CharField("阶段", max_length=12, choices=State.choices, default=State.RECEIVED)
    state_reason = models.TextField("阶段理由", blank=True)
    resume_state = models.CharField("补正后阶段", max_length=12, choices=State.choices, blank=True)
    round = models.PositiveSmallIntegerField("办理轮次", default=1)

    channel = models.CharField("来源渠道", max_length=10, choices=Channel.choices)
    channel_number = models.CharField("来文编号", max_length=60, blank=True)
    applicant_name = models.CharField("申请人", max_length=200)
    applicant_role = models.CharField("申请人身份", max_length=16, choices=ApplicantRole.choices)
    identity_check = models.CharField("身份核验", max_length=16, choices=IdentityCheck.choices)
    phone_sealed = models.TextField("联系电话(密文)", blank=True, editable=False)
    phone_masked = models.CharField("联系电话", max_length=30, blank=True)
    address = models.CharField("送达地址", max_length=200, blank=True)

    received_at = models.DateTimeField("收到时间")
    entered_at = models.DateTimeField("登记时间")
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="登记人"
    )
    late_entry_reason = models.CharField("迟登理由", max_length=300, blank=True)
    window = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", verbose_name="收件单位"
    )
    owning_body = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", verbose_name="办理机构"
    )
    region = models.CharField("日历地区", max_length=6, blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="cases",
        verbose_name="经办人",
    )  # fmt: skip

    limit = models.ForeignKey(
        "worktime.Limit", on_delete=models.PROTECT, related_name="+", verbose_name="办理时限"
    )
    acceptance_limit = models.ForeignKey(
        "worktime.Limit", on_delete=models.PROTECT, related_name="+", verbose_name="受理时限"
    )
    clock_from = models.DateTimeField("起算时间")
    accepted_on = models.DateField("受理日期", null=True, blank=True)
    closed_on = models.DateField("办结日期", null=True, blank=True)
    last_closed_on = models.DateField("最近办结日期", null=True, blank=True)
    due_on = models.DateField("应办结", null=True, blank=True)
    legal_due_on = models.DateField("法定期限", null=True, blank=True)
    accept_due_on = models.DateField("应受理", null=True, blank=True)
    due_provisional = models.BooleanField("期限暂定", default=False)
    calendar = models.CharField("日历版本", max_length=60, blank=True)
    paused_since = models.DateField("停时自", null=True, blank=True)
    paused_for = models.CharField("停时事由", max_length=40, blank=True)
    days_left = models.SmallIntegerField("停时后剩余", null=True, blank=True)
    correction_used = models.BooleanField("已要求补正", default=False)
    extended = models.BooleanField("已延期", default=False)
    outcome = models.CharField("结论", max_length=16, blank=True)
    breach_reason = models.TextField("逾期原因", blank=True)

    history = tracked()
    objects = models.Manager.from_queryset(CaseQuerySet)()

    class Meta:
        verbose_name = "案件"
        verbose_name_plural = "案件列表"
        ordering = ["due_on", "id"]
        # What a grant may open beyond viewing (`accounts.grants.rows.Right`); rights by role are none of Django's permissions.
        permissions = [("inspect_case", "查阅案卷"), ("handle_case", "承办")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "year", "serial"], name="case_serial_once"),
            models.CheckConstraint(
                name="case_received_before_entered", condition=Q(received_at__lte=F("entered_at"))
            ),
        ]
        indexes = [
            models.Index(fields=["due_on", "id"], name="case_open_by_due", condition=Q(closed_on=None)),
            models.Index(fields=["assignee", "due_on"], name="case_mine", condition=Q(closed_on=None)),
            models.Index(fields=["subject"], name="case_by_subject"),
            models.Index(fields=["last_closed_on", "id"], name="case_by_closing"),
            # What never changes of a case: boards over years of rounds and pauses read it without its wide rows.
            models.Index(
                fields=["id"], name="case_facts", include=["kind", "owning_body", "limit", "region"]
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_state_display(self) -> str:
        """The stage in the words of the kind: chips, lists, boxes, exports and refusals all ask here."""
        return state_word(self.kind, self.state)

    @property
    def is_open(self) -> bool:
        return self.closed_on is None

    def earlier_rounds(self) -> models.QuerySet:
        """The rounds before the present one, as they ended."""
        return self.rounds.filter(round__lt=self.round).order_by("round")


sealed_in(Case, "phone_sealed")
