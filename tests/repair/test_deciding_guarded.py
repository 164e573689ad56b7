"""What stands in the way of a repair at the last moment: material, a class raised meanwhile, false papers, the right office."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from accounts.models import Role, User
from accounts.policy import NotAllowed, policy_for
from audit.acts import act
from audit.faults import Refused
from casework.models import Case, Decision
from casework.services import correcting
from credit_records.models import Record
from repair.models import Application, Bar, Item, Material
from repair.selectors.eligibility import eligibility_of
from repair.services import deciding, handling, revoking
from repair.services.deciding import Ruling
from repair.services.materials import Verdict

from .applying import RepairWay, at, check_all
from .decided import digest_of, record_of

pytestmark = pytest.mark.django_db
G, N, R, K = Item.Outcome.GRANTED, Item.Outcome.DENIED, Item.Outcome.REVOKED, Item.Outcome.KEPT
PROOF = Material.Kind.FULFILMENT
FALSE = "缴款凭证系伪造，经开户银行核实并无此笔缴款。"
SAID = "材料齐全。"


def raise_class(way: RepairWay, number: int = 1) -> None:
    """The record becomes one whose repair the upper office has to agree to; what may be repaired stays so."""
    with act("test.class", actor=way.city.system):
        record = record_of(way, number)
        record.severity = "serious"
        record.publicity_earliest_end = date(2026, 8, 20)
        record.save(update_fields=["severity", "publicity_earliest_end"])


def find_faulty(way: RepairWay, *numbers: int) -> None:
    """The check finds, after acceptance, the proof of these items faulty."""
    lines = Material.objects.filter(application=way.application, kind=PROOF, item__number__in=numbers)
    assert len(lines) == len(numbers)
    with act("test.faulty", actor=way.city.officer):
        for line in lines:
            line.state, line.remark = Material.State.FAULTY, "复印件系拼接"
            line.save(update_fields=["state", "remark"])


def state_of(way: RepairWay) -> str:
    return Case.objects.get(pk=way.case.pk).state


def propose(way: RepairWay, now: Any, **by_number: str) -> None:
    pending = Item.objects.filter(application=way.application, pending=True)
    rulings = {x.number: Ruling(by_number[f"n{x.number}"], "经逐项核对。") for x in pending}
    deciding.propose(way.application, actor=way.city.officer, rulings=rulings, reason=SAID, now=now)


def decide(way: RepairWay, now: Any) -> None:
    deciding.decide(way.application, actor=way.city.approver, digest=digest_of(way.case), now=now)


# --- the office above ----------------------------------------------------------------------------------------


@pytest.fixture
def granted_in_two_rounds(both) -> RepairWay:
    """The first record with the agreement of the upper office; the second later, by the city alone."""
    raise_class(both, 1)
    both.propose(n2=N).decide()
    assert state_of(both) == "upper_review"
    both.confirm().close()
    handling.reopen(both.fresh(), actor=both.city.approver, reason="补充证明。", now=at(20))
    propose(both, at(20, 11), n2=G)
    decide(both, at(20, 12))
    assert state_of(both) == "decided"
    handling.close(both.application, actor=both.city.officer, reason="先办结。", now=at(20, 15))
    revoking.report_false_material(both.fresh(), actor=both.city.approver, reason=FALSE, now=at(23))
    return both


@pytest.mark.parametrize(
    ("rulings", "state"),
    [({"n1": R, "n2": R}, "upper_review"), ({"n1": R, "n2": K}, "upper_review"), ({"n1": K, "n2": R}, "decided")],
)  # fmt: skip
def test_what_the_upper_office_agreed_to_is_not_revoked_without_it(granted_in_two_rounds, rulings, state):
    propose(granted_in_two_rounds, at(24), **rulings)
    decide(granted_in_two_rounds, at(24, 11))
    assert state_of(granted_in_two_rounds) == state


def test_a_class_raised_while_it_is_decided_goes_to_the_upper_office(city, ready, monkeypatch):
    ready.propose()
    read = deciding.open_items

    def read_then_raised(application: Application) -> list[Item]:
        items = read(application)
        raise_class(ready)
        return items

    monkeypatch.setattr(deciding, "open_items", read_then_raised)
    ready.decide()
    assert state_of(ready) == "upper_review"
    assert record_of(ready).state == "published"


# --- material ------------------------------------------------------------------------------------------------


def test_material_found_faulty_after_acceptance_is_not_the_ground_of_a_grant(city, both):
    handling.ask_correction(both.application, actor=city.officer, asks="请补原件。", now=at(17, 11))
    check_all(
        both.application, actor=city.officer, now=at(18), but={PROOF: Verdict(Material.State.FAULTY, "复印件系拼接")}
    )  # fmt: skip
    correcting.record_correction(both.application.case, actor=city.officer, now=at(18))
    suggested = deciding.suggestions(both.application, on=at(18).date())
    assert {one.outcome for one in suggested.values()} == {N}
    assert "复印件系拼接" in suggested[1].obstacles[0]
    with pytest.raises(Refused, match="复印件系拼接") as refused:
        both.propose()
    assert refused.value.code == "repair.material_missing"
    both.propose(N).decide()
    assert state_of(both) == "decided"


def test_the_material_of_a_record_that_is_denied_is_not_in_the_way_of_another(both):
    find_faulty(both, 2)
    suggested = deciding.suggestions(both.application, on=at(18).date())
    assert [suggested[n].outcome for n in (1, 2)] == [G, N]
    with pytest.raises(Refused) as refused:
        both.propose()
    assert refused.value.code == "repair.material_missing"
    both.propose(n2=N).decide()
    assert [record_of(both, n).state for n in (1, 2)] == ["repaired", "published"]


def test_material_found_faulty_after_the_proposal_stops_the_approval(ready):
    ready.propose()
    find_faulty(ready, 1)
    with pytest.raises(Refused) as refused:
        ready.decide()
    assert refused.value.code == "repair.material_missing"
    assert (state_of(ready), record_of(ready).state) == ("approving", "published")


def test_material_found_faulty_before_the_upper_office_stops_its_agreement(grave):
    grave.propose().decide()
    find_faulty(grave, 1)
    with pytest.raises(Refused) as refused:
        grave.confirm()
    assert refused.value.code == "repair.material_missing"
    assert (state_of(grave), record_of(grave).state) == ("upper_review", "published")


def test_a_revocation_does_not_ask_for_the_material(city, closed):
    revoking.report_false_material(closed.fresh(), actor=city.approver, reason=FALSE, now=at(23))
    find_faulty(closed, 1)
    propose(closed, at(24), n1=R)
    decide(closed, at(24, 11))
    assert record_of(closed).state == "published"


# --- false material ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [K, R])
def test_another_round_about_other_records_is_not_about_what_was_found_false(city, both, first):
    both.propose(n2=N).decide().close()
    revoking.report_false_material(both.fresh(), actor=city.approver, reason=FALSE, now=at(23))
    propose(both, at(24), n1=first)
    decide(both, at(24, 11))
    handling.close(both.application, actor=city.officer, reason="先办结。", now=at(24, 15))
    handling.reopen(both.application, actor=city.approver, reason="补充证明。", now=at(25))
    assert both.application.false_material == ""
    kept = Application.objects.get(pk=both.application.pk)
    assert kept.false_material == ""
    assert FALSE in kept.history.values_list("false_material", flat=True)
    suggested = deciding.suggestions(kept, on=at(25).date())
    assert set(suggested) == {2}
    assert suggested[2].outcome in (G, N)


def barred_by(way: RepairWay) -> Bar:
    bar = Bar.objects.get()
    assert (bar.subject, bar.application, bar.reason) == (way.case.subject, way.application, FALSE)
    record = Record.objects.select_related("item").get(pk=record_of(way).pk)
    assert "bar" in {one.code for one in eligibility_of(record, on=at(26).date()).failed}
    return bar


def test_a_refusal_for_false_material_bars_the_subject(city, repair_way):
    handling.refuse(
        repair_way.application, actor=city.officer, reason="材料虚假。", false_material=FALSE, now=at(17)
    )
    letter = repair_way.case.letters.get(kind="refusal")
    bar = barred_by(repair_way)
    assert (bar.reference, bar.set_by, bar.found_on) == (letter.number, city.officer, at(17).date())


def test_a_denial_for_false_material_bars_the_subject_when_it_is_approved(city, ready):
    rulings = {1: Ruling(N, "材料虚假。")}
    deciding.propose(
        ready.application, actor=city.officer, rulings=rulings, reason=SAID, false_material=FALSE, now=at(18)
    )
    assert not Bar.objects.exists()
    ready.decide()
    letter = ready.case.letters.get(kind="decision")
    bar = barred_by(ready)
    assert (bar.reference, bar.set_by) == (letter.number, city.approver)


def test_nobody_is_barred_without_a_fact(city, ready, repair_way):
    ready.propose(N).decide()
    assert not Bar.objects.exists()


def test_on_false_material_nothing_is_granted(city, both):
    rulings = {1: Ruling(G, "清楚。"), 2: Ruling(N, "虚假。")}
    with pytest.raises(Refused) as refused:
        deciding.propose(
            both.application,
            actor=city.officer,
            rulings=rulings,
            reason=SAID,
            false_material=FALSE,
            now=at(18),
        )
    assert refused.value.code == "repair.false_material_denies"
    assert state_of(both) == "drafting"


def test_false_material_is_reported_from_a_refused_round_too(city, both):
    both.propose(n2=N).decide().close()
    handling.reopen(both.fresh(), actor=city.approver, reason="补充证明。", now=at(20))
    handling.withdraw(both.application, actor=city.officer, reason="撤回。", now=at(20, 11))
    handling.reopen(both.application, actor=city.approver, reason="再办。", now=at(20, 12))
    handling.refuse(both.application, actor=city.officer, reason="不属于。", now=at(20, 15))
    assert state_of(both) == "refused"
    revoking.report_false_material(both.fresh(), actor=city.approver, reason=FALSE, now=at(23))
    assert [item.number for item in Item.objects.filter(pending=True)] == [1]


# --- ends and offices ----------------------------------------------------------------------------------------


def test_no_proposal_waits_on_a_case_that_has_ended(city, ready, grave):
    ready.propose()
    grave.propose().decide()
    for way in (ready, grave):
        handling.withdraw(way.application, actor=city.officer, reason="撤回。", now=at(19))
        assert [one.state for one in Decision.objects.filter(case=way.case)] == ["superseded"]


def test_the_people_of_the_upper_office_do_not_decide_the_cases_of_the_city(city, ready):
    above = {
        role: city.person(f"above-{role}", "沈示例", role, city.upper_office)
        for role in (Role.APPROVER, Role.OFFICER)
    }
    ready.propose()
    with pytest.raises(NotAllowed):
        deciding.decide(
            ready.application, actor=above[Role.APPROVER], digest=digest_of(ready.case), now=at(18, 12)
        )
    policy = policy_for(Case)
    for verb, role, own in (
        ("decide", Role.APPROVER, city.approver),
        ("propose", Role.OFFICER, city.officer),
        ("take", Role.OFFICER, city.officer),
        ("assign", Role.APPROVER, city.approver),
    ):
        stranger = User.objects.get(pk=above[role].pk)
        assert (verb, policy.allows(stranger, verb, ready.case)) == (verb, False)
        assert (verb, policy.allows(own, verb, ready.case)) == (verb, True)
        assert not policy.scope(stranger, verb).exists()
