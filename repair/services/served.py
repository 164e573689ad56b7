"""Verbs of 两书同达: record that the notice on repair was served, mend what was recorded wrongly, take it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.core.files import File

from accounts.kept_files import keep, keep_files_of, opened
from accounts.models import User
from accounts.policy import policy_for
from accounts.sealing import CannotOpen
from audit import bulk
from audit.acts import act
from audit.acts import note as journal
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from casework.services.evidence_files import examine
from credit_records.models import Record
from repair.models import PenaltyToServe, ServedNotice
from repair.selectors.served import SERVED_IN

Method = ServedNotice.Method
keep_files_of(ServedNotice, "scan", "served")


def obstacle(record: Record, *, noticed: bool) -> str:
    """Why service cannot be recorded for this record now; empty when it can. `noticed`: it is recorded already."""
    if record.state not in SERVED_IN:
        return f"记录现为“{record.get_state_display()}”，发布以后再登记送达。"
    if noticed:
        return "该记录已登记送达；登记有误的，请在送达登记中更正或者撤销。"
    return ""


def _check(record: Record, served_on: date, method: str, day: date) -> None:
    if method not in Method.values:
        raise Refused("served.method", "请选择送达方式。")
    if served_on > day:
        raise Refused("served.in_future", "送达日期不能晚于今天，请核对。")
    if served_on < record.decision_date:
        raise Refused(
            "served.before_decision",
            f"{record.document_number}：送达日期早于决定日期{record.decision_date}，请核对。",
        )


def record_served(
    records: Sequence[Record],
    *,
    actor: User,
    served_on: date,
    method: str,
    reference: str = "",
    note: str = "",
    scan: File | None = None,
    now: datetime | None = None,
) -> list[ServedNotice]:
    """The notice on repair was served together with the decision: one act for all records given, or nothing happens.

    By the clerks of the records' own department. Refused: `served.state`, `served.already`, `served.before_decision`,
    `served.in_future`, `served.method`; a scan (`evidence.*`) belongs to one record.
    """
    moment = now or present()
    pks = sorted({record.pk for record in records})
    if scan is not None and len(pks) != 1:
        raise Refused("served.scan_of_one", "扫描件只能随一条记录上传，请逐条登记。")
    policy = policy_for(PenaltyToServe)
    if policy.scope(actor, "record_served").filter(pk__in=pks).count() != len(pks):
        for record in records:
            policy.require(actor, "record_served", record)
    only = records[0] if len(pks) == 1 else None
    data = {"records": pks[:1000], "count": len(pks), "served_on": served_on.isoformat(), "method": method}
    with act("served_notice.record", actor=actor, on=only, reason=note.strip(), data=data):
        locked = list(Record.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk"))
        noticed = set(
            ServedNotice.objects.standing().filter(record__in=pks).values_list("record_id", flat=True)
        )
        for record in locked:
            _check(record, served_on, method, local_day(moment))
            in_the_way = obstacle(record, noticed=record.pk in noticed)
            if in_the_way and record.pk in noticed:
                raise Refused("served.already", f"{record.document_number}：{in_the_way}")
            if in_the_way:
                raise Refused("served.state", f"{record.document_number}：{in_the_way}")
        notices = [
            ServedNotice(
                record=record,
                served_on=served_on,
                method=method,
                reference=reference.strip(),
                note=note.strip(),
                recorded_by=actor,
                recorded_at=moment,
            )
            for record in locked
        ]
        if scan is not None:
            return [_with_scan(notices[0], scan)]
        return bulk.create_all(ServedNotice, notices)


def _with_scan(notice: ServedNotice, scan: File) -> ServedNotice:
    """Sealed at rest like evidence; the file stands or falls with the row that names it."""
    found = examine(scan)
    notice.scan_name, notice.scan_type, notice.scan_sha256 = found.name, found.file_type, found.sha256
    keep(notice, scan, field="scan", name=found.name)
    return notice


def _locked(notice: ServedNotice) -> ServedNotice:
    held = ServedNotice.objects.select_for_update(of=("self",)).select_related("record").get(pk=notice.pk)
    if not held.is_standing:
        raise Refused("served.undone", "该送达登记已经撤销，不能再办理。")
    return held


def correct_notice(
    notice: ServedNotice,
    *,
    actor: User,
    served_on: date,
    method: str,
    reference: str = "",
    note: str = "",
    reason: str,
    now: datetime | None = None,
) -> ServedNotice:
    """Mend what was recorded wrongly; what stood before stays in the history."""
    reason = reason.strip()
    if not reason:
        raise Refused("reason.missing", "更正必须写明理由。")
    policy = policy_for(ServedNotice)
    policy.require(actor, "correct", notice)
    with act("served_notice.correct", actor=actor, on=notice, reason=reason):
        held = _locked(notice)
        policy.require(actor, "correct", held)
        _check(held.record, served_on, method, local_day(now or present()))
        held.served_on, held.method = served_on, method
        held.reference, held.note = reference.strip(), note.strip()
        held.save(update_fields=["served_on", "method", "reference", "note"])
    return held


def undo_notice(
    notice: ServedNotice, *, actor: User, reason: str, now: datetime | None = None
) -> ServedNotice:
    """It was not served: the record stands among those that miss it again."""
    reason = reason.strip()
    if not reason:
        raise Refused("reason.missing", "撤销必须写明理由。")
    policy = policy_for(ServedNotice)
    policy.require(actor, "undo", notice)
    with act("served_notice.undo", actor=actor, on=notice, reason=reason):
        held = _locked(notice)
        policy.require(actor, "undo", held)
        held.undone_at, held.undone_by, held.undone_reason = now or present(), actor, reason
        held.save(update_fields=["undone_at", "undone_by", "undone_reason"])
    return held


def scan_of(notice: ServedNotice, *, actor: User) -> File:
    """The scan, checked against what was handed in; every look at it is noted. The caller closes it."""
    policy_for(ServedNotice).require(actor, "view", notice)
    if not notice.scan:
        raise Refused("served.no_scan", "该送达登记没有扫描件。")
    try:
        content = opened(notice.scan, sha256=notice.scan_sha256)
    except CannotOpen as error:
        raise Refused(
            "served.scan_broken", "扫描件读不出来，或者与上传时不一致，没有打开。请告知系统管理员从备份恢复。"
        ) from error
    journal("served_notice.read_scan", actor=actor, on=notice, data={"sha256": notice.scan_sha256})
    return content


__all__ = ["SERVED_IN", "correct_notice", "obstacle", "record_served", "scan_of", "undo_notice"]
