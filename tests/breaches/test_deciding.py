"""From the report to the closed case, and what a decision may rest on."""

from __future__ import annotations

from datetime import date

import pytest

from audit.acts import act
from audit.faults import Refused
from breaches.models import Breach, DecidedMeasure, Measure, PriorNotice
from breaches.selectors.degrees import facts_of, suggested
from breaches.services import deciding, handling, hearing, lifting
from breaches.services.deciding import Ruling
from casework.models import Case, Decision, Letter
from casework.services.assignment import assign
from commitments.models import Commitment
from commitments.services.amending import amend
from commitments.services.amending import withdraw as withdraw_commitment
from credit_records.models import Record
from credit_records.services import records
from credit_records.services.classifying import classify_by_decision
from credit_records.services.corrections import withdraw_by_decision
from exchange.models import Entry

from ..commitments.counter import at
from .breaching import BreachWay, measures, report_shortfall

pytestmark = pytest.mark.django_db
BROKEN, NOT_BROKEN = Decision.Outcome.BROKEN, Decision.Outcome.NOT_BROKEN


@pytest.fixture
def ready(breach_way) -> BreachWay:
    """Told of a general breach with every measure, silent, to be proposed."""
    return breach_way.accept().told()


def refused(attempt) -> str:
    with pytest.raises(Refused) as refusal:
        attempt()
    assert refusal.value.message.endswith("。")
    return refusal.value.code


def test_a_decision_makes_letter_record_measures_and_news_at_once(city, ready):
    ready.propose().decide()
    breach = ready.fresh()
    letter = Letter.objects.get(case=breach.case, kind="decision")
    assert (breach.case.state, breach.case.outcome, breach.pending) == ("decided", "broken", False)
    assert (breach.degree, breach.degree_rule, breach.decided_on) == (
        "general", "degrees-2020", date(2026, 11, 26),
    )  # fmt: skip
    record = breach.record
    assert (record.state, record.severity, record.document_number) == ("published", "general", letter.number)
    assert (record.department, record.subject) == (city.scjg, breach.case.subject)
    assert (record.entered_by, record.reviewed_by) == (city.officer, city.approver)
    assert record.details["WN_SS"] == breach.facts
    assert record.publicity_latest_end == date(2027, 11, 26)
    taken = {one.measure.key: one for one in DecidedMeasure.objects.filter(breach=breach)}
    assert {key: (one.since, one.until) for key, one in taken.items()} == {
        "inspection-2020": (date(2026, 11, 26), date(2027, 11, 26)),
        "no-commitment-2020": (date(2026, 11, 26), None),
        "referral-2020": (date(2026, 11, 26), date(2026, 11, 26)),  # one act
    }
    assert all(one.legal_basis == one.measure.legal_basis for one in taken.values())
    entry = Entry.objects.get(topic="breach.decided")
    assert (entry.topic, entry.reference, entry.record) == ("breach.decided", breach.case.number, record)
    told = breach.case.notices.filter(text__contains=letter.number)
    assert {one.person.username for one in told} == {"officer", "clerk", "clerk2", "reviewer"}
    ready.close()
    assert Case.objects.get(pk=breach.pk).state == "closed"


def test_the_letter_says_facts_statement_answer_basis_and_measures_with_their_law(breach_way):
    breach_way.accept().notify().deliver_notice().state().end().propose().decide()
    letter = Letter.objects.get(case=breach_way.case, kind="decision")
    whole = "".join(line["text"] for line in letter.content["paragraphs"])
    for said in ("未取得承诺的经营场所使用证明", "因房东违约", "不予采纳", "违诺程度为一般", "国办发〔2020〕42号三（二）",
                 "信用修复", "食品经营许可", "六十日", "行政复议法》第二十条", "六个月", "行政诉讼法》第四十六条"):  # fmt: skip
        assert said in whole
    assert letter.title == letter.content["title"] == "违诺认定决定书"
    for one in Letter.objects.filter(case=breach_way.case):
        assert "本系统口径" not in str(one.content)
    referral = next(line["text"] for line in letter.content["paragraphs"] if "移送" in line["text"])
    assert "修复或者撤回时止" not in referral
    assert "期限12个月" in whole
    assert "本系统口径" not in str(breach_way.fresh().record.details)


def test_not_broken_leaves_the_file_alone_and_asks_for_no_notice(breach_way):
    ruling = Ruling(NOT_BROKEN, "general", (1,), "")
    breach_way.accept().propose(ruling, reason="期限尚未届满。", now=at(17)).decide(now=at(17, 15))
    breach = breach_way.fresh()
    assert (breach.case.outcome, breach.degree, breach.record, breach.pending) == (
        "not_broken",
        "",
        None,
        False,
    )
    assert (breach.reasons, breach.decided_on) == ("期限尚未届满。", date(2026, 11, 17))
    assert not Record.objects.exists()
    assert not Entry.objects.filter(topic="breach.decided").exists()
    assert not DecidedMeasure.objects.exists()
    letter = Letter.objects.get(kind="decision")
    assert letter.title == letter.content["title"] == "不予认定违诺决定书"
    whole = str(letter.content)
    assert "不认定违诺" in whole
    assert "救济途径" not in whole


@pytest.mark.parametrize(
    ("ruling", "code"),
    [
        (lambda: Ruling("granted"), "breach.outcome"),
        (lambda: Ruling(BROKEN, "serious"), "breach.graver_than_noticed"),
        (lambda: Ruling(BROKEN, ""), "breach.degree"),
        (lambda: Ruling(BROKEN, "general", (measures("inspection")[0].pk,)), "breach.measure_not_noticed"),
        (lambda: Ruling(BROKEN, "minor", (measures("referral")[0].pk,)), "breach.measure_not_allowed"),
        (lambda: Ruling(BROKEN, "general"), "breach.statement_unanswered"),
    ],
)
def test_nothing_graver_than_noticed_and_nothing_unanswered_is_proposed(breach_way, ruling, code):
    breach_way.accept().notify(chosen=measures("referral")).deliver_notice().state().end()
    assert refused(lambda: breach_way.propose(ruling())) == code


def test_lighter_than_noticed_may_be_decided(ready):
    ready.propose(Ruling(BROKEN, "minor")).decide()
    breach = ready.fresh()
    assert (breach.degree, breach.record.severity) == ("minor", "minor")
    assert not DecidedMeasure.objects.exists()


def test_broken_without_a_finished_notice_is_not_proposed(breach_way):
    breach_way.accept()
    assert refused(lambda: breach_way.propose(Ruling(BROKEN, "general"), now=at(17))) == "breach.not_notified"


def test_other_facts_than_the_subject_was_told_ask_for_a_new_notice(city, ready):
    handling.restate(
        ready.breach, actor=city.officer, reason="查明新事实。", facts="另有虚构材料。", now=at(26, 10)
    )
    assert refused(ready.propose) == "breach.facts_changed"
    ready.notify(now=at(26, 10)).deliver_notice(date(2026, 11, 26)).state(
        waived=True, statement="", now=at(26, 10)
    )
    ready.end(now=at(26, 10)).propose()
    assert ready.breach.notices.count() == 2
    assert ready.case.decisions.get().content["notice"] == 2


def test_the_proposal_keeps_everything_that_is_decided(ready):
    ready.propose()
    content = ready.case.decisions.get().content
    assert content["matter"]["facts"] == ready.breach.facts
    assert content["facts"] == {
        "kind": "broken",
        "status": "none",
        "harm": "none",
        "remedied": False,
        "earlier": 0,
    }
    assert (content["degree"], content["rule"], content["notice"]) == ("general", "degrees-2020", 1)
    assert content["grounds"]
    assert all(one["legal_basis"] for one in content["measures"])


def test_who_was_in_the_chair_does_not_propose(city, breach_way):
    breach_way.accept().notify().deliver_notice().state(hearing_asked=True)
    second = city.person("officer2", "沈示例", "officer", city.office)
    hearing.arrange_hearing(
        breach_way.breach, actor=city.officer, at=at(30, 9), place="示例室", chair=second, now=at(19, 11)
    )
    breach_way.deliver_hearing()
    hearing.record_hearing(breach_way.breach, actor=city.officer, minutes="已举行。", now=at(30, 12))
    breach_way.end(now=at(30, 14))
    assign(breach_way.case, actor=city.approver, officer=second, now=at(30, 15))
    ruling = Ruling(BROKEN, "general", (), "不予采纳。")
    attempt = lambda: deciding.propose(  # noqa: E731
        breach_way.breach, actor=second, ruling=ruling, reason="清楚。", now=at(30, 16)
    )
    assert refused(attempt) == "breach.chair_proposes"


def _ended(ready) -> None:
    with act("test.end", actor=ready.city.system):
        one = Measure.objects.get(key="referral-2020")
        one.in_force_to = date(2026, 11, 25)
        one.save(update_fields=["in_force_to"])


def test_a_measure_that_was_ended_meanwhile_is_not_decided(ready):
    ready.propose()
    _ended(ready)
    assert refused(ready.decide) == "breach.measure_not_allowed"
    assert ready.fresh().case.state == "approving"


def test_a_changed_proposal_is_not_approved_unseen(city, ready):
    ready.propose()
    read = ready.digest
    deciding.recall_proposal(ready.breach, actor=city.officer, now=at(26, 12))
    ready.propose(Ruling(BROKEN, "minor"), now=at(26, 13))
    attempt = lambda: deciding.decide(ready.breach, actor=city.approver, digest=read, now=at(26, 15))  # noqa: E731
    assert refused(attempt) == "decision.changed"


def test_what_was_decided_is_not_reported_again_and_a_later_report_counts_the_earlier_breach(
    city, ready, report_breach, promised
):
    ready.propose().decide()
    assert refused(lambda: report_breach(now=at(27))) == "breach.decided_already"
    later = report_shortfall(city, promised, on=date(2026, 11, 27), now=at(27))
    again = BreachWay(city, report_breach(performance=later, found_on=date(2026, 11, 27), now=at(27)))
    assert facts_of(again.fresh(), on=date(2026, 11, 27)).earlier == 1
    assert "曾被认定违诺" in "".join(suggested(again.breach, on=date(2026, 11, 27)).reasons)
    record = ready.fresh().record
    records.suspend(record, actor=city.approver, reason="核查。", now=at(27, 10))
    assert facts_of(again.breach, on=date(2026, 11, 27)).earlier == 0
    records.resume(record, actor=city.approver, reason="属实。", now=at(27, 10))
    assert facts_of(again.breach, on=date(2026, 11, 27)).earlier == 1
    withdraw_by_decision(
        record,
        actor=city.approver,
        reference="复议决定1号",
        reason="撤销。",
        legal_basis="复议法",
        now=at(27, 11),
    )
    assert facts_of(again.breach, on=date(2026, 11, 27)).earlier == 0


def test_what_the_subject_has_done_meanwhile_counts_for_it(city, ready, promised):
    """The report that the case starts from says nothing was kept; a later one says that a part was, or all."""
    on = date(2026, 11, 27)
    assert suggested(ready.fresh(), on=on).severity == "general"
    report_shortfall(city, promised, status="part", on=on, now=at(27))
    assert (suggested(ready.breach, on=on).severity, facts_of(ready.breach, on=on).status) == (
        "minor",
        "part",
    )
    assert refused(lambda: ready.propose(now=at(27))) == "breach.degree_graver_than_rule"
    report_shortfall(city, promised, status="full", on=on, now=at(27, 11))
    found = facts_of(ready.breach, on=on)
    assert (found.status, found.remedied) == ("full", True)
    ready.propose(Ruling(BROKEN, "minor"), now=at(27)).decide(at(27, 15))
    assert ready.fresh().degree == "minor"


@pytest.mark.parametrize(
    ("told", "now_found", "again"),
    [
        ({}, {"harm": "some"}, True),
        ({"harm": "some"}, {"harm": "none"}, False),
        ({"remedied_on": date(2026, 11, 16)}, {"remedied_on": None}, True),
        ({}, {"remedied_on": date(2026, 11, 16)}, False),
    ],
)
def test_more_harm_or_a_remedy_that_is_gone_is_told_again(city, breach_way, told, now_found, again):
    breach_way.accept()
    if told:
        handling.restate(breach_way.breach, actor=city.officer, reason="查明。", now=at(17, 9), **told)
    breach_way.notify(degree="minor", chosen=()).deliver_notice().end()
    handling.restate(breach_way.breach, actor=city.officer, reason="查明。", now=at(26, 10), **now_found)
    if again:
        assert refused(breach_way.propose) == "breach.facts_changed"
    else:
        assert breach_way.propose().case.decisions.get().state == "proposed"


def test_what_was_said_to_an_earlier_notice_is_answered_too(breach_way):
    breach_way.accept().notify().deliver_notice().state().end()
    breach_way.notify(now=at(26, 10)).deliver_notice(date(2026, 11, 26))
    breach_way.state(waived=True, statement="", now=at(26, 17)).end(at(26, 17))
    assert (
        refused(lambda: breach_way.propose(Ruling(BROKEN, "general"), now=at(26, 18)))
        == "breach.statement_unanswered"
    )
    breach_way.propose(Ruling(BROKEN, "general", (), "不予采纳。"), now=at(26, 18)).decide(at(26, 19))
    whole = str(Letter.objects.get(kind="decision").content)
    for said in ("因房东违约", "书面放弃陈述申辩", "我办答复：不予采纳。"):
        assert said in whole


def test_a_record_corrected_to_a_lighter_degree_keeps_no_measure_that_this_degree_does_not_have(city, ready):
    ready.propose().decide()
    with act("test.corrected", actor=city.approver):
        classify_by_decision(
            ready.fresh().record,
            actor=city.approver,
            severity="minor",
            reason="异议成立。",
            legal_basis="示例",
            now=at(27),
        )
    assert not DecidedMeasure.objects.holding(date(2026, 11, 27)).exists()


def test_a_measure_ends_by_lifting_by_its_day_or_with_its_record(city, ready):
    ready.propose().decide()
    holding = DecidedMeasure.objects.holding
    assert holding(date(2026, 11, 26)).count() == 3
    # The referral was one act; nobody takes it back by lifting it.
    assert {one.measure.key for one in holding(date(2027, 11, 26))} == {
        "inspection-2020",
        "no-commitment-2020",
    }
    handed = DecidedMeasure.objects.get(measure__key="referral-2020")
    lift = lambda: lifting.lift_measure(handed, actor=city.approver, reason="撤回移送。", now=at(26, 16))  # noqa: E731
    assert refused(lift) == "breach.measure_over"
    one = DecidedMeasure.objects.get(measure__key="inspection-2020")
    lifting.lift_measure(one, actor=city.approver, reason="已整改。", now=at(28))
    assert set(holding(date(2026, 11, 28)).values_list("measure__key", flat=True)) == {"no-commitment-2020"}
    again = lambda: lifting.lift_measure(one, actor=city.approver, reason="再解除。", now=at(28))  # noqa: E731
    assert refused(again) == "breach.measure_over"
    withdraw_by_decision(
        ready.fresh().record, actor=city.approver, reference="复议决定1号", reason="撤销。", legal_basis="复议法",
        now=at(28),
    )  # fmt: skip
    assert not holding(date(2026, 11, 28)).exists()


def test_the_clock_stands_while_the_subject_is_heard(breach_way):
    """Twenty working days from the 16th end on 14 December; those from the 17th to the 26th do not count."""
    due = Case.objects.get(pk=breach_way.case.pk).due_on
    breach_way.accept().notify()
    case = Case.objects.get(pk=breach_way.case.pk)
    assert (case.state, case.due_on, str(case.paused_since)) == ("hearing", None, "2026-11-17")
    breach_way.deliver_notice().end()
    case = Case.objects.get(pk=breach_way.case.pk)
    assert (str(due), case.state, str(case.due_on)) == ("2026-12-14", "drafting", "2026-12-24")


def test_the_rows_behind_a_decision_stay_as_they_are(ready, promised):
    ready.propose().decide()
    attempt = lambda: withdraw_commitment(promised, actor=ready.city.reviewer, reason="误登。", now=at(27))  # noqa: E731
    assert refused(attempt) == "breach.decided"
    reworded = {"reason": "笔误。", "content": "另一内容。", "now": at(27)}
    reword = lambda: amend(promised, actor=ready.city.clerk, **reworded)  # noqa: E731
    assert refused(reword) == "breach.decided"
    assert Commitment.objects.get(pk=promised.pk).is_valid
    assert Breach.objects.get().notices.get().answer == PriorNotice.Answer.SILENT
    # Once the record is withdrawn as wrong, nothing stands on them any more.
    withdraw_by_decision(
        ready.fresh().record, actor=ready.city.approver, reference="YY-2026-0001", reason="认定有误。", legal_basis="示例",
        now=at(27, 11),
    )  # fmt: skip
    attempt()
    assert not Commitment.objects.get(pk=promised.pk).is_valid


def test_what_was_promised_is_not_reworded_while_a_case_is_open(city, breach_way, promised):
    reword = lambda **new: amend(promised, actor=city.clerk, reason="笔误。", now=at(17), **new)  # noqa: E731
    assert refused(lambda: reword(content="另一内容。")) == "breach.under_way"
    reword(remark="另附说明")
    assert Commitment.objects.get(pk=promised.pk).remark == "另附说明"
