"""What is open leaves with the verb that made it so, once; what is open no longer is taken back."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.policy import NotAllowed
from commitments.models import Commitment, Publication
from commitments.services import publishing
from commitments.services.amending import amend, withdraw
from commitments.services.matters import confirm_wording, end_matter, word_matter
from commitments.services.performing import report_performance, withdraw_performance
from commitments.services.registering import record_repair_commitment
from exchange.models import Entry

from .counter import DAY, at


def told(thing) -> list[str]:
    """Actions with their numbers, in the order in which they left."""
    rows = thing.publications.order_by("number")
    return [f"{one.number} {one.action}" for one in rows]


def last_message() -> dict:
    return Entry.objects.order_by("-pk").first().payload


def test_an_open_commitment_leaves_with_its_registration(counter):
    one = counter.register()
    entry = Entry.objects.get()
    assert (entry.topic, entry.reference, entry.record) == (publishing.PUBLISHED, one.code, None)
    (content,) = entry.payload["commitments"]
    assert (content["commitment_code"], content["version"]) == (one.code, 1)
    assert content["subject_code"] == counter.company.code
    assert told(one) == ["1 published"]
    assert one.publications.get().entry == entry


@pytest.mark.parametrize("disclosure", ["limited", "closed"])
def test_what_is_not_open_never_leaves(counter, disclosure):
    city, one = counter.city, counter.register(disclosure=disclosure)
    report_performance(one, actor=city.clerk, status="full", determined_on=DAY, now=at(17))
    withdraw(one, actor=city.reviewer, reason="重复。", now=at(17))
    assert not Entry.objects.exists()
    assert not Publication.objects.exists()


def test_a_person_leaves_masked(counter):
    city = counter.city
    counter.register(
        counter.known_person(), actor=city.officer, department=city.office, content="示例人丙承诺按期履行。"
    )
    (content,) = last_message()["commitments"]
    assert (content["subject_name"], content["content"]) == ("示***", "示***承诺按期履行。")


def test_reports_leave_with_their_commitment_and_are_taken_back(counter):
    city, one = counter.city, counter.register()
    report = report_performance(one, actor=city.clerk, status="full", determined_on=DAY, now=at(17))
    (content,) = last_message()["commitments"]
    assert [(p["status"], p["determined_on"]) for p in content["performances"]] == [
        ("全部履行", "2026-11-16")
    ]
    withdraw_performance(report, actor=city.reviewer, reason="报错。", now=at(18))
    (content,) = last_message()["commitments"]
    assert (content["performances"], content["version"]) == ([], 3)
    assert told(one) == ["1 published", "2 published", "3 published"]


def test_what_becomes_closed_is_retracted_and_what_opens_again_is_told_anew(counter):
    city, one = counter.city, counter.register()
    amend(one, actor=city.clerk, reason="误选。", disclosure="closed", now=at(17))
    assert last_message() == {
        "commitments": [{"commitment_code": one.code, "reason": "公开类型改为不向社会公开", "version": 2}]
    }
    amend(one, actor=city.clerk, reason="又误选。", disclosure="public", now=at(17))
    withdraw(one, actor=city.reviewer, reason="重复。", now=at(18))
    assert told(one) == ["1 published", "2 retracted", "3 published", "4 retracted"]
    assert last_message()["commitments"][0]["reason"] == "承诺已撤回"


def test_a_change_that_the_public_does_not_see_sends_nothing(counter):
    one = counter.register()
    amend(one, actor=counter.city.clerk, reason="补记。", remark="内部备注", now=at(17))
    assert told(one) == ["1 published"]


def test_a_verb_that_fails_tells_nothing(counter, monkeypatch):
    one = counter.register(disclosure="closed")

    def broken(*args, **kwargs):
        raise RuntimeError("示例")

    monkeypatch.setattr(publishing, "_keep", broken)
    with pytest.raises(RuntimeError):
        amend(one, actor=counter.city.clerk, reason="误选。", disclosure="public", now=at(17))
    assert not Entry.objects.exists()
    assert Commitment.objects.get().disclosure == "closed"


def test_the_night_takes_back_what_is_over_and_only_once(counter):
    one = counter.register(valid_until=date(2026, 11, 20))
    counter.register(valid_until=date(2026, 11, 21))
    system = counter.city.system
    assert publishing.sweep(actor=system, now=at(20, 23)) == publishing.Told()
    assert publishing.sweep(actor=system, now=at(21, 0)) == publishing.Told(retracted=1)
    assert last_message()["commitments"][0]["reason"] == "承诺有效期已满"
    assert publishing.sweep(actor=system, now=at(21, 1)) == publishing.Told()
    assert told(one) == ["1 published", "2 retracted"]


def test_the_night_tells_of_what_was_open_before_anybody_told(counter, monkeypatch):
    monkeypatch.setattr("commitments.services.registering.tell_of", lambda *a, **k: None)
    commitments = [counter.register() for _ in range(3)]
    counter.register(disclosure="limited")
    assert publishing.sweep(actor=counter.city.system, now=at(17)) == publishing.Told(published=3)
    entry = Entry.objects.get(topic=publishing.PUBLISHED)  # one message for all
    assert [one["commitment_code"] for one in entry.payload["commitments"]] == [c.code for c in commitments]


def test_the_command_does_what_the_night_does(counter, capsys):
    counter.register(made_on=date(2026, 1, 5), valid_until=date(2026, 1, 6), now=at(5, month=1))
    call_command("publish_commitments")
    assert capsys.readouterr().out == "公开0件，停止公开1件\n"


def test_only_the_system_sweeps(counter):
    with pytest.raises(NotAllowed):
        publishing.sweep(actor=counter.city.officer)


def test_a_long_list_goes_out_in_bundles_and_asks_no_more_than_a_short_one(counter, monkeypatch):
    monkeypatch.setattr("commitments.services.registering.tell_of", lambda *a, **k: None)
    publishing.sweep(actor=counter.city.system, now=at(16))  # of the matter
    asked = []
    for many in (2, 9):
        for _ in range(many):
            counter.register()
        with CaptureQueriesContext(connection) as questions:
            assert publishing.sweep(actor=counter.city.system, now=at(17)).published == many
        asked.append(len(questions))
    assert asked[0] == asked[1]
    monkeypatch.setattr(publishing, "_MOST_IN_ONE", 4)
    for _ in range(6):
        counter.register()
    publishing.sweep(actor=counter.city.system, now=at(17))
    bundles = Entry.objects.filter(topic=publishing.PUBLISHED).order_by("pk")
    assert [len(one.payload["commitments"]) for one in bundles] == [2, 9, 4, 2]


def test_the_list_of_matters_is_told_as_it_changes(counter):
    city, matter = counter.city, counter.matter
    publishing.sweep(actor=city.system, now=at(16))
    assert (last_message()["name"], last_message()["version"]) == ("食品经营许可告知承诺", 1)
    word_matter(
        matter, actor=city.clerk, content="承诺甲。", liability="撤销。", in_force_from=date(2026, 11, 20), now=at(17)
    )  # fmt: skip
    confirm_wording(matter, actor=city.reviewer, now=at(18))
    assert told(matter) == ["1 published"]  # not in force yet
    publishing.sweep(actor=city.system, now=at(20))
    assert last_message()["content"] == "承诺甲。"
    end_matter(matter, actor=city.reviewer, reason="停用。", now=at(21))
    assert last_message() == {"matter": str(matter.pk), "version": 3}
    assert told(matter) == ["1 published", "2 published", "3 retracted"]


def test_a_repairs_commitment_is_open_for_a_body_and_not_for_a_person(counter):
    city = counter.city
    for number, subject in enumerate((counter.company, counter.person)):
        record_repair_commitment(
            subject=subject, case_number=f"示例{number}", text="已整改。", made_on=DAY, department=city.office,
            actor=city.approver, now=at(16),
        )  # fmt: skip
    entry = Entry.objects.get()
    assert entry.payload["commitments"][0]["kind"] == "信用修复型"
