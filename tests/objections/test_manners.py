"""How an objection ends in good manners: delivered, told in writing, with no more handed on than is needed."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.files.base import ContentFile

from audit.faults import Refused
from casework.models import Case, Evidence, EvidenceShare, Letter, Notice
from casework.selectors.letters import sheet_of
from casework.services import evidence
from objections.services import handling
from worktime.services import add_day, confirm_calendar, draft_calendar, propose_calendar

from .filing import at


def words_of(letter: Letter) -> str:
    return "\n".join(one.text for one in sheet_of(letter).paragraphs)


# --- closing -------------------------------------------------------------------------------------------------


def test_closing_before_the_letter_is_delivered_needs_a_reason(city, way):
    way.accept().ask().answer().propose().decide()
    with pytest.raises(Refused) as refusal:
        handling.close(way.objection, actor=city.officer, now=at(23))
    assert refusal.value.code == "objection.not_delivered"
    assert refusal.value.message == "决定书还没有登记送达；确需先办结的，请在理由中写明。"
    assert Case.objects.get(pk=way.objection.pk).state == "decided"
    handling.close(way.objection, actor=city.officer, reason="公告送达期间，先行办结。", now=at(23))
    case = Case.objects.get(pk=way.objection.pk)
    assert (case.state, case.state_reason) == ("closed", "公告送达期间，先行办结。")


def test_why_it_is_late_does_not_say_why_it_was_not_delivered(city, way):
    way.accept().ask().answer().propose().decide()
    with pytest.raises(Refused) as refusal:
        handling.close(way.objection, actor=city.officer, breach_reason="来源单位迟延。", now=at(24))
    assert refusal.value.code == "objection.not_delivered"


def test_a_delivered_letter_needs_no_reason(city, way):
    way.accept().ask().answer().propose().decide().deliver()
    handling.close(way.objection, actor=city.officer, now=at(23, 17))
    assert Case.objects.get(pk=way.objection.pk).state == "closed"


def test_the_letter_of_the_round_before_does_not_count(city, way):
    way.accept().ask().answer().propose().decide().close()
    handling.reopen(way.objection, actor=city.approver, reason="发现新证据。", now=at(24))
    way.propose(outcome="not_upheld", value="").decide()
    with pytest.raises(Refused) as refusal:
        handling.close(way.objection, actor=city.officer, now=at(25))
    assert refusal.value.code == "objection.not_delivered"


# --- ending without a decision -------------------------------------------------------------------------------


def test_a_withdrawn_objection_says_so_and_the_applicant_has_it_in_writing(city, way):
    way.accept()
    handling.withdraw(way.objection, actor=city.officer, reason="申请人书面撤回。", now=at(17))
    case = Case.objects.get(pk=way.objection.pk)
    assert case.get_state_display() == "终止办理"
    assert case.state_reason == "申请人撤回。申请人书面撤回。"
    letter = Letter.objects.get(case=case, kind="termination")
    assert (letter.title, letter.number) == ("信用信息异议终止办理告知书", "银信异终〔2026〕1号")
    assert letter.addressee == case.subject.name
    assert "申请人撤回。申请人书面撤回。" in words_of(letter)


@pytest.mark.parametrize("reason", ["", "多次电话联系无果。"])
def test_a_lapsed_objection_is_not_called_withdrawn(city, way, reason):
    handling.ask_correction(way.objection, actor=city.officer, asks="缺少授权委托书。", now=at(17))
    due = way.objection.case.requests.get().due_on
    handling.lapse_correction(way.objection, actor=city.officer, reason=reason, now=at(10, month=12))
    case = Case.objects.get(pk=way.objection.pk)
    assert case.get_state_display() == "终止办理"
    assert case.state_reason == f"逾期未补正。{reason}"
    words = words_of(Letter.objects.get(case=case, kind="termination"))
    assert f"补正期限到{due.year}年{due.month}月{due.day}日为止" in words
    assert "申请人撤回" not in words
    assert reason in words


# --- what is handed on ---------------------------------------------------------------------------------------


@pytest.fixture
def hand_in(city, way):
    def run(kind: str) -> Evidence:
        file = ContentFile(f"示例{kind}。".encode() * 9, name=f"{kind}.txt")
        given = {"kind": kind, "provided_by": Evidence.ProvidedBy.APPLICANT, "now": at(16, 12)}
        return evidence.add(way.objection.case, file, actor=city.officer, **given)

    return run


def test_papers_about_persons_stay_in_the_office_until_an_officer_hands_them_on(city, way, hand_in):
    pieces = {kind: hand_in(kind) for kind in ("application", "identity", "authorisation", "proof")}
    way.accept().ask()
    shared = EvidenceShare.objects.filter(department=city.scjg)
    assert set(shared.values_list("evidence__kind", flat=True)) == {"application", "proof"}
    evidence.share_one(pieces["authorisation"], actor=city.officer, department=city.scjg, now=at(18))
    assert shared.filter(evidence=pieces["authorisation"]).exists()


def test_nothing_is_handed_on_after_the_end(city, way, hand_in):
    piece = hand_in("identity")
    way.accept().ask().answer().propose().decide().close()
    with pytest.raises(Refused) as refusal:
        evidence.share_one(piece, actor=city.officer, department=city.scjg, now=at(24))
    assert refusal.value.code == "evidence.state"
    assert "现为“已办结”" in refusal.value.message
    assert not EvidenceShare.objects.exists()


# --- a new calendar ------------------------------------------------------------------------------------------


def test_the_officer_in_charge_is_told_when_a_calendar_moves_the_day(city, way):
    other = city.person("officer2", "蒋示例", "officer", city.office)
    way.accept()
    version = draft_calendar(
        "", actor=other, title="", known_until=date(2026, 12, 31), source="示例通知", reason="示例"
    )
    add_day(version, actor=other, day=date(2026, 11, 20), off=True, name="示例节日")
    version.refresh_from_db()
    confirm_calendar(propose_calendar(version, actor=other), actor=city.approver, now=at(19))
    notice = Notice.objects.get(text__contains="应办结日")
    number = way.objection.case.number
    assert notice.text.startswith(f"{number}应办结日由2026-11-23改为2026-11-24，因为")
    assert notice.text.endswith("施行。")
    assert (notice.person, notice.case_id) == (city.officer, way.objection.pk)
