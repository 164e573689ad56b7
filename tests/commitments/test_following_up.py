"""After the registration: amended and withdrawn, verified and reported, material owed and handed in."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.policy import NotAllowed, NotVisible
from audit.faults import Refused
from audit.models import Event
from commitments.models import Performance
from commitments.rules.fields import Owed
from commitments.services.amending import amend, withdraw
from commitments.services.owing import owe, settle, waive
from commitments.services.performing import (
    cancel_verification,
    order_verification,
    report_performance,
    verify,
    withdraw_performance,
)

from .counter import DAY, at

SHORT = {"unfulfilled": "未提交年报", "liability_pursued": "责令限期改正"}


def refused(code, function, *args, **values):
    before = Event.objects.count()
    with pytest.raises(Refused) as refusal:
        function(*args, **values)
    assert refusal.value.code == code
    assert Event.objects.count() == before


def test_a_slip_is_amended_with_a_reason_and_the_former_wording_stays(counter):
    clerk, commitment = counter.city.clerk, counter.register()
    refused("reason.missing", amend, commitment, actor=clerk, reason=" ", content="新")
    refused("commitment.unchanged", amend, commitment, actor=clerk, reason="更正。", cause=commitment.cause)
    refused("field.required", amend, commitment, actor=clerk, reason="更正。", content=" ")
    refused("commitment.disclosure", amend, commitment, actor=clerk, reason="更正。", disclosure="open")
    amend(
        commitment, actor=clerk, reason="笔误。", content=" 承诺符合全部条件。", valid_until=date(2027, 1, 1)
    )
    commitment.refresh_from_db()
    assert (commitment.content, commitment.valid_until) == ("承诺符合全部条件。", date(2027, 1, 1))
    newest, first = commitment.history.order_by("-history_id")
    assert (newest.content, first.content) == ("承诺符合全部条件。", "承诺符合经营条件。")
    assert newest.history_change_reason == "笔误。"


def test_an_amendment_is_judged_by_the_same_rules_as_the_registration(counter):
    commitment = counter.missing(Owed("验资报告", 5))
    assert (
        amend(commitment, actor=counter.city.clerk, reason="补记。", remark="已电话告知").remark
        == "已电话告知"
    )


def test_what_says_which_commitment_it_is_cannot_be_amended(counter):
    with pytest.raises(TypeError):
        amend(counter.register(), actor=counter.city.clerk, reason="更正。", made_on=DAY)


def test_a_withdrawn_commitment_is_followed_up_no_more(counter):
    city, commitment = counter.city, counter.missing()
    refused("reason.missing", withdraw, commitment, actor=city.reviewer, reason="")
    withdraw(commitment, actor=city.reviewer, reason="重复登记。", now=at(17))
    assert (commitment.state, commitment.withdrawn_reason) == ("withdrawn", "重复登记。")
    task, material = commitment.verifications.get(), commitment.owed.get()
    assert (task.state, task.done_on, task.how) == ("cancelled", date(2026, 11, 17), "承诺已撤回：重复登记。")
    assert (material.state, material.settled_on) == ("waived", date(2026, 11, 17))
    done = {"actor": city.clerk, "status": "full", "determined_on": DAY, "now": at(18)}
    refused("commitment.state", report_performance, commitment, **done)
    refused("verification.state", verify, task, how="实地核查。", **done)
    refused("commitment.state", settle, material, actor=city.clerk)
    refused("commitment.state", amend, commitment, actor=city.clerk, reason="更正。", remark="新")
    refused("commitment.state", withdraw, commitment, actor=city.reviewer, reason="再撤。")
    refused("commitment.state", order_verification, commitment, actor=city.clerk, asks="复核。", now=at(18))


def test_a_verification_ends_with_its_report(counter):
    clerk, commitment = counter.city.clerk, counter.register()
    task = commitment.verifications.get()
    done = {"actor": clerk, "status": "part", "determined_on": DAY, "now": at(18), **SHORT}
    refused("verification.how_missing", verify, task, how=" ", **done)
    refused("performance.unfulfilled_missing", verify, task, how="实地核查。", **{**done, "unfulfilled": ""})
    report = verify(task, how="实地核查。", **done)
    task.refresh_from_db()
    assert (task.state, task.done_on, task.done_by, task.performance) == (
        "done",
        at(18).date(),
        clerk,
        report,
    )
    refused("verification.state", verify, task, how="再核查。", **done)


def test_a_further_verification_is_ordered_when_none_is_open(counter):
    clerk, commitment = counter.city.clerk, counter.register()
    again = {"actor": clerk, "asks": "整改后复核。", "now": at(18)}
    refused("verification.one_open", order_verification, commitment, **again)
    verify(
        commitment.verifications.get(), actor=clerk, how="实地核查。", status="none", determined_on=DAY, now=at(18),
        **SHORT,
    )  # fmt: skip
    refused("verification.asks_missing", order_verification, commitment, **{**again, "asks": " "})
    refused("verification.from_past", order_verification, commitment, from_on=DAY, **again)
    task = order_verification(commitment, from_on=date(2026, 12, 1), **again)
    assert (task.number, task.due_on) == (2, date(2026, 12, 8))
    cancel_verification(task, actor=counter.city.reviewer, reason="企业已注销。", now=at(19))
    assert order_verification(commitment, **again).number == 3


def test_reports_follow_each_other_and_the_last_counts(counter):
    clerk, commitment = counter.city.clerk, counter.register()
    first = report_performance(
        commitment, actor=clerk, status="none", determined_on=date(2026, 11, 17), now=at(18), **SHORT
    )
    second = report_performance(
        commitment, actor=clerk, status="full", determined_on=date(2026, 11, 18), now=at(18)
    )
    assert [first.number, second.number] == [1, 2]
    refused(
        "performance.older_than_last", report_performance, commitment, actor=clerk, status="full",
        determined_on=date(2026, 11, 17), now=at(19),
    )  # fmt: skip
    refused("reason.missing", withdraw_performance, second, actor=counter.city.reviewer, reason="")
    withdraw_performance(second, actor=counter.city.reviewer, reason="报错企业。", now=at(19))
    refused("performance.state", withdraw_performance, second, actor=counter.city.reviewer, reason="再撤。")
    third = report_performance(
        commitment, actor=clerk, status="part", determined_on=date(2026, 11, 17), now=at(19), **SHORT
    )
    assert third.number == 3
    assert Performance.objects.filter(withdrawn_at=None).count() == 2


def test_full_performance_with_a_shortfall_is_refused_with_its_code(counter):
    refused(
        "performance.full_with_shortfall", report_performance, counter.register(), actor=counter.city.clerk,
        status="full", determined_on=DAY, now=at(18), **SHORT,
    )  # fmt: skip


def test_owed_material_comes_in_or_is_no_longer_needed(counter):
    city, commitment = counter.city, counter.missing(Owed("验资报告", 3), Owed("场地证明", 5))
    first, second = commitment.owed.order_by("number")
    assert settle(first, actor=city.clerk, note="原件", now=at(18)).state == "settled"
    refused("owed.state", settle, first, actor=city.clerk, now=at(18))
    refused("reason.missing", waive, second, actor=city.reviewer, reason=" ")
    assert waive(second, actor=city.reviewer, reason="法规修改。", now=at(18)).note == "法规修改。"
    refused("reason.missing", owe, commitment, actor=city.clerk, name="平面图", days=3, reason="")
    refused("commitment.owed_days", owe, commitment, actor=city.clerk, name="平面图", days=0, reason="缺。")
    third = owe(commitment, actor=city.clerk, name="平面图", days=3, reason="核查发现缺。", now=at(18))
    assert (third.number, third.due_on) == (3, date(2026, 11, 23))


def test_only_material_of_missing_kind_is_owed(counter):
    refused(
        "owed.other_kind",
        owe,
        counter.register(),
        actor=counter.city.clerk,
        name="平面图",
        days=3,
        reason="缺。",
    )


@pytest.mark.parametrize(
    ("person", "refusal"),
    [("stranger", NotAllowed), ("officer", NotAllowed), ("supervisor", NotAllowed), ("auditor", NotVisible)],
)
def test_nobody_but_the_departments_clerk_works_on_a_public_commitment(counter, person, refusal):
    who, commitment = getattr(counter.city, person), counter.register()
    task = commitment.verifications.get()
    for verb in (
        lambda: amend(commitment, actor=who, reason="更正。", remark="新"),
        lambda: withdraw(commitment, actor=who, reason="撤回。"),
        lambda: report_performance(commitment, actor=who, status="full", determined_on=DAY),
        lambda: order_verification(commitment, actor=who, asks="复核。"),
    ):
        with pytest.raises(refusal):
            verb()
    with pytest.raises((NotAllowed, NotVisible)):
        verify(task, actor=who, how="核查。", status="full", determined_on=DAY)
    assert commitment.history.count() == 1
    assert task.history.count() == 1


def test_a_clerk_does_not_withdraw_what_a_clerk_registered(counter):
    city, commitment = counter.city, counter.missing()
    for verb, thing in ((withdraw, commitment), (waive, commitment.owed.get())):
        with pytest.raises(NotAllowed):
            verb(thing, actor=city.clerk, reason="撤回。")


def test_the_newest_history_row_is_the_row_after_every_verb(counter):
    """Trap 19."""
    city, commitment = counter.city, counter.missing(Owed("验资报告", 3), Owed("场地证明", 5))
    amend(commitment, actor=city.clerk, reason="更正。", remark="新")
    first, second = commitment.owed.order_by("number")
    settle(first, actor=city.clerk, now=at(18))
    task = commitment.verifications.get()
    report = verify(task, actor=city.clerk, how="核查。", status="full", determined_on=DAY, now=at(18))
    withdraw_performance(report, actor=city.reviewer, reason="报错。", now=at(19))
    order_verification(commitment, actor=city.clerk, asks="复核。", now=at(19))
    withdraw(commitment, actor=city.reviewer, reason="重复。", now=at(19))
    for thing in (commitment, first, second, report, *commitment.verifications.all()):
        row = type(thing).objects.filter(pk=thing.pk).values().get()
        kept = thing.history.order_by("-history_id").values(*row).first()
        assert kept == row
