"""Verbs of zero reports (零报送): the word of a department that a month brought no decisions of a kind."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction

from accounts.models import Department, User
from accounts.policy import NotAllowed, policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from credit_records.models import CatalogueItem, CatalogueVersion, Record, ZeroReport
from credit_records.selectors.reporting import NO_DECISION


def report_zero(
    *, department: Department, item: CatalogueItem, month: date, actor: User, now: datetime | None = None
) -> ZeroReport:
    """Declare that the department took no decision of this kind in the month (`month`: any day of it).

    The present month may be declared too: a decision reported later in it makes the declaration void.
    """
    if department.pk not in actor.departments_as("clerk"):
        raise NotAllowed("只有本单位的录入员可以办理零报送。")
    if item.kind in CatalogueItem.NOT_RECORDS:
        raise Refused("zero_report.no_decisions", f"“{item.name}”不是行政决定，不用零报送。")
    if item.by_decision:
        raise Refused("item.by_decision", f"“{item.name}”只由认定决定产生，不用零报送。")
    moment = now or present()
    first = month.replace(day=1)
    named = f"{first.year}年{first.month}月"
    if first > local_day(moment):
        raise Refused("zero_report.future", f"{named}还没有到，不能提前零报送。")
    if not _in_force_in(item, first):
        raise Refused("catalogue.not_in_force", f"“{item.name}”在{named}不在目录施行期内，不需要报送。")
    data = {"item": item.code, "month": f"{first:%Y-%m}"}
    with act("zero_report.report", actor=actor, on=department, data=data):
        reported = Record.objects.filter(
            department=department, item=item, decision_date__gte=first, decision_date__lt=next_month(first)
        ).exclude(state__in=NO_DECISION)
        if reported.exists():
            raise Refused(
                "zero_report.records_exist",
                f"本单位{named}已报送“{item.name}”记录，不能零报送；报错的记录请先撤回。",
            )
        try:
            with transaction.atomic():
                return ZeroReport.objects.create(
                    department=department, item=item, month=first, reported_by=actor, reported_at=moment
                )
        except IntegrityError:
            raise Refused("zero_report.twice", f"“{item.name}”{named}已经零报送，不必重复办理。") from None


def withdraw_zero_report(
    report: ZeroReport, *, actor: User, reason: str, now: datetime | None = None
) -> ZeroReport:
    """Take a zero report back because there were decisions after all; it stays in the history."""
    policy_for(ZeroReport).require(actor, "withdraw", report)
    if not reason.strip():
        raise Refused("reason.missing", "撤销零报送必须写明理由。")
    with act("zero_report.withdraw", actor=actor, on=report, reason=reason.strip()):
        report = ZeroReport.objects.select_for_update().get(pk=report.pk)
        if report.withdrawn_at is not None:
            raise Refused("zero_report.withdrawn", "该零报送已经撤销。")
        report.withdrawn_at = now or present()
        report.save(update_fields=["withdrawn_at"])
    return report


def next_month(first: date) -> date:
    return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


def _in_force_in(item: CatalogueItem, first: date) -> bool:
    forced = CatalogueVersion.objects.filter(
        item=item, state=CatalogueVersion.State.IN_FORCE, in_force_from__lt=next_month(first)
    )
    return any(version.in_force_to is None or version.in_force_to >= first for version in forced)
