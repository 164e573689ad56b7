"""A commitment is registered: its code, its first task, what is owed; and who may not."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction

from accounts.policy import NotAllowed, NotVisible
from audit.acts import act
from audit.faults import Refused
from audit.models import Event
from commitments.models import Commitment
from commitments.rules.fields import Owed
from commitments.services.registering import Faulty, record_repair_commitment

from .counter import DAY, at


def test_codes_of_a_division_and_day_follow_each_other(counter):
    codes = [counter.register().code for _ in range(3)]
    other_day = counter.register(made_on=date(2026, 11, 13)).code
    assert codes == ["64010020261116000001", "64010020261116000002", "64010020261116000003"]
    assert other_day == "64010020261113000001"


@transaction.atomic
def twice(counter) -> None:
    """The first is undone with the second."""
    counter.register()
    counter.register(code="64010020261116000001")


def test_a_registration_that_fails_leaves_no_gap(counter):
    counter.register()
    with pytest.raises(Refused):
        twice(counter)
    assert counter.register().code == "64010020261116000002"


def test_a_code_taken_over_is_checked_kept_and_passed_over(counter):
    taken = counter.register(code=" 6401002026111600000２ ")
    assert (taken.code, taken.code_taken_over) == ("64010020261116000002", True)
    assert [counter.register().code[-6:] for _ in range(2)] == ["000001", "000003"]
    with pytest.raises(Refused) as refusal:
        counter.register(code="64010020261116000002")
    assert refusal.value.code == "commitment.code_taken"
    with pytest.raises(Refused) as refusal:
        counter.register(code="64010020261115000009")
    assert refusal.value.code == "commitment.code_other_day"


def test_the_first_verification_is_due_five_working_days_after_registration(counter):
    task = counter.register(made_on=date(2026, 11, 2)).verifications.get()
    assert (task.number, task.state, task.from_on, task.due_on) == (1, "open", DAY, date(2026, 11, 23))


def test_what_is_owed_is_due_on_the_working_day_clock(counter):
    commitment = counter.missing(Owed("验资报告", 3), Owed("场地证明", 20))
    assert [(one.number, one.name, one.due_on) for one in commitment.owed.order_by("number")] == [
        (1, "验资报告", date(2026, 11, 19)),
        (2, "场地证明", date(2026, 12, 14)),
    ]


def test_every_broken_rule_is_told_at_once_and_nothing_is_kept(counter):
    with pytest.raises(Faulty) as refusal:
        counter.register(content=" ", kind="missing", disclosure="")
    assert [code for code, _ in refusal.value.faults] == [
        "field.required",
        "commitment.owed_missing",
        "commitment.disclosure",
    ]
    assert not Commitment.objects.exists()


def test_a_matter_gives_the_wording_in_force_on_the_day(counter):
    commitment = counter.register(matter=counter.matter)
    assert commitment.template == counter.matter.templates.get()


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"made_on": date(2026, 1, 4)}, "commitment.matter_not_in_force"),
        ({"kind": "proof"}, "commitment.other_kind_of_matter"),
    ],
)
def test_a_matter_that_does_not_apply_is_refused(counter, values, code):
    with pytest.raises(Refused) as refusal:
        counter.register(matter=counter.matter, **values)
    assert refusal.value.code == code


def test_another_departments_matter_is_refused(counter):
    city = counter.city
    with pytest.raises(Refused) as refusal:
        counter.register(matter=counter.matter, actor=city.stranger, department=city.sthj)
    assert refusal.value.code == "commitment.foreign_matter"


@pytest.mark.parametrize("person", ["stranger", "reviewer", "officer", "supervisor", "auditor", "sysadmin"])
def test_only_a_clerk_of_the_department_registers_for_it(counter, person):
    with pytest.raises(NotAllowed):
        counter.register(actor=getattr(counter.city, person))


def test_the_officer_registers_for_the_office_alone(counter):
    city = counter.city
    assert counter.register(actor=city.officer, department=city.office).department == city.office


def test_a_person_unknown_to_the_department_is_not_found(counter):
    with pytest.raises(NotVisible):
        counter.register(counter.person)


def test_a_repair_commitment_comes_from_its_case_alone(counter):
    with pytest.raises(Refused) as refusal:
        counter.register(kind="repair")
    assert refusal.value.code == "commitment.repair_by_hand"


def test_the_act_is_in_the_journal_and_the_history_points_at_it(counter):
    commitment = counter.register()
    event = Event.objects.get(verb="commitment.register")
    assert event.actor == counter.city.clerk
    assert commitment.history.get().event_id == event.pk
    assert commitment.verifications.get().history.get().event_id == event.pk


def repair(counter, **values) -> Commitment:
    given = {
        "subject": counter.company,
        "case_number": "XF-2026-0001",
        "text": "承诺守法诚信经营。",
        "made_on": DAY,
        "department": counter.city.office,
        "actor": counter.city.approver,
        "now": at(17),
        **values,
    }
    with act("test.repair", actor=counter.city.approver):
        return record_repair_commitment(**given)


def test_a_repair_commitment_is_recorded_once_per_case(counter):
    first = repair(counter)
    assert repair(counter) == first
    assert repair(counter, case_number="XF-2026-0002") != first
    assert (first.kind, first.code, first.disclosure) == ("repair", "64010020261116000001", "public")
    assert first.verifications.get().due_on == date(2026, 11, 24)


def test_a_persons_repair_commitment_is_not_open_to_the_public_and_shows_no_number(counter):
    held = repair(counter, subject=counter.person, text="本人110101199003070011承诺守信。")
    assert held.disclosure == "limited"
    assert "199003070011" not in held.content


@pytest.mark.parametrize(
    ("text", "shown"), [("", "见案件XF-2026-0001的信用修复承诺书。"), ("好" * 5000, "……（全文见案件材料）")]
)
def test_a_repair_commitment_without_text_or_with_too_much_says_where_it_is(counter, text, shown):
    content = repair(counter, text=text).content
    assert content.endswith(shown)
    assert len(content) <= 4000
