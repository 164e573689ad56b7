"""Withdrawal by decision and the way back: the approver's, each under the decision that it follows."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from accounts.policy import NotAllowed, NotVisible
from audit.faults import Refused
from audit.models import Event
from credit_records.models import Record
from credit_records.services import corrections, records

from ..builders import penalty
from ..reporting import NOW
from .test_corrections import DECISION, correct, put_into
from .test_records import newest_history_equals_the_row

pytestmark = pytest.mark.django_db
State = Record.State
VERDICT, BECAUSE = "银川铁路运输法院〔2026〕行初9号", "判决撤销异议决定"


@pytest.fixture
def record(report):
    report(penalty(1), publish=True)
    return Record.objects.select_related("item", "department").get()


def test_withdrawal_by_decision_is_the_approvers_and_names_decision_and_law(record, city):
    def run(actor=city.approver, **changes):
        given = {
            "reference": DECISION,
            "reason": "处罚决定已被撤销",
            "legal_basis": "银市监撤〔2026〕1号",
            **changes,
        }
        return corrections.withdraw_by_decision(record, actor=actor, **given)

    for name in ("reference", "reason", "legal_basis"):
        with pytest.raises(Refused):
            run(**{name: " "})
    for actor in (city.officer, city.reviewer, city.clerk, city.supervisor):
        with pytest.raises(NotAllowed):
            run(actor)
    with pytest.raises(NotVisible):
        run(city.strange_reviewer)
    withdrawn = run()
    newest_history_equals_the_row(withdrawn)
    assert (withdrawn.state, withdrawn.withdrawn_by) == (State.WITHDRAWN, DECISION)
    assert withdrawn.history.order_by("-history_id").first().withdrawn_by == DECISION
    assert DECISION in withdrawn.state_reason
    assert "银市监撤〔2026〕1号" in withdrawn.state_reason
    assert Event.objects.get(verb="record.withdraw_by_decision").actor == city.approver
    with pytest.raises(Refused, match="已撤回"):
        run()


@pytest.fixture
def withdrawn(record, city):
    return corrections.withdraw_by_decision(
        record, actor=city.approver, reference=DECISION, reason="已被撤销", legal_basis="银市监撤〔2026〕1号"
    )


def reinstate(record, actor, **changes):
    given = {"reference": VERDICT, "reason": BECAUSE, "now": NOW, **changes}
    return corrections.reinstate(record, actor=actor, **given)


@pytest.mark.parametrize(("year", "state"), [(2026, State.PUBLISHED), (2030, State.ENDED)])
def test_the_approver_puts_a_record_back_as_far_as_its_dates_allow(withdrawn, city, year, state):
    back = reinstate(withdrawn, city.approver, now=NOW.replace(year=year))
    newest_history_equals_the_row(back)
    assert (back.state, back.withdrawn_by, back.state_reason) == (state, "", f"依据 {VERDICT}，{BECAUSE}")
    event = Event.objects.get(verb="record.reinstate")
    assert (event.actor, event.reason, event.data) == (
        city.approver,
        back.state_reason,
        {"reference": VERDICT},
    )
    assert back.history.order_by("-history_id").first().event_id == event.pk
    with pytest.raises(Refused, match=back.get_state_display()):
        reinstate(back, city.approver)


def test_a_record_that_is_not_made_public_is_put_back_in_force(record, city):
    record = correct(record, city, CF_CFLB="警告", CF_NR_FK="", CF_NR="给予警告。", CF_GSJZQ="")
    record = corrections.withdraw_by_decision(
        record, actor=city.approver, reference=DECISION, reason="已被撤销", legal_basis="银市监撤〔2026〕1号"
    )
    assert reinstate(record, city.approver, now=NOW.replace(year=2090)).state == State.PUBLISHED


def test_only_the_approver_puts_back(withdrawn, city):
    for actor in (city.clerk, city.second_clerk, city.reviewer, city.officer, city.supervisor):
        with pytest.raises(NotAllowed):
            reinstate(withdrawn, actor)
    for actor in (city.stranger, city.strange_reviewer, city.auditor, city.sysadmin, city.secadmin):
        with pytest.raises(NotVisible):
            reinstate(withdrawn, actor)
    for name, code in (("reference", "reference.missing"), ("reason", "reason.missing")):
        with pytest.raises(Refused) as refused:
            reinstate(withdrawn, city.approver, **{name: " "})
        assert refused.value.code == code
    withdrawn.refresh_from_db()
    assert (withdrawn.state, withdrawn.withdrawn_by) == (State.WITHDRAWN, DECISION)


def test_what_the_department_withdrew_itself_is_the_departments_to_report(record, city):
    records.withdraw(record, actor=city.reviewer, reason="决定被撤销", legal_basis="银市监撤〔2026〕1号")
    record.refresh_from_db()
    assert record.withdrawn_by == ""
    with pytest.raises(Refused, match="由来源单位重新报送") as refused:
        reinstate(record, city.approver)
    assert refused.value.code == "record.state"


def test_the_database_keeps_a_record_withdrawn_while_the_decision_stands(withdrawn, city):
    for state in records.IN_FORCE:
        with pytest.raises(IntegrityError, match="record_withdrawn_by_decision_stays"), transaction.atomic():
            put_into(withdrawn, city, state)
