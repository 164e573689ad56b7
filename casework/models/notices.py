"""What the product tells people: notices on their workbench, and the reminders already given."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .cases import Case
from .proceedings import Request


class NoticeQuerySet(models.QuerySet):
    def of(self, person: models.Model) -> NoticeQuerySet:
        return self.filter(person=person)

    def reminders(self) -> NoticeQuerySet:
        return self.filter(kind__in=Notice.REMINDERS)

    def holding(self, today: date) -> NoticeQuerySet:
        """News, and reminders of what is still to be done by the very day they name; the rest is out of date.

        Asked of the present facts each time: a reminder is void the moment its case is closed, paused or extended.
        """
        case = Q(about=Notice.About.CASE, case__closed_on=None, about_day=F("case__due_on"))
        acceptance = Q(
            about=Notice.About.ACCEPTANCE,
            case__closed_on=None,
            case__state=Case.State.RECEIVED,
            about_day=F("case__accept_due_on"),
        )
        request = Q(
            about=Notice.About.REQUEST, request__state=Request.State.OPEN, about_day=F("request__due_on")
        )
        in_time = Q(kind=Notice.Kind.DUE_SOON, about_day__gte=today)
        late = Q(kind=Notice.Kind.BREACHED, about_day__lt=today)
        return self.filter(
            ~Q(kind__in=Notice.REMINDERS)
            | (Q(outdated_at=None) & (in_time | late) & (case | acceptance | request))
        )

    def unread(self, today: date) -> NoticeQuerySet:
        return self.holding(today).filter(read_at=None)


class Notice(models.Model):
    """A line for one person, with the page it is about; read once it was opened."""

    untracked_because = "a notice is news, not a fact: the facts it tells of have their own history"

    class Kind(models.TextChoices):
        NEWS = "news", "进展"
        DUE_SOON = "due_soon", "即将到期"
        BREACHED = "breached", "逾期"
        URGED = "urged", "催办"

    REMINDERS = (Kind.DUE_SOON, Kind.BREACHED)

    class About(models.TextChoices):
        """Which of the clocks a reminder is about."""

        CASE = "case", "办结"
        ACCEPTANCE = "acceptance", "受理"
        REQUEST = "request", "答复"

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notices", verbose_name="收件人"
    )
    case = models.ForeignKey(
        Case, on_delete=models.PROTECT, null=True, blank=True, related_name="notices", verbose_name="案件"
    )
    request = models.ForeignKey(
        Request, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="往来"
    )
    kind = models.CharField("类型", max_length=10, choices=Kind.choices)
    about = models.CharField("提醒事项", max_length=10, choices=About.choices, blank=True)
    text = models.CharField("内容", max_length=300)
    url = models.CharField("地址", max_length=200, blank=True)
    about_day = models.DateField("到期日", null=True, blank=True)
    """For reminders: the due day it reminds of. A day that moves may be reminded of anew."""
    created_at = models.DateTimeField("时间")
    read_at = models.DateTimeField("阅读时间", null=True, blank=True)
    mailed_at = models.DateTimeField("邮件时间", null=True, blank=True)
    outdated_at = models.DateTimeField("失效时间", null=True, blank=True)
    """The day has moved, the matter is done or is another's: it does not stand in the way of a new reminder."""

    objects = models.Manager.from_queryset(NoticeQuerySet)()

    class Meta:
        verbose_name = "通知"
        verbose_name_plural = "通知"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "case", "kind", "about", "request", "about_day"],
                condition=Q(kind__in=["due_soon", "breached"], outdated_at=None),
                nulls_distinct=False,
                name="notice_reminds_once",
            ),
            models.CheckConstraint(
                name="notice_reminder_names_its_day",
                condition=~Q(kind__in=["due_soon", "breached"])
                | (
                    Q(case__isnull=False, about_day__isnull=False)
                    & (
                        Q(about__in=["case", "acceptance"], request=None)
                        | Q(about="request", request__isnull=False)
                    )
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-id"], name="notice_by_person"),
            models.Index(
                fields=["person"], name="notice_unread", condition=Q(read_at=None, outdated_at=None)
            ),
            models.Index(
                fields=["case"],
                name="notice_live_reminders",
                condition=Q(kind__in=["due_soon", "breached"], outdated_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.text
