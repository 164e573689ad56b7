"""An application for repair comes in: who applies, for which records, on what ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError

from accounts.grants.policies import by_rule_alone
from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from casework.models import Case, Kind
from casework.selectors.offices import require_answering
from casework.services.accepting import require_agent_papers
from casework.services.engine import step
from casework.services.news import tell_received
from casework.services.opening import Applicant, open_case
from credit_records.models import Record, Subject
from repair.models import Application, Item
from repair.selectors.eligibility import of_repairable_kind

from .materials import list_materials, require_committed_after

MOST_ITEMS = 50
_ONE_OPEN = "item_open_once_per_record"
REPAIRABLE = (Record.State.PUBLISHED, Record.State.SUSPENDED)
_WHY_NOT = {
    Record.State.REPAIRED: "已经修复，不需要再申请",
    Record.State.WITHDRAWN: "已撤回，不需要修复",
    Record.State.ENDED: "公示已经终止，不需要修复",
}


@dataclass(frozen=True)
class Claim:
    """One record as the applicant names it, with the day on which it says to have done its duties."""

    record: Record
    claimed_fulfilled_on: date | None = None


def receive(
    subject: Subject,
    claims: Sequence[Claim],
    *,
    actor: User,
    applicant: Applicant,
    channel: Case.Channel,
    received_at: datetime,
    kind: str = Application.Kind.REPAIR,
    statement: str = "",
    committed_on: date | None = None,
    commitment: str = "",
    court: str = "",
    order_number: str = "",
    ordered_on: date | None = None,
    channel_number: str = "",
    late_entry_reason: str = "",
    now: datetime | None = None,
) -> Application:
    """Register an application with its records and its list of material; the clock runs from the day of receipt.

    An early application, or one of a subject that is barred, is registered too: that it cannot be granted is the officer's reasoned
    step (不予受理), not the window's. Refused: `repair.no_items`, `repair.too_many_items`, `repair.record_not_found`,
    `repair.foreign_record`, `repair.not_a_penalty`, `repair.record_state`, `repair.shielded_already`, `repair.record_twice`,
    `repair.record_in_other_case`, `repair.order_missing`, `repair.day_in_future`, `repair.fulfilled_before_decision`,
    `repair.committed_before_decision`, `case.identity_agent`.
    """
    if not claims:
        raise Refused("repair.no_items", "请至少选择一条申请修复的记录。")
    require_agent_papers(applicant.role, applicant.identity_check)
    moment = now or present()
    today = local_day(moment)
    shield = kind == Application.Kind.SHIELD
    if shield:
        _check_order(court, order_number, ordered_on, today)
    _not_in_future("承诺书日期", committed_on, today)
    _check_claims(claims, subject, actor, today, shield=shield)
    if not shield:
        require_committed_after(committed_on, [claim.record for claim in claims])
    try:
        with act("repair.receive", actor=actor, on=subject, data={"items": len(claims)}):
            case = open_case(
                Kind.REPAIR,
                actor=actor,
                subject=subject,
                matter=_matter(claims, shield=shield),
                applicant=applicant,
                channel=channel,
                channel_number=channel_number,
                received_at=received_at,
                late_entry_reason=late_entry_reason,
                about={claim.record.department_id for claim in claims},
                now=moment,
            )
            application = Application.objects.create(
                case=case,
                kind=kind,
                statement=statement.strip(),
                committed_on=committed_on,
                commitment=commitment.strip(),
                court=court.strip() if shield else "",
                order_number=order_number.strip() if shield else "",
                ordered_on=ordered_on if shield else None,
            )
            items = _items(application, claims, start=1)
            list_materials(application, items)
            tell_received(case, "信用修复申请", actor=actor, now=moment)
    except IntegrityError as error:
        raise as_refusal(error) from error
    return application


def as_refusal(error: IntegrityError) -> Exception:
    """Of two who register the same record at once, the second is told as if it had come later."""
    if _ONE_OPEN not in str(error):
        return error
    return Refused("repair.record_in_other_case", "有记录刚刚在另一件修复申请中登记，请核对后再登记。")


def _matter(claims: Sequence[Claim], *, shield: bool) -> str:
    kinds = dict.fromkeys(claim.record.item.name for claim in claims)
    what = "破产重整期间屏蔽" if shield else "信用修复"
    return f"{'、'.join(kinds)}记录{what}"[:200]


def _not_in_future(title: str, day: date | None, today: date) -> None:
    if day is not None and day > today:
        raise Refused("repair.day_in_future", f"{title}不能晚于今天，请核对。")


def _check_order(court: str, order_number: str, ordered_on: date | None, today: date) -> None:
    if not court.strip() or not order_number.strip() or ordered_on is None:
        raise Refused("repair.order_missing", "破产重整屏蔽须写明裁定法院、裁定书文号和裁定日期。")
    _not_in_future("裁定日期", ordered_on, today)


def _check_claims(
    claims: Sequence[Claim], subject: Subject, actor: User, today: date, *, shield: bool
) -> None:
    """The records must be this subject's penalties or breaches, in force and in the registering person's sight.

    At a window the clerk sees own records only; those of other departments are applied for at the office. What was
    opened by a grant is only read.
    """
    if len(claims) > MOST_ITEMS:
        raise Refused("repair.too_many_items", f"一件申请最多{MOST_ITEMS}条记录，请分件登记。")
    wanted = [claim.record.pk for claim in claims]
    if len(set(wanted)) != len(wanted):
        raise Refused("repair.record_twice", "同一条记录选了两次，请去掉重复的。")
    states = (*REPAIRABLE, *_WHY_NOT)
    seen = policy_for(Record).scope(by_rule_alone(actor), "view").filter(pk__in=wanted, state__in=states)
    found = {record.pk: record for record in seen.select_related("item")}
    if len(found) != len(wanted):
        raise Refused("repair.record_not_found", "没有找到可以申请修复的记录，请核对记录是否已发布。")
    for claim in claims:
        _check_claim(claim, found[claim.record.pk], subject, today, shield=shield)
    taken = (
        Item.objects.filter(record__in=wanted, pending=True)
        .select_related("application__case", "record")
        .first()
    )
    if taken is not None:
        raise Refused(
            "repair.record_in_other_case",
            f"记录{taken.record}正在{taken.application.case.number}中办理，一条记录同时只能在一件申请中。",
        )


def _check_claim(claim: Claim, record: Record, subject: Subject, today: date, *, shield: bool) -> None:
    if record.subject_id != subject.pk:
        raise Refused("repair.foreign_record", f"记录{record}不属于{subject}，只能为本主体的记录申请。")
    if not of_repairable_kind(record):
        raise Refused("repair.not_a_penalty", f"记录{record}不是行政处罚、违诺认定信息，没有可修复的失信。")
    if record.state not in REPAIRABLE:
        raise Refused("repair.record_state", f"记录{record}{_WHY_NOT[Record.State(record.state)]}。")
    if shield and record.shielded_by:
        raise Refused(
            "repair.shielded_already",
            f"记录{record}已按{record.shielded_by}屏蔽，屏蔽结束之前不需要再申请屏蔽。",
        )
    day = claim.claimed_fulfilled_on
    _not_in_future("履行日期", day, today)
    if day is not None and day < record.decision_date:
        raise Refused(
            "repair.fulfilled_before_decision",
            f"记录{record}的履行日期早于决定日期{record.decision_date}，请核对。",
        )


def _items(application: Application, claims: Sequence[Claim], *, start: int) -> list[Item]:
    """Numbered as they were named, written in the order of the records: two registrations cannot wait for each other."""
    numbered = sorted(enumerate(claims, start=start), key=lambda pair: pair[1].record.pk)
    items = [_item(application, number, claim) for number, claim in numbered]
    return sorted(items, key=lambda item: item.number)


def _item(application: Application, number: int, claim: Claim) -> Item:
    record = claim.record
    newest = record.history.order_by("-history_id").values_list("history_id", flat=True).first()
    return Item.objects.create(
        application=application,
        number=number,
        record=record,
        record_version=newest,
        claimed_fulfilled_on=claim.claimed_fulfilled_on,
    )


def add_item(application: Application, claim: Claim, *, actor: User, now: datetime | None = None) -> Item:
    """A further record, before the application is accepted; its proof of fulfilment joins the list."""
    try:
        with step(application.case, "add_item", actor=actor, now=now) as work:
            known = Item.objects.filter(application=application)
            if known.count() >= MOST_ITEMS:
                raise Refused("repair.too_many_items", f"一件申请最多{MOST_ITEMS}条记录，请分件登记。")
            if known.filter(record=claim.record).exists():
                raise Refused("repair.record_twice", f"记录{claim.record}已在本申请中。")
            shield = application.kind == Application.Kind.SHIELD
            _check_claims([claim], work.case.subject, actor, work.today, shield=shield)
            require_answering(work.case.owning_body_id, [claim.record.department_id])
            (item,) = _items(application, [claim], start=known.count() + 1)
            list_materials(application, [item])
    except IntegrityError as error:
        raise as_refusal(error) from error
    return item
