"""Notices by mail: a word that something waits, never what it is about; whoever may know reads it after signing in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from procrastinate.contrib.django import app

from accounts.policy import policy_for
from audit.clock import local_day, today
from audit.clock import now as present
from casework.models import Case, Notice
from casework.selectors.reminders import due_reminders

TASK = "casework.mail_notice"


def mail_is_set_up() -> bool:
    return bool(settings.EMAIL_HOST)


def queue_mail(notices: Iterable[int]) -> int:
    """A job for each notice whose person has an address; the jobs are rows of the same transaction and stand or fall with it."""
    if not mail_is_set_up():
        return 0
    rows = Notice.objects.filter(pk__in=list(notices), person__is_active=True).exclude(
        Q(person__email="") | Q(person__last_day__lt=today())
    )
    jobs = [{"notice_id": pk} for pk in rows.order_by("pk").values_list("pk", flat=True)]
    if jobs:
        app.configure_task(TASK).batch_defer(*jobs)
    return len(jobs)


def send_mail(notice_id: int, *, now: datetime | None = None) -> bool:
    """Send one notice, if it is still worth sending; never twice.

    The notice is claimed under lock before the server is asked, and given back when that fails, so that the next try sends it.
    A worker killed in between leaves it claimed: one mail too few, the notice itself is on the workbench.
    """
    moment = now or present()
    message = _claim(notice_id, moment)
    if message is None:
        return False
    try:
        message.send()
    except BaseException:
        Notice.objects.filter(pk=notice_id).update(mailed_at=None)
        raise
    return True


def _claim(notice_id: int, moment: datetime) -> EmailMessage | None:
    with transaction.atomic():
        rows = Notice.objects.select_for_update(of=("self",)).select_related("person", "case", "request")
        notice = rows.filter(pk=notice_id, mailed_at=None, read_at=None, outdated_at=None).first()
        if notice is None or not mail_is_set_up() or not _worth_sending(notice, local_day(moment)):
            return None
        notice.mailed_at = moment
        notice.save(update_fields=["mailed_at"])
        return _message(notice)


def _worth_sending(notice: Notice, today: date) -> bool:
    """The person still works here and sees the case; what is reminded of is still due that day, and theirs to do."""
    person = notice.person
    if not person.is_active or person.has_left(today) or not person.email:
        return False
    if notice.case is None:
        return True
    if not policy_for(Case).allows(person, "view", notice.case):
        return False
    if notice.kind not in Notice.REMINDERS:
        return True
    key = (notice.case_id, notice.kind, notice.about, notice.request_id, notice.about_day)
    due = due_reminders(today, within=[notice.case.pk])
    return any(person.pk in reminder.people for reminder in due if reminder.key == key)


def _message(notice: Notice) -> EmailMessage:
    """Number, what and when. The text of other notices is written by people and may name somebody: it stays inside."""
    what = notice.get_kind_display()
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2]
    matter = f"案件{notice.case.number}" if notice.case is not None else "您的工作台"
    sentence = notice.text if notice.kind in Notice.REMINDERS else f"{matter}有新的通知({what})，请登录查看。"
    return EmailMessage(
        subject=f"【信衡】{notice.case.number if notice.case is not None else '工作台'} {what}",
        body=(
            f"{sentence}\n\n登录办理：{urljoin(settings.XINHENG_SITE_URL, notice.url)}\n\n"
            "本邮件由系统自动发出，请勿回复。不在办公网络内的，请到单位后办理。\n"
        ),
        to=[notice.person.email],
        headers={"Auto-Submitted": "auto-generated", "Message-ID": f"<notice-{notice.pk}@{domain}>"},
    )
