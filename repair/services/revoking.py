"""What comes after a repair: false material found later, bars lifted, shieldings that end."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError

from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from casework.selectors.pages import record_page
from casework.services import ending
from casework.services.engine import step
from casework.services.news import tell_responsible
from casework.services.notices import people_of, tell
from credit_records.models import Record
from credit_records.services import batches, repairs
from repair.models import Application, Bar, Item, Shielding

from .effects import IN_QUESTION, SHIELDING_ENDED, put_entry
from .registering import as_refusal


def report_false_material(
    application: Application, *, actor: User, reason: str, now: datetime | None = None
) -> Application:
    """Take a closed case up again because its material was false (查明虚假材料): a round about revoking, with a clock of its own.

    The records stay repaired until that round is decided, by two people like any decision. Refused
    `repair.nothing_to_revoke` when no record of the case is repaired by it any more.
    """
    try:
        with step(application.case, "report_false_material", actor=actor, reason=reason, now=now) as work:
            held = Application.objects.select_for_update(of=("self",)).get(pk=application.pk)
            repaired = list(
                Item.objects.filter(application=held, outcome__in=IN_QUESTION)
                .exclude(record__repaired_by="")
                .order_by("record")
            )
            if held.kind != Application.Kind.REPAIR or not repaired:
                raise Refused("repair.nothing_to_revoke", "本案没有仍在生效的修复，不需要撤销。")
            ending.reopen(work)
            work.set(accepted_on=work.today)
            held.false_material = work.reason
            held.save(update_fields=["false_material"])
            for item in repaired:
                item.pending = True
                item.save(update_fields=["pending"])
            said = f"{work.case.number}重新办理，时限从今天重新计算。{work.reason}"
            tell_responsible(work, f"查明虚假材料：{said}")
    except IntegrityError as error:
        raise as_refusal(error) from error
    application.false_material = held.false_material
    return application


def lift_bar(bar: Bar, *, actor: User, reason: str, now: datetime | None = None) -> Bar:
    """Let the subject apply again before the bar is over, for a reason that is written down (解除限制)."""
    reason = reason.strip()
    if not reason:
        raise Refused("reason.missing", "解除限制必须写明理由。")
    policy_for(Bar).require(actor, "lift", bar)
    with act("repair.lift_bar", actor=actor, on=bar, reason=reason):
        held = Bar.objects.select_for_update(of=("self",)).get(pk=bar.pk)
        if held.lifted_at is not None:
            raise Refused("repair.bar_lifted", f"该限制已于{local_day(held.lifted_at)}解除。")
        held.lifted_at, held.lifted_reason = now or present(), reason
        held.save(update_fields=["lifted_at", "lifted_reason"])
    return held


def end_shielding(
    shielding: Shielding, *, actor: User, reason: str, now: datetime | None = None
) -> Shielding:
    """The court's order holds no more: the record is shown again as far as its period still runs (结束屏蔽).

    What is repaired, withdrawn or suspended for another reason stays as it is; only the shielding ends.
    """
    reason = reason.strip()
    if not reason:
        raise Refused("reason.missing", "结束屏蔽必须写明理由，例如终止重整程序的裁定。")
    policy_for(Shielding).require(actor, "end", shielding)
    moment = now or present()
    day = local_day(moment)
    with act("repair.end_shielding", actor=actor, on=shielding, reason=reason):
        related = ("record__item", "record__department", "record__subject", "item__application__case")
        whole = Shielding.objects.select_related(*related).get(pk=shielding.pk)
        item, case = whole.item, whole.item.application.case
        batches.one_submission_at_a_time(whole.record.department_id, whole.record.item_id)
        record = Record.objects.select_for_update(of=("self",)).get(pk=whole.record_id)
        held = Shielding.objects.select_for_update(of=("self",)).get(pk=shielding.pk)
        if held.ended_on is not None:
            raise Refused("repair.shielding_ended", f"该屏蔽已于{held.ended_on}结束。")
        held.ended_on, held.ended_reason = day, reason
        held.save(update_fields=["ended_on", "ended_reason"])
        if record.shielded_by:
            repairs.end_shield(record, actor=actor, reason=f"破产重整屏蔽结束，{reason}", now=moment)
        item.record = whole.record
        put_entry(
            SHIELDING_ENDED, item, round=case.round, number=case.number, letter=case.number, actor=actor,
            now=moment, on=day.isoformat(),
        )  # fmt: skip
        tell(
            people_of(whole.record.department, on=day),
            f"破产重整屏蔽结束：{whole.record.document_number}。{reason}",
            case=case,
            url=record_page(whole.record),
            now=moment,
        )
    return held


__all__ = ["end_shielding", "lift_bar", "report_false_material"]
