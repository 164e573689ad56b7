"""Notices by mail: only with a server and an address, only what is still true, never twice, no names in it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core import mail
from django.db import connection

from accounts.services import end_role
from casework import tasks
from casework.models import Case, Notice
from casework.services import mailing
from casework.services.notices import tell

from ...credit_records.services.test_concurrency import at_once
from .conftest import at

pytestmark = pytest.mark.django_db
ADDRESS = "zhao@example.gov.cn"


@pytest.fixture(autouse=True)
def server(settings):
    settings.EMAIL_HOST = "mail.example.gov.cn"
    settings.DEFAULT_FROM_EMAIL = "xinheng@example.gov.cn"
    settings.XINHENG_SITE_URL = "https://xinheng.example.gov.cn/"


@pytest.fixture
def reminded(office) -> Notice:
    """The officer, who has an address, is reminded on Friday the 20th."""
    office.put(office.city.officer, email=ADDRESS)
    office.case()
    office.remind(20)
    return Notice.objects.get()


def jobs() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (args->>'notice_id')::bigint FROM procrastinate_jobs WHERE task_name = %s ORDER BY id",
            [mailing.TASK],
        )
        return [pk for (pk,) in cursor.fetchall()]


def test_the_job_is_a_row_of_the_same_transaction_for_whoever_has_an_address(office):
    office.put(office.city.officer, email=ADDRESS)
    office.case()
    assert office.remind(24).mails == 1
    assert jobs() == [Notice.objects.get(person=office.city.officer).pk]


def test_without_a_server_no_job_is_made(office, settings):
    settings.EMAIL_HOST = ""
    office.put(office.city.officer, email=ADDRESS)
    office.case()
    assert office.remind(24).mails == 0
    assert jobs() == []
    assert Notice.objects.count() == 2


def test_what_the_mail_says(reminded):
    assert mailing.send_mail(reminded.pk, now=at(20))
    (message,) = mail.outbox
    number = reminded.case.number
    assert message.to == [ADDRESS]
    assert message.from_email == "xinheng@example.gov.cn"
    assert message.subject == f"【信衡】{number} 即将到期"
    lines = message.body.split("\n")
    assert lines[0] == f"{number}应于2026-11-23前办结，即将到期。"
    assert f"https://xinheng.example.gov.cn{reminded.url}" in lines[2]
    for personal in (
        reminded.case.subject.name,
        reminded.case.applicant_name,
        str(reminded.person),
        "行政处罚",
    ):
        assert personal not in message.subject + message.body
    assert message.extra_headers["Message-ID"] == f"<notice-{reminded.pk}@example.gov.cn>"
    reminded.refresh_from_db()
    assert reminded.mailed_at == at(20)


def test_the_text_that_people_write_stays_inside(office):
    office.put(office.city.officer, email=ADDRESS)
    case = office.case()
    tell(
        [office.city.officer],
        "催办：示例自然人甲的材料",
        case=case,
        url="/x/",
        kind=Notice.Kind.URGED,
        now=at(20),
    )
    (pk,) = jobs()
    assert mailing.send_mail(pk, now=at(20))
    (message,) = mail.outbox
    assert message.body.startswith(f"案件{case.number}有新的通知(催办)，请登录查看。")
    assert "示例自然人甲" not in message.body


def _close(office, notice):
    office.put(notice.case, closed_on=date(2026, 11, 20), state=Case.State.CLOSED)


def _pause(office, notice):
    office.pause(notice.case, at(20, 11))


def _hand_over(office, notice):
    office.put(notice.case, assignee=office.second)


def _read(office, notice):
    Notice.objects.update(read_at=at(20, 11))


def _leave(office, notice):
    office.put(office.city.officer, is_active=False)


def _lose_the_role(office, notice):
    membership = office.city.officer.memberships.get()
    end_role(membership, actor=office.city.secadmin, until=date(2026, 11, 19), reason="示例：调离")


def _lose_the_address(office, notice):
    office.put(office.city.officer, email="")


def _switch_off(office, notice):
    Notice.objects.update(outdated_at=at(20, 11))


@pytest.mark.parametrize(
    "change",
    [_close, _pause, _hand_over, _read, _leave, _lose_the_role, _lose_the_address, _switch_off],
    ids=lambda change: change.__name__.strip("_"),
)
def test_what_has_changed_between_job_and_sending_keeps_the_mail_back(office, reminded, change):
    change(office, reminded)
    assert not mailing.send_mail(reminded.pk, now=at(20, 12))
    assert mail.outbox == []
    reminded.refresh_from_db()
    assert reminded.mailed_at is None


def test_a_mail_that_waited_past_the_due_day_is_not_sent(reminded):
    """The breach has its own reminder."""
    assert not mailing.send_mail(reminded.pk, now=at(24))
    assert mail.outbox == []


def test_whoever_does_not_see_the_case_any_more_gets_no_mail(office):
    office.put(office.city.clerk, email="zhang@example.gov.cn")
    case = office.case()
    request = office.ask(case)
    tell([office.city.clerk], "协查函", case=case, url="/x/", now=at(17))
    (pk,) = jobs()
    office.put(request, department=office.city.sthj)
    assert not mailing.send_mail(pk, now=at(17))


def test_a_failed_mail_is_tried_again_and_sent_once(reminded, monkeypatch):
    def down(self, *args, **kwargs):
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", down)
        with pytest.raises(ConnectionRefusedError):
            mailing.send_mail(reminded.pk, now=at(20))
    reminded.refresh_from_db()
    assert reminded.mailed_at is None
    assert mailing.send_mail(reminded.pk, now=at(20))
    assert not mailing.send_mail(reminded.pk, now=at(20))
    assert len(mail.outbox) == 1


def test_the_job_is_tried_again_with_growing_pauses_and_then_given_up():
    waits = []
    for attempts in range(6):
        job = type("Job", (), {"attempts": attempts})()
        again = tasks.mail_notice.retry_strategy.get_retry_decision(exception=ConnectionError(), job=job)
        waits.append(again.retry_at is not None if again else None)
    assert waits == [True] * 5 + [None]
    wrong = tasks.mail_notice.retry_strategy.get_retry_decision(exception=KeyError(), job=job)
    assert wrong is None


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_one_mail(reminded):
    outcomes = at_once(*[lambda: mailing.send_mail(reminded.pk, now=at(20))] * 4)
    assert sorted(outcomes) == [False, False, False, True]
    assert len(mail.outbox) == 1


# --- the schedule -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "told"),
    [(at(20), 1), (at(21), 0), (at(10, month=10), 1)],
    ids=["Friday", "Saturday", "make-up Saturday"],
)
def test_the_task_runs_on_working_days_alone(office, monkeypatch, day, told):
    """2026-10-10 is a Saturday on which offices work."""
    office.case(due_on=day.date())
    monkeypatch.setattr(tasks, "today", lambda: day.date())
    monkeypatch.setattr("casework.services.reminders.present", lambda: day)
    tasks.send_reminders(timestamp=0)
    assert Notice.objects.filter(about="case").count() == told


def test_the_schedule_is_half_past_eight_and_two_in_china():
    """The scheduler reads its crons in UTC."""
    from procrastinate.contrib.django import app

    hours = {}
    for (name, period), periodic in app.periodic_registry.periodic_tasks.items():
        if name == "casework.send_reminders":
            start = at(20, 0)
            next_run = periodic.croniter.get_next(ret_type=float, start_time=start.timestamp())
            hours[period] = timedelta(seconds=next_run - start.timestamp())
    assert hours == {"morning": timedelta(hours=8, minutes=30), "afternoon": timedelta(hours=14)}
