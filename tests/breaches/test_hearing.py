"""The subject is told and heard: its time runs from the delivery, and nothing goes on before it is over."""

from __future__ import annotations

from datetime import date

import pytest

from audit.acts import act
from audit.clock import today
from audit.faults import Refused
from breaches.models import PriorNotice
from breaches.selectors.notices import current_notice, statement_due
from breaches.services import handling, hearing
from casework.models import Case, Letter, Pause, Request
from casework.selectors.lists import Selection, rows
from casework.selectors.reminders import due_reminders
from casework.services.assignment import assign
from casework.services.clock_check import drifts
from casework.services.letters import record_delivery

from ..commitments.counter import at
from .breaching import DELIVERED, BreachWay, measures

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(breach_way) -> BreachWay:
    """Told of a general breach on the 17th, not delivered yet."""
    return breach_way.accept().notify()


def refused(attempt) -> str:
    with pytest.raises(Refused) as refusal:
        attempt()
    assert refusal.value.message.endswith("。")
    return refusal.value.code


def notice_of(way: BreachWay) -> PriorNotice:
    return way.breach.notices.order_by("-number")[0]


def test_the_notice_says_facts_degree_measures_with_their_law_and_the_rights(told):
    letter = Letter.objects.get(kind="notice")
    whole = str(letter.content)
    for said in ("未取得承诺的经营场所使用证明", "违诺程度为一般", "5个工作日", "要求听证", "不适用告知承诺制", "第六十九条",
                 "不因你（单位）陈述、申辩而作出更重的认定"):  # fmt: skip
        assert said in whole
    assert letter.addressee == told.case.subject.name
    notice = notice_of(told)
    assert (notice.number, notice.degree, notice.degree_rule, notice.answer) == (
        1,
        "general",
        "degrees-2020",
        "",
    )
    assert (notice.kind, notice.facts) == (told.breach.kind, told.breach.facts)
    assert {one["key"] for one in notice.measures} == {
        "inspection-2020",
        "no-commitment-2020",
        "referral-2020",
    }
    assert Pause.objects.get().kind == "statement"


def test_a_minor_breach_is_told_without_a_hearing(breach_way):
    breach_way.accept().notify(degree="minor", chosen=()).deliver_notice()
    assert "听证" not in str(Letter.objects.get(kind="notice").content)
    assert refused(lambda: breach_way.state(hearing_asked=True)) == "breach.hearing_not_open"


@pytest.mark.parametrize(
    ("degree", "chosen", "code"),
    [
        ("serious", (), "breach.degree_graver_than_rule"),
        ("", (), "breach.degree"),
        ("minor", ("referral",), "breach.measure_not_allowed"),
    ],
)
def test_nothing_beyond_rule_and_list_is_told(breach_way, degree, chosen, code):
    breach_way.accept()
    listed = measures(*chosen) if chosen else ()
    assert refused(lambda: breach_way.notify(degree=degree, chosen=listed)) == code


def test_the_time_runs_from_the_delivery(told):
    notice = notice_of(told)
    assert statement_due(notice, today=date(2026, 11, 30)) is None
    assert refused(told.state) == refused(lambda: told.end(at(30))) == "breach.notice_not_delivered"
    told.deliver_notice()
    notice = current_notice(told.fresh())
    assert (notice.request.counts_from, notice.request.due_on) == (DELIVERED, date(2026, 11, 25))
    assert statement_due(notice, today=date(2026, 11, 19)).due == date(2026, 11, 25)
    assert refused(lambda: told.end(at(25))) == "breach.statement_runs"
    told.end(at(26))
    notice = notice_of(told)
    assert (notice.answer, notice.request.state) == ("silent", "lapsed")
    assert told.fresh().case.state == "drafting"


def test_a_statement_is_kept_added_to_and_does_not_shorten_the_time(city, told):
    told.deliver_notice()
    hearing.record_statement(
        told.breach, actor=city.clerk, statement="正在整改。", stated_on=DELIVERED, now=at(18, 18)
    )
    told.state(statement="已提交租赁合同。")
    assert refused(lambda: told.end(at(25))) == "breach.statement_runs"
    told.end(at(26))
    notice = notice_of(told)
    assert notice.statement == "正在整改。\n（2026-11-19补充）已提交租赁合同。"
    assert (notice.answer, notice.stated_by, str(notice.stated_on)) == ("stated", "示例人甲", "2026-11-19")
    assert notice.request.answer == notice.statement


def test_who_waives_in_writing_need_not_wait_and_who_speaks_after_all_is_heard(told):
    told.deliver_notice().state(statement="", waived=True)
    assert notice_of(told).answer == "waived"
    told.state(now=at(19, 15))
    assert refused(lambda: told.end(at(20))) == "breach.statement_runs"
    told.state(statement="", waived=True, now=at(20)).end(at(20, 11))
    assert notice_of(told).answer == "stated"


def test_the_department_that_accuses_does_not_give_the_statement_up_for_the_subject(city, told):
    told.deliver_notice()
    given = {"waived": True, "stated_by": "示例人甲", "now": at(19)}
    attempt = lambda: hearing.record_statement(told.breach, actor=city.clerk, **given)  # noqa: E731
    assert refused(attempt) == "breach.waiver_at_window"
    assert hearing.record_statement(told.breach, actor=city.officer, **given).answer == "waived"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"statement": ""}, "breach.statement_missing"),
        ({"waived": True, "hearing_asked": True}, "breach.waived_and_hearing"),
        ({"stated_on": date(2026, 11, 17)}, "breach.stated_on"),
        ({"stated_on": date(2026, 11, 20)}, "breach.stated_on"),
        ({"statement": "字" * 4001}, "breach.statement_long"),
        ({"hearing_asked": True, "now": at(26)}, "breach.hearing_too_late"),
    ],
)
def test_what_is_no_statement_is_refused(told, said, code):
    told.deliver_notice()
    assert refused(lambda: told.state(**said)) == code


def test_a_late_statement_is_heard_all_the_same(told):
    told.deliver_notice().state(now=at(26)).end(at(26, 11))
    assert notice_of(told).answer == "stated"


def test_a_hearing_that_was_asked_for_is_held_first(city, told):
    told.deliver_notice()

    def arrange(**given):
        values = {"at": at(30, 9), "place": "示例室", "chair": city.approver, "now": at(19, 11), **given}
        return hearing.arrange_hearing(told.breach, actor=city.officer, **values)

    assert refused(arrange) == "breach.hearing_not_asked"
    told.state(statement="", hearing_asked=True)
    assert refused(lambda: arrange(at=at(27, 9))) == "breach.hearing_too_soon"
    assert refused(lambda: arrange(place=" ")) == "breach.hearing_place_missing"
    assert refused(lambda: arrange(chair=city.officer)) == "breach.chair_of_the_case"
    assert refused(lambda: arrange(chair=city.clerk)) == "breach.chair_not_of_the_office"
    record = lambda now, text="已举行。": hearing.record_hearing(  # noqa: E731
        told.breach, actor=city.officer, minutes=text, now=now
    )
    assert refused(lambda: record(at(30))) == "breach.hearing_not_arranged"
    arrange(at=at(1, 9, month=12))
    arrange()
    assert Letter.objects.filter(kind="hearing").count() == 2
    assert "2026年11月30日9时00分" in str(notice_of(told).hearing_letter.content)
    # The letter of the first arrangement is no longer the one that counts; one delivered too late does not either.
    assert refused(lambda: record(at(30))) == "breach.hearing_not_told"
    told.deliver_hearing(date(2026, 11, 20))
    assert refused(lambda: record(at(30))) == "breach.hearing_told_late"
    arrange(now=at(19, 12))
    told.deliver_hearing()
    assert refused(lambda: record(at(30, 8))) == "breach.hearing_not_yet"
    assert refused(lambda: told.end(at(30, 10))) == "breach.hearing_not_held"
    assert refused(lambda: record(at(30), " ")) == "breach.minutes_missing"
    record(at(30))
    assert refused(arrange) == "breach.hearing_held"
    told.end(at(30, 14))
    notice = notice_of(told)
    assert (notice.answer, notice.statement, notice.hearing_minutes) == (
        "stated",
        "意见见听证笔录。",
        "已举行。",
    )


def test_who_reported_told_or_proposed_does_not_preside(city, told):
    """Handing the case over afterwards does not make a stranger to it of whoever has told the subject."""
    told.deliver_notice().state(hearing_asked=True)
    second = city.person("officer2", "沈示例", "officer", city.office)
    assign(told.case, actor=city.approver, officer=second, now=at(19, 11))

    def arrange(chair):
        return hearing.arrange_hearing(
            told.breach, actor=second, at=at(30, 9), place="示例室", chair=chair, now=at(19, 11)
        )

    assert refused(lambda: arrange(city.officer)) == "breach.chair_of_the_case"
    with act("test.entered", actor=city.system):
        told.case.entered_by = city.supervisor
        told.case.save(update_fields=["entered_by"])
    assert refused(lambda: arrange(city.supervisor)) == "breach.chair_of_the_case"
    assert arrange(city.approver).hearing_chair == city.approver


def test_who_gives_the_hearing_up_waits_for_none(told):
    told.deliver_notice().state(hearing_asked=True).state(statement="", waived=True, now=at(20)).end(
        at(20, 11)
    )
    notice = notice_of(told)
    assert (notice.answer, notice.hearing_asked_on) == ("stated", None)


def test_a_case_given_up_while_the_subject_is_heard_tells_it_and_may_be_taken_up_again(city, told):
    handling.withdraw(told.breach, actor=city.officer, reason="证据不足。", now=at(18))
    case = Case.objects.get(pk=told.case.pk)
    assert (case.state, case.paused_since) == ("withdrawn", None)
    assert notice_of(told).answer == "recalled"
    assert Request.objects.get().state == "recalled"
    assert "此前告知的内容不再执行" in str(Letter.objects.get(kind="termination").content)
    handling.reopen(told.fresh(), actor=city.approver, reason="新证据。", now=at(19))
    assert current_notice(told.fresh()) is None
    handling.accept(told.breach, actor=city.officer, now=at(19))
    told.notify(now=at(19))
    # The letter of the round before comes back late: the time of the new notice does not run from it.
    old = Letter.objects.filter(kind="notice").order_by("pk")[0]
    record_delivery(
        old, actor=city.officer, method="direct", delivered_on=DELIVERED, received_by="甲", now=at(20)
    )
    assert notice_of(told).request.counts_from is None


def test_who_was_never_told_gets_no_letter_of_the_end(city, breach_way):
    handling.withdraw(breach_way.accept().breach, actor=city.officer, reason="重复。", now=at(17))
    assert not Letter.objects.exists()


def test_the_officer_is_reminded_of_the_delivery_and_of_the_end_of_the_term(city, told):
    def texts(day):
        return [one.text for one in due_reminders(day) if one.request is not None]

    assert texts(date(2026, 11, 24)) == []
    assert ["还没有登记送达" in one for one in texts(date(2026, 11, 25))] == [True]
    told.deliver_notice()
    assert texts(date(2026, 11, 25)) == []
    assert ["陈述申辩期限2026-11-25已过" in one for one in texts(date(2026, 11, 26))] == [True]
    assert list(drifts(today())) == []


def test_the_work_list_finds_those_whose_time_is_over(city, told):
    def found(day: int) -> list[int]:
        selection = Selection(whose="mine", wait="heard")
        return [case.pk for case in rows(city.officer, selection, day=date(2026, 11, day))]

    assert found(30) == []  # not delivered: nothing runs
    told.deliver_notice()
    assert found(25) == []
    assert found(26) == [told.case.pk]
    assert list(rows(city.stranger, Selection(wait="heard"), day=date(2026, 11, 26))) == []
    told.end(at(26))
    assert found(27) == []
