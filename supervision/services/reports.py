"""Verbs of reports: draw up, write what the office says, drop, and sign with the next number (四眼)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from django.db import IntegrityError, connection, transaction
from procrastinate.contrib.django import app

from accounts.models import Department, Role, User
from accounts.policy import NotAllowed, policy_for
from audit.acts import act
from audit.clock import CHINA, local_day
from audit.clock import now as present
from audit.faults import Refused
from audit.masking import mask_ids_in
from casework.letters.sheet import plain
from casework.services.issued_files import as_issued, attach, drawn_now, stored_pdf
from casework.services.registers import next_number
from supervision.models import IssuedReport, Report
from supervision.reports.paper import Paper, pdf_of
from supervision.rules.periods import Period
from supervision.selectors.report import Scope, sections
from supervision.selectors.report.jobs import jobs_of

TASK = "supervision.draw_up_report"
LONGEST = 5000
"""Characters of what the office says: some four pages."""
_FILES = "reports"


def draw_up(
    office: Department,
    kind: str,
    day: date,
    *,
    actor: User,
    as_of: date | None = None,
    now: datetime | None = None,
) -> Report:
    """Work out the report of the period in which a day lies, by what was known at the end of `as_of`.

    That is yesterday where nothing is said (today, where the period is not over): a whole day, so that the boards, asked
    for it, say the same for ever. An issued report of the same period stays, and the new one names it. Refused:
    `report.ahead`, `report.as_of`, `report.draft_exists`, `report.unknown_kind`.
    """
    moment = now or present()
    period = _period(office, kind, day, actor, local_day(moment))
    known = _known(period, as_of, local_day(moment))
    told = {"period": f"{period}{Report.Kind(kind).label}"}
    with act("report.draw_up", actor=actor, on=office, data=told):
        # One at a time: a second one waits here, and finds the draft. Rows that name the office do not wait (no_key).
        Department.objects.select_for_update(of=("self",), no_key=True).only("pk").get(pk=office.pk)
        same = Report.objects.filter(office=office, kind=kind, first=period.first)
        if same.filter(state=Report.State.DRAFT).exists():
            raise _draft_exists(period)
        newest = same.filter(state=Report.State.ISSUED).order_by("-version").first()
        scope = Scope(office, period, known, actor)
        report = Report(
            office=office,
            kind=kind,
            first=period.first,
            version=newest.version + 1 if newest else 1,
            replaces=newest,
            as_of=known,
            content=sections(scope),
            told=newest.told if newest else "",
            drafted_by=actor,
            drafted_at=moment,
        )
        try:
            with transaction.atomic():
                report.save()
        except IntegrityError:
            raise _draft_exists(period) from None
    return report


def ask_for(
    office: Department,
    kind: str,
    day: date,
    *,
    actor: User,
    as_of: date | None = None,
    now: datetime | None = None,
) -> Period:
    """Have it drawn up by the worker: some 13 seconds with a million records. Refused at once where it would be refused then.

    The day asked for goes with the job, so that a job that waits over midnight says the same. Refused besides: `report.under_way`.
    """
    today = local_day(now or present())
    period = _period(office, kind, day, actor, today)
    known = _known(period, as_of, today)
    with act("report.ask", actor=actor, on=office, data={"period": f"{period}{Report.Kind(kind).label}"}):
        Department.objects.select_for_update(of=("self",), no_key=True).only("pk").get(pk=office.pk)
        if Report.objects.filter(
            office=office, kind=kind, first=period.first, state=Report.State.DRAFT
        ).exists():
            raise _draft_exists(period)
        if any((one.kind, one.period) == (kind, period) for one in jobs_of([office.pk]) if not one.failed):
            raise Refused("report.under_way", f"{period}的报告正在生成，请稍后刷新页面。")
        if not connection.in_atomic_block:
            raise RuntimeError("a job is queued inside the transaction that asks for it")
        app.configure_task(TASK, lock=f"report-{office.pk}").defer(
            office_id=office.pk,
            kind=kind,
            first=period.first.isoformat(),
            as_of=known.isoformat() if known < today else "",
            actor_id=actor.pk,
        )
    return period


def _period(office: Department, kind: str, day: date, actor: User, today: date) -> Period:
    if office.pk not in actor.departments_as(Role.OFFICER) or not office.is_office:
        raise NotAllowed("只有本信用办的经办人可以生成月报、季报。")
    if kind not in Report.Kind.values:
        raise Refused("report.unknown_kind", "请选择月报或者季报。")
    period = Period.holding(day, kind)
    if period.first > today:
        raise Refused("report.ahead", f"{period}还没有开始，请选择已经开始的期间。")
    return period


def _known(period: Period, as_of: date | None, today: date) -> date:
    if period.last >= today:
        return today
    known = as_of or today - timedelta(days=1)
    if not period.last <= known < today:
        raise Refused(
            "report.as_of",
            f"数据截至日应在{period.last}至{today - timedelta(days=1)}之间(期末到昨天)，请改正。",
        )
    return known


def write(report: Report, *, actor: User, told: str) -> Report:
    """What the office says of the period (情况说明), as plain text. Refused: `report.state`, `report.unchanged`, `report.too_long`."""
    policy_for(Report).require(actor, "write", report)
    text = mask_ids_in(plain(told))
    if len(text) > LONGEST:
        raise Refused("report.too_long", f"情况说明不能超过{LONGEST}字，请删减。")
    with act("report.write", actor=actor, on=report):
        held = _draft(report, actor, "write")
        if text == held.told:
            raise Refused("report.unchanged", "情况说明没有改动。")
        held.told, held.edited_by = text, actor
        held.save(update_fields=["told", "edited_by"])
    return held


def drop(report: Report, *, actor: User, reason: str) -> Report:
    """Give a draft up, with the reason: for wrong figures, or to draw it up anew. It stays readable."""
    policy_for(Report).require(actor, "drop", report)
    if not reason.strip():
        raise Refused("reason.missing", "作废必须写明理由。")
    with act("report.drop", actor=actor, on=report, reason=reason.strip()):
        held = _draft(report, actor, "drop")
        held.state = Report.State.DROPPED
        held.save(update_fields=["state"])
    return held


def sign(report: Report, *, actor: User, now: datetime | None = None) -> IssuedReport:
    """Issue it under the next number; from then on neither text nor figures change. Not by who drafted or wrote it.

    Refused: `four_eyes`, `report.state`, `report.unfinished` (figures of a period that was not over when they were
    worked out). Nobody can issue another one of the period meanwhile: as long as this is a draft there is no second.
    """
    policy_for(Report).require(actor, "sign", report)
    moment = now or present()
    day = local_day(moment)
    with act("report.sign", actor=actor, on=report):
        held = _draft(report, actor, "sign")
        if actor.pk in (held.drafted_by_id, held.edited_by_id):
            raise Refused("four_eyes", "拟稿人和说明撰写人不能自己签发，请由其他审批人办理。")
        if local_day(held.drafted_at) <= held.period.last:
            raise Refused(
                "report.unfinished",
                f"生成时{held.period}尚未结束，数不完整，不能签发；请作废草稿，在期末次日以后重新生成。",
            )
        register = f"report.{held.kind}.{held.office_id}"
        serial = next_number(register, day.year)
        number = (
            f"{held.office.short_name or held.office.name}{held.get_kind_display()}〔{day.year}〕{serial}号"
        )
        paper = replace(paper_of(held), number=number, dated=day.isoformat(), signed_by=str(actor))
        issued = IssuedReport(
            report=held, number=number, register=register, year=day.year, serial=serial, paper=paper.as_data(),
            signed_by=actor, signed_at=moment,
        )  # fmt: skip
        attach(issued, _FILES, lambda: pdf_of(paper))
        issued.save(force_insert=True)
        held.state = Report.State.ISSUED
        held.save(update_fields=["state"])
    return issued


def paper_of(report: Report) -> Paper:
    """What stands on the paper: of an issued report as it was signed, of a draft as it stands."""
    if report.state == Report.State.ISSUED:
        return Paper.from_data(report.issued.paper)
    made = report.drafted_at.astimezone(CHINA)
    return Paper(
        title=f"{report.period}公共信用工作{report.get_kind_display()}",
        office=report.office.name,
        period=str(report.period),
        as_of=report.as_of.isoformat(),
        made=f"{made:%Y-%m-%d %H}时{made:%M}分",
        drafted_by=str(report.drafted_by),
        sections=report.content,
        told=report.told,
        replaces=report.replaces.issued.number if report.replaces_id else "",
    )


def pdf(report: Report) -> bytes:
    """The issued file as it was made; of a draft, and where no file could be made, drawn now from what is stored.

    Refused: `letter.fonts_missing`, `letter.glyph_missing`, `report.file_changed`.
    """
    if report.state != Report.State.ISSUED:
        return drawn_now(lambda: pdf_of(paper_of(report)))
    issued = report.issued
    if issued.sha256 and issued.file.storage.exists(issued.file.name):
        return stored_pdf(issued, _changed)
    found = drawn_now(lambda: pdf_of(paper_of(report)))
    return as_issued(issued, found, _changed) if issued.sha256 else found


def _draft(report: Report, actor: User, verb: str) -> Report:
    """The draft, locked and judged again."""
    held = (
        Report.objects.select_for_update(of=("self",))
        .select_related("office", "drafted_by")
        .get(pk=report.pk)
    )
    policy_for(Report).require(actor, verb, held)
    if held.state != Report.State.DRAFT:
        raise Refused("report.state", f"该报告{held.get_state_display()}，只有草稿可以办理。")
    return held


def _draft_exists(period: Period) -> Refused:
    return Refused("report.draft_exists", f"{period}已有一份草稿，请先签发或者作废，再重新生成。")


def _changed() -> Refused:
    return Refused(
        "report.file_changed", "月报文件与签发时的指纹不符，不能下载，请立即告知系统管理员和审计员。"
    )
