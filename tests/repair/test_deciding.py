"""A repair from the proposal to its effect: by one level of review, by two, in part, and when something has changed."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from accounts.policy import NotVisible, policy_for
from audit.acts import act
from audit.faults import Refused
from casework.models import Case, Decision, Letter, Notice, Request
from casework.services import decisions
from commitments.models import Commitment
from credit_records.models import Record
from credit_records.services import records as record_verbs
from exchange.models import Entry
from repair.models import Item, Shielding
from repair.services import deciding
from repair.services.deciding import Ruling
from repair.services.handling import ItemAnswer
from repair.services.registering import Claim

from ..credit_records.builders import penalty
from ..roles import holds_besides
from .applying import COMMITTED, FULFILLED, ORDER, RepairWay, at
from .decided import digest_of, record_of, text_of

pytestmark = pytest.mark.django_db
G, N = Item.Outcome.GRANTED, Item.Outcome.DENIED
TODAY = at(18).date()


def test_a_repair_ends_publicity_sharing_and_use_at_once(city, ready):
    record = record_of(ready)
    assert Record.objects.public(TODAY).filter(pk=record.pk).exists()
    ready.propose().decide()
    record.refresh_from_db()
    assert record.state == Record.State.REPAIRED
    assert record.repaired_by == "信用修复决定书银信修决〔2026〕1号"
    assert record.state_reason.startswith("依据 信用修复决定书银信修决〔2026〕1号，")
    assert not Record.objects.in_use(TODAY).filter(pk=record.pk).exists()
    assert not Record.objects.public(TODAY).filter(pk=record.pk).exists()
    case = Case.objects.get(pk=ready.case.pk)
    assert (case.state, case.outcome) == ("decided", "granted")
    item = Item.objects.get(application=ready.application)
    assert (item.outcome, item.decided_on, item.rule_set, item.pending) == (G, TODAY, "order-36", False)
    assert {one["code"]: one["verdict"] for one in item.conditions} == dict.fromkeys(
        ["kind", "state", "published", "minimum", "maximum", "duties", "commitment", "bar", "excluded"], "met"
    )
    newest = record.history.order_by("-history_id").first()
    assert (newest.state, newest.history_user) == ("repaired", city.approver)


def test_the_letter_says_what_was_decided_and_what_follows(ready):
    ready.propose().decide()
    letter = Letter.objects.get(kind="decision")
    said = text_of(letter)
    assert letter.title == "信用修复决定书"
    assert (
        "1．银川市市场监督管理局《银市监罚〔2026〕1号》：准予修复。理由：义务已履行完毕，条件经逐项核对。"
        in said
    )
    assert "经银川市市场监督管理局核实，已履行完毕，履行完毕日期为2026年6月10日。" in said
    assert "自本决定作出之日起终止公示，不再共享和使用" in said
    assert "依据：《信用修复管理办法》(国家发展改革委令第36号)" in said
    assert "救济途径" not in said


def test_the_upper_platform_is_told_in_the_words_of_the_field(ready):
    ready.propose().decide()
    entry, record = Entry.objects.filter(topic__startswith="repair.").get(), record_of(ready)
    assert (entry.topic, entry.key) == ("repair.granted", f"repair.granted:{ready.case.number}:1:1")
    assert entry.record == record
    assert entry.payload == {
        "case_number": ready.case.number,
        "item_code": "penalty-org",
        "document_number": "银市监罚〔2026〕1号",
        "decision_date": "2026-05-20",
        "subject_name": record.subject.name,
        "subject_code": record.subject.code,
        "source_name": "银川市市场监督管理局",
        "source_code": "11640100DEP00001XK",
        "letter_number": "银信修决〔2026〕1号",
        "on": "2026-11-18",
        "state": "repaired",
        "public": False,
    }


def test_the_commitment_is_kept_and_the_source_is_told(city, ready):
    ready.propose().decide()
    commitment = Commitment.objects.get()
    assert (commitment.case_number, commitment.made_on) == (ready.case.number, COMMITTED)
    news = Notice.objects.filter(person=city.clerk, text__startswith="信用修复决定")
    assert "银信修决〔2026〕1号" in news.get().text


def test_each_record_is_decided_by_itself(both):
    both.propose(n2=N).decide()
    assert [record_of(both, n).state for n in (1, 2)] == ["repaired", "published"]
    assert Case.objects.get(pk=both.case.pk).outcome == "partly_granted"
    said = text_of(Letter.objects.get(kind="decision"))
    assert "2．银川市市场监督管理局《银市监罚〔2026〕2号》：不予修复。" in said
    assert "救济途径" in said
    assert "条件具备后，可以重新提出信用修复申请。" in said
    assert Entry.objects.filter(topic__startswith="repair.").count() == 1
    assert not Item.objects.filter(pending=True).exists()


def test_a_denial_changes_no_record_and_names_the_remedies(ready):
    ready.propose(N).decide()
    assert record_of(ready).state == "published"
    assert Case.objects.get(pk=ready.case.pk).outcome == "denied"
    said = text_of(Letter.objects.get(kind="decision"))
    assert "救济途径" in said
    assert "终止公示" not in said
    assert not Entry.objects.exists()
    assert not Commitment.objects.exists()


@pytest.mark.parametrize(
    ("finding", "says"),
    [(Item.Finding.NOT_FULFILLED, "没有履行完毕的证明"), (Item.Finding.UNKNOWN, "没有履行完毕的证明")],
)
def test_what_the_source_does_not_confirm_cannot_be_proposed_for_repair(repair_way, finding, says):
    way = repair_way.accept().ask().answer(ItemAnswer(finding, "未见缴款凭证。"))
    with pytest.raises(Refused, match=says) as refused:
        way.propose()
    assert refused.value.code == "repair.not_eligible"
    suggestion = deciding.suggestions(way.application, on=TODAY)[1]
    assert suggestion.outcome == N
    assert suggestion.obstacles == ("已履行行政处罚决定规定的义务：没有履行完毕的证明",)
    way.propose(N)


def test_suggestions_follow_the_conditions_of_the_day(ready):
    granted = deciding.suggestions(ready.application, on=TODAY)[1]
    assert (granted.outcome, granted.obstacles) == (G, ())
    assert "于2026-06-10履行完毕" in granted.reasons
    assert "裁定" not in granted.reasons
    early = deciding.suggestions(ready.application, on=date(2026, 8, 20))[1]
    assert early.outcome == N
    assert any("最短公示" in one for one in early.obstacles)


def test_a_shielding_is_suggested_for_the_order_of_the_court_alone(city, apply_for_repair, records):
    """Neither the minimum nor duties nor a letter are asked for: the letter must not say that they were met."""
    way = RepairWay(city, apply_for_repair(Claim(records[0]), **ORDER)).accept()
    (suggestion,) = deciding.suggestions(way.application, on=TODAY).values()
    assert suggestion.outcome == G
    assert suggestion.reasons == "经逐项审查，人民法院2026-11-09裁定，重整期间屏蔽，符合规定的条件。"


@pytest.mark.parametrize(
    ("rulings", "code"),
    [
        ({}, "repair.undecided"),
        ({1: Ruling("granted", "好"), 2: Ruling("granted", "好")}, "repair.foreign_item"),
        ({1: Ruling("revoked", "好")}, "repair.outcome"),
        ({1: Ruling("", "好")}, "repair.outcome"),
        ({1: Ruling("granted", " ")}, "repair.reasons_missing"),
    ],
)
def test_a_proposal_is_whole_and_reasoned(city, ready, rulings, code):
    with pytest.raises(Refused) as refused:
        deciding.propose(ready.application, actor=city.officer, rulings=rulings, reason="齐全。", now=at(18))
    assert refused.value.code == code
    assert not Decision.objects.exists()


def test_what_has_changed_since_the_proposal_is_judged_again_at_the_approval(city, ready):
    ready.propose()
    record = record_of(ready)
    record_verbs.withdraw(record, actor=city.reviewer, reason="决定被撤销", legal_basis="银市监撤〔2026〕1号")
    with pytest.raises(Refused, match="记录已撤回，不需要修复") as refused:
        ready.decide()
    assert refused.value.code == "repair.not_eligible"
    assert Case.objects.get(pk=ready.case.pk).state == "approving"
    assert not Letter.objects.filter(kind="decision").exists()
    decisions.send_back(ready.application.case, actor=city.approver, reason="记录已撤回。", now=at(18, 16))
    ready.propose(N)
    assert Decision.objects.filter(state="sent_back").count() == 1


def test_four_eyes_and_the_text_that_was_read(city, ready):
    ready.propose()
    digest = digest_of(ready.case)
    both_roles = city.person("both", "韩示例", "officer", city.office)
    holds_besides(both_roles, "approver", city.office)
    decisions.recall_proposal(ready.application.case, actor=city.officer, now=at(18, 11))
    with pytest.raises(Refused, match="案件现为"):
        deciding.decide(ready.application, actor=city.approver, digest=digest, now=at(18, 12))
    ready.propose(N)
    with pytest.raises(Refused) as refused:
        deciding.decide(ready.application, actor=city.approver, digest=digest, now=at(18, 12))
    assert refused.value.code == "decision.changed"
    with pytest.raises(PermissionDenied):
        deciding.decide(ready.application, actor=city.officer, digest=digest_of(ready.case), now=at(18, 12))
    with pytest.raises(NotVisible):
        deciding.decide(ready.application, actor=city.stranger, digest=digest_of(ready.case), now=at(18, 12))
    with pytest.raises(NotVisible):
        deciding.decide(ready.application, actor=city.upper, digest=digest_of(ready.case), now=at(18, 12))
    assert record_of(ready).state == "published"


# --- two levels -----------------------------------------------------------------------------------------------


def test_a_grave_fault_is_repaired_only_with_the_agreement_of_the_office_above(city, grave):
    grave.propose().decide()
    case = Case.objects.get(pk=grave.case.pk)
    assert (case.state, case.outcome) == ("upper_review", "")
    assert record_of(grave).state == "published"
    assert not Letter.objects.filter(kind="decision").exists()
    request = Request.objects.get(kind="review")
    assert (request.department, request.due_on) == (city.upper_office, date(2026, 11, 20))
    letter = Letter.objects.get(kind="review")
    assert letter.addressee == city.upper_office.name
    assert "准予修复" in text_of(letter)
    assert Notice.objects.filter(person=city.upper, text__startswith="待上级审核").exists()

    grave.confirm()
    record = record_of(grave)
    assert (record.state, record.repaired_by) == ("repaired", "信用修复决定书银信修决〔2026〕1号")
    decision = Decision.objects.get(state="approved")
    assert decision.decided_by == city.approver
    request.refresh_from_db()
    assert (request.state, request.answered_by) == ("answered", city.upper)
    assert Case.objects.get(pk=grave.case.pk).state == "decided"
    assert Entry.objects.filter(topic__startswith="repair.").get().topic == "repair.granted"
    issued = Letter.objects.get(kind="decision")
    assert issued.issued_by == city.upper
    assert f"本决定已经{city.upper_office.name}审核同意。" in text_of(issued)
    for one in Letter.objects.all():
        assert "本系统口径" not in text_of(one)


def test_the_office_above_returns_what_it_does_not_agree_to(city, grave):
    grave.propose().decide()
    deciding.return_decision(grave.application, actor=city.upper, reason="证明不足。", now=at(19))
    case = Case.objects.get(pk=grave.case.pk)
    assert (case.state, Request.objects.get(kind="review").answer) == ("drafting", "证明不足。")
    assert Decision.objects.get().state == "sent_back"
    assert record_of(grave).state == "published"
    assert Notice.objects.filter(person=city.approver, text__startswith="上级退回").exists()
    grave.fresh()
    grave.propose().decide().confirm()
    assert record_of(grave).state == "repaired"


def test_only_the_office_above_confirms_and_only_what_it_has_read(city, grave):
    grave.propose()
    digest = digest_of(grave.case)
    for actor in (city.upper, city.stranger):
        with pytest.raises(NotVisible):
            deciding.confirm(grave.application, actor=actor, digest=digest, now=at(19))
    grave.decide()
    for actor in (city.approver, city.officer, city.supervisor):
        with pytest.raises(PermissionDenied):
            deciding.confirm(grave.application, actor=actor, digest=digest, now=at(19))
    with pytest.raises(Refused) as refused:
        deciding.confirm(grave.application, actor=city.upper, digest="0" * 64, now=at(19))
    assert refused.value.code == "decision.changed"
    other = city.person("upper2", "沈示例", Role.UPPER_REVIEWER, city.office)
    with pytest.raises(NotVisible):
        deciding.confirm(grave.application, actor=other, digest=digest, now=at(19))
    assert record_of(grave).state == "published"


def test_who_approved_at_the_own_level_does_not_confirm_above(city, grave):
    grave.propose().decide()
    holds_besides(city.approver, Role.UPPER_REVIEWER, city.upper_office)
    with pytest.raises(Refused) as refused:
        deciding.confirm(
            grave.application,
            actor=User.objects.get(pk=city.approver.pk),
            digest=digest_of(grave.case, "endorsed"),
            now=at(19),
        )
    assert refused.value.code == "four_eyes"


def test_what_changes_while_the_office_above_has_it_is_judged_again(city, grave):
    grave.propose().decide()
    record_verbs.withdraw(
        record_of(grave), actor=city.reviewer, reason="决定被撤销", legal_basis="银市监撤〔2026〕1号"
    )
    with pytest.raises(Refused) as refused:
        grave.confirm()
    assert refused.value.code == "repair.not_eligible"
    assert Case.objects.get(pk=grave.case.pk).state == "upper_review"


def test_without_an_office_above_nothing_is_decided_and_the_approver_is_told(city, grave):
    grave.propose()
    with act("test.office", actor=city.system):
        city.office.parent = None
        city.office.save(update_fields=["parent"])
    grave.fresh()
    with pytest.raises(Refused) as refused:
        grave.decide()
    assert refused.value.code == "case.no_upper_office"
    assert Case.objects.get(pk=grave.case.pk).state == "approving"
    assert Decision.objects.get().state == "proposed"


def test_a_denial_needs_nobody_above(grave):
    grave.propose(N).decide()
    assert Case.objects.get(pk=grave.case.pk).state == "decided"
    assert not Request.objects.filter(kind="review").exists()


def test_the_office_above_sees_the_record_of_its_case_and_no_other(city, grave):
    policy = policy_for(Record)
    assert not policy.scope(city.upper).exists()
    grave.propose().decide()
    assert policy.scope(city.upper).get() == record_of(grave)
    assert policy.allows(city.upper, "repair", record_of(grave))
    assert not policy.scope(city.upper, "suspend").exists()
    stranger = city.person("upper3", "许示例", Role.UPPER_REVIEWER, city.office)
    assert not policy.scope(stranger).exists()


# --- shielding -----------------------------------------------------------------------------------------------


@pytest.fixture
def shielding_way(city, apply_for_repair, records) -> RepairWay:
    way = RepairWay(city, apply_for_repair(Claim(records[0]), **ORDER))
    return way.accept()


def test_a_court_order_shields_the_record_without_repairing_it(city, shielding_way):
    way = shielding_way
    way.propose().decide()
    record = record_of(way)
    assert (record.state, record.repaired_by) == ("suspended", "")
    assert not Record.objects.in_use(TODAY).filter(pk=record.pk).exists()
    row = Shielding.objects.get()
    assert (row.record, row.since, row.ended_on) == (record, TODAY, None)
    assert Entry.objects.filter(topic__startswith="repair.").get().topic == "repair.shielded"
    assert not Commitment.objects.exists()
    said = text_of(Letter.objects.get(kind="decision"))
    assert "准予屏蔽" in said
    assert "银川市示例人民法院于2026年11月9日作出(2026)宁01破1号裁定" in said


def test_queries_of_a_decision_grow_by_a_fixed_number_per_record(city, report, apply_for_repair):
    rows = [penalty(1, 行政处罚决定书文号=f"银市监罚〔2026〕{number}号") for number in range(1, 7)]
    report(*rows, publish=True)
    found = list(Record.objects.select_related("item", "subject", "department").order_by("pk"))
    counts = []
    for chosen in (found[:1], found[1:]):
        claims = [Claim(record, FULFILLED) for record in chosen]
        way = RepairWay(city, apply_for_repair(*claims, subject=found[0].subject)).accept().ask().answer()
        way.propose()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            way.decide()
        counts.append(len(captured))
    one, five = counts
    assert (five - one) / 4 <= 20, counts
    # The records are held before it is asked who has the last word, and the material is looked at again.
    # Fourteen of them tell the public of the commitment.
    assert one <= 111, counts
