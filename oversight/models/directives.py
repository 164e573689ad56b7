"""Letters of supervision (督办文书): matters, drafts and issued letters, and what each addressee answered."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from accounts.models import Department
from accounts.sealed_files import sealed_storage
from audit.guard import TrackedManager, TrackedQuerySet
from audit.models import tracked
from oversight.rules.grades import CIRCULAR, PROMPT, SUPERVISE
from worktime.models import Limit
from worktime.models.limits import DateRange


class Grade(models.TextChoices):
    PROMPT = PROMPT, "工作提示单"
    SUPERVISE = SUPERVISE, "督办单"
    CIRCULAR = CIRCULAR, "通报"


class DirectiveTemplate(models.Model):
    """The text of one grade from one day to another; a letter keeps what it said when it was issued."""

    key = models.SlugField("代号", max_length=60, unique=True)
    grade = models.CharField("文书", max_length=10, choices=Grade.choices)
    title = models.CharField("标题", max_length=100)
    register = models.CharField("号簿", max_length=33)
    number_pattern = models.CharField("文号格式", max_length=60)
    in_force_from = models.DateField("启用自")
    in_force_to = models.DateField("启用至", null=True, blank=True)
    source = models.TextField("来源")
    body = models.JSONField("正文")

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "督办文书模板"
        verbose_name_plural = "督办文书模板"
        ordering = ["grade", "-in_force_from"]
        constraints = [
            ExclusionConstraint(
                name="directive_template_in_force_once",
                expressions=[
                    (F("grade"), RangeOperators.EQUAL),
                    (
                        DateRange("in_force_from", "in_force_to", RangeBoundary(inclusive_upper=True)),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message="同一种文书在同一天只能有一个启用的模板。",
            )
        ]

    def __str__(self) -> str:
        return self.title


class Matter(models.Model):
    """What is supervised (督办事项): the letters about it stand in one chain."""

    office = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", verbose_name="信用办")
    title = models.CharField("督办事项", max_length=100)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="提出人"
    )
    opened_at = models.DateTimeField("提出时间")

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "督办事项"
        verbose_name_plural = "督办事项"
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title


class Directive(models.Model):
    """One letter on a matter: drafted by one person, signed by another, numbered and frozen when it is issued."""

    Grade = Grade

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        SUBMITTED = "submitted", "待签发"
        ISSUED = "issued", "已签发"
        CLOSED = "closed", "已办结"
        DROPPED = "dropped", "已作废"

    OUT = (State.ISSUED, State.CLOSED)
    """States in which the addressees have it."""

    matter = models.ForeignKey(
        Matter, on_delete=models.PROTECT, related_name="directives", verbose_name="督办事项"
    )
    office = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", verbose_name="信用办")
    grade = models.CharField("文书", max_length=10, choices=Grade.choices)
    follows = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="followers",
        verbose_name="前次文书",
    )  # fmt: skip
    facts = models.TextField("存在的问题")
    demands = models.TextField("工作要求")
    evidence = models.CharField("依据页面", max_length=300, blank=True)
    """The page on which the office saw the facts (a board's address); not on the paper."""
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="拟稿人"
    )
    drafted_at = models.DateTimeField("拟稿时间")
    returned_reason = models.TextField("退回理由", blank=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="签发人",
    )  # fmt: skip
    issued_on = models.DateField("成文日期", null=True, blank=True)
    issued_at = models.DateTimeField("签发时间", null=True, blank=True)
    template = models.ForeignKey(
        DirectiveTemplate, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="模板",
    )  # fmt: skip
    number = models.CharField("文号", max_length=80, blank=True)
    register = models.CharField("号簿", max_length=33, blank=True)
    year = models.PositiveSmallIntegerField("年度", null=True, blank=True)
    serial = models.PositiveIntegerField("顺序号", null=True, blank=True)
    limit = models.ForeignKey(
        Limit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="回复时限"
    )
    deadline_shown = models.DateField("文中期限", null=True, blank=True)
    content = models.JSONField("内容", null=True, blank=True, editable=False)
    """The sheet (`casework.letters.sheet`): everything on the paper, whatever becomes of template and draft."""
    file = models.FileField(
        "文件", upload_to="directives/", max_length=255, storage=sealed_storage, blank=True
    )
    sha256 = models.CharField("文件指纹", max_length=64, blank=True)
    closed_on = models.DateField("办结日期", null=True, blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "督办文书"
        verbose_name_plural = "督办文书"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["register", "year", "serial"], condition=~Q(number=""), name="directive_serial_once"
            ),
            models.UniqueConstraint(
                fields=["number"], condition=~Q(number=""), name="directive_number_once"
            ),
            models.UniqueConstraint(
                fields=["follows"], condition=Q(follows__isnull=False) & ~Q(state="dropped"),
                name="directive_followed_once",
            ),
            models.CheckConstraint(
                name="directive_issued_whole",
                condition=~Q(state__in=["issued", "closed"])
                | (
                    Q(
                        signed_by__isnull=False, issued_on__isnull=False, issued_at__isnull=False,
                        template__isnull=False, content__isnull=False,
                    )
                    & ~Q(number="")
                ),
            ),
            models.CheckConstraint(
                name="directive_signed_by_another",
                condition=Q(signed_by__isnull=True) | ~Q(signed_by=F("drafted_by")),
                violation_error_message="拟稿人不能自己签发。",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["office", "-id"], name="directive_by_office")]

    def __str__(self) -> str:
        return f"{self.number or '(未编号)'} {self.get_grade_display()}：{self.matter}"

    @property
    def has_pdf(self) -> bool:
        """Whether the file is really there: it is written right after the commit that names it."""
        return bool(self.file) and self.file.storage.exists(self.file.name)


class AddresseeQuerySet(TrackedQuerySet):
    def waiting(self) -> AddresseeQuerySet:
        """Those whose reply is still due."""
        return self.filter(state__in=Addressee.WAITING, due_on__isnull=False)

    def late(self, on: date) -> AddresseeQuerySet:
        """逾期: a reply still due after its last day, or one of the replies given after its own. The one predicate.

        Sticky: what was late once stays so, whatever was asked for afterwards.
        """
        replies = Reply.objects.filter(addressee=OuterRef("pk"))
        ended = Q(state__in=[Addressee.State.ESCALATED, Addressee.State.ACCEPTED], due_on__lt=F("closed_on"))
        # A reply that was enough is judged by its own days, however long the office took over it.
        answered = replies.exclude(accepted=False)
        return self.filter(
            Q(state__in=Addressee.WAITING, due_on__lt=on)
            | (ended & ~Q(Exists(answered)))
            | Q(Exists(replies.filter(given_on__gt=F("due_on"))))
        )

    def behind(self, on: date) -> AddresseeQuerySet:
        """Those to whom the next letter may go: the reply due is overdue, or what was given was sent back."""
        overdue = Q(state__in=Addressee.WAITING, due_on__lt=on)
        return self.filter(overdue | Q(state=Addressee.State.RETURNED))


class Addressee(models.Model):
    """One body to which a letter went: when it was read, by when it owes the reply, how that ended."""

    class State(models.TextChoices):
        UNSENT = "unsent", "未发出"
        SENT = "sent", "待签收"
        READ = "read", "已签收"
        REPLIED = "replied", "已回复"
        RETURNED = "returned", "退回重报"
        ACCEPTED = "accepted", "已认可"
        NOTED = "noted", "已阅"
        ESCALATED = "escalated", "已升级"

    WAITING = (State.SENT, State.READ, State.RETURNED)
    SETTLED = (State.ACCEPTED, State.NOTED, State.ESCALATED)

    directive = models.ForeignKey(
        Directive, on_delete=models.PROTECT, related_name="addressees", verbose_name="督办文书"
    )
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", verbose_name="被督办单位"
    )
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.UNSENT)
    clock_from = models.DateField("起算日", null=True, blank=True)
    due_on = models.DateField("回复期限", null=True, blank=True)
    due_provisional = models.BooleanField("期限暂定", default=False)
    read_at = models.DateTimeField("签收时间", null=True, blank=True)
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="签收人",
    )  # fmt: skip
    closed_on = models.DateField("办结日期", null=True, blank=True)

    history = tracked()
    objects = models.Manager.from_queryset(AddresseeQuerySet)()

    class Meta:
        verbose_name = "督办回复"
        verbose_name_plural = "督办回复"
        ordering = ["directive", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["directive", "department"], name="addressee_once"),
            models.CheckConstraint(
                name="addressee_closed_when_settled",
                condition=Q(state__in=["accepted", "noted", "escalated"], closed_on__isnull=False)
                | (~Q(state__in=["accepted", "noted", "escalated"]) & Q(closed_on=None)),
            ),
        ]
        indexes = [
            models.Index(fields=["department", "due_on"], name="addressee_by_department"),
        ]

    def __str__(self) -> str:
        return f"{self.directive.number} {self.department.short_name or self.department.name}"


class Reply(models.Model):
    """What a body answered in one round, and what the office made of it; never changed but for that."""

    addressee = models.ForeignKey(
        Addressee, on_delete=models.PROTECT, related_name="replies", verbose_name="被督办单位"
    )
    round = models.PositiveSmallIntegerField("次数")
    text = models.TextField("回复内容")
    due_on = models.DateField("回复期限")
    """The last day for this reply as it stood when it was given."""
    given_on = models.DateField("回复日期")
    given_at = models.DateTimeField("回复时间")
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="回复人"
    )
    """Who sent it for the body: its reviewer. Of replies from before that was asked, whoever wrote it."""
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="拟稿人",
    )  # fmt: skip
    accepted = models.BooleanField("是否认可", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="审核人",
    )  # fmt: skip
    decided_at = models.DateTimeField("审核时间", null=True, blank=True)
    decided_reason = models.TextField("审核意见", blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "回复内容"
        verbose_name_plural = "回复内容"
        ordering = ["addressee", "round"]
        constraints = [
            models.UniqueConstraint(fields=["addressee", "round"], name="reply_round_once"),
            models.CheckConstraint(
                name="reply_decided_whole",
                condition=Q(accepted__isnull=True, decided_by__isnull=True)
                | Q(accepted__isnull=False, decided_by__isnull=False, decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.addressee} 第{self.round}次回复"
