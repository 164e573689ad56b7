"""The command tells what the house knows of a record: confirmation, commitment, bar, court's order, application in hand."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command

from audit.acts import act
from repair.models import Application, Bar, Item, Shielding

from .world import application, at, penalties, subjects

D = date


def ask(record, on, *more):
    out, status = StringIO(), 0
    try:
        call_command("repair_eligibility", str(record.pk), "--on", on, *more, stdout=out, stderr=out)
    except SystemExit as ended:
        status = int(ended.code or 0)
    return status, out.getvalue()


def asked(record, on):
    status, said = ask(record, on, "--json")
    return status, json.loads(said)


@pytest.fixture
def record(city, catalogue):
    (person,) = subjects(city, 1)
    (found,) = penalties(city, [{"subject": person}])
    return found


@pytest.fixture
def filed(city, record):
    """An application whose department has confirmed that the fine was paid on 1 September."""
    found = application(
        city, record.subject, at(D(2026, 11, 16)), record, committed_on=D(2026, 9, 10), commitment="示例"
    )
    with act("test.answer", actor=city.clerk):
        item = Item.objects.get(application=found)
        item.finding, item.fulfilled_on = Item.Finding.FULFILLED, D(2026, 9, 1)
        item.answered_by, item.answered_at = city.clerk, at(D(2026, 11, 17))
        item.save()
    return found


@pytest.mark.parametrize(
    ("on", "status", "since"),
    [
        ("2026-08-20", 1, None),
        ("2026-08-31", 1, None),
        ("2026-09-09", 1, None),
        ("2026-09-10", 0, "2026-09-10"),
        ("2026-11-20", 0, "2026-09-10"),
        ("2027-05-20", 0, "2026-09-10"),
        ("2027-05-21", 1, None),
    ],
)
def test_any_day_is_answered(record, filed, on, status, since):
    code, answer = asked(record, on)
    assert (code, answer["since"], answer["on"]) == (status, since, on)
    assert answer["eligible"] is answer["repairable"] is (status == 0)
    assert answer["facts"] == {
        "fulfilled_on": "2026-09-01", "committed_on": "2026-09-10", "false_material_on": None, "shielded_on": None,
        "application": filed.case.number,
    }  # fmt: skip
    assert (answer["state"], answer["rule_set"], answer["document_number"]) == (
        "published", "order-36", record.document_number,
    )  # fmt: skip


def test_without_an_application_nothing_is_known(record):
    status, answer = asked(record, "2026-11-20")
    assert status == 1
    assert set(answer["facts"].values()) == {None}
    assert answer["from"] == "2026-08-21"


def test_what_has_ended_is_in_hand_no_more(city, record, filed):
    with act("test.end", actor=city.officer):
        item = Item.objects.get(application=filed)
        item.pending = False
        item.save(update_fields=["pending"])
    assert asked(record, "2026-11-20")[1]["facts"]["application"] is None
    assert "正在修复申请" not in ask(record, "2026-11-20")[1]


@pytest.mark.parametrize(("lifted", "told"), [(False, "2026-10-01"), (True, None)])
def test_a_bar_is_told_as_long_as_it_was_not_lifted(city, record, filed, lifted, told):
    with act("test.bar", actor=city.approver):
        Bar.objects.create(
            subject=record.subject, application=filed, found_on=D(2026, 10, 1), reason="伪造缴款凭证。",
            reference="示例决定", set_by=city.approver, set_at=at(D(2026, 10, 1)),
            lifted_at=at(D(2026, 10, 2)) if lifted else None, lifted_reason="查无实据。" if lifted else "",
        )  # fmt: skip
    status, answer = asked(record, "2026-11-20")
    assert answer["facts"]["false_material_on"] == told
    assert status == (0 if lifted else 1)
    assert asked(record, "2026-09-30")[1]["facts"]["false_material_on"] is None


def test_a_court_s_order_is_told_and_repairs_nothing(city, record):
    shield = application(
        city, record.subject, at(D(2026, 11, 16)), record, kind=Application.Kind.SHIELD, court="银川市示例人民法院",
        order_number="(2026)宁01破1号", ordered_on=D(2026, 11, 9),
    )  # fmt: skip
    with act("test.shield", actor=city.approver):
        Shielding.objects.create(
            item=Item.objects.get(application=shield), record=record, since=D(2026, 11, 18)
        )
    status, answer = asked(record, "2026-11-20")
    assert answer["facts"]["shielded_on"] == "2026-11-09"
    assert (status, answer["repairable"]) == (1, False)


def test_the_text_names_the_application_in_hand(record, filed):
    status, said = ask(record, "2026-11-20")
    assert status == 0
    assert f"正在修复申请{filed.case.number}中办理" in said
    assert "可以修复(自2026-09-10起)" in said


def test_a_past_day_is_told_to_be_answered_by_what_is_known_today(record, filed, monkeypatch):
    """The payment of September was confirmed in November only: nobody knew of it on 20 September."""
    monkeypatch.setattr("repair.management.commands.repair_eligibility.today", lambda: D(2026, 11, 22))
    warning = "按今天(2026-11-22)的记录状态和已知事实回答，不是2026-09-20当时的情况"
    status, said = ask(record, "2026-09-20")
    assert status == 0
    assert warning in said
    assert asked(record, "2026-09-20")[1]["facts_as_of"] == "2026-11-22"
    for day in ("2026-11-22", "2026-12-01"):
        assert "当时的情况" not in ask(record, day)[1]
