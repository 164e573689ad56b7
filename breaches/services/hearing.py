"""The subject is told what is intended and heard before it counts (事先告知、陈述申辩、听证)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Max

from accounts.models import OFFICE_ROLES, User
from audit.clock import local_day
from audit.faults import Refused
from breaches.models import Breach, Measure, PriorNotice
from breaches.rules.degrees import Degree, graver
from breaches.selectors.degrees import rule_on, suggested
from breaches.selectors.letters import HEARD, hearing_values, kept, notice_values
from breaches.selectors.measures import measures_for
from breaches.selectors.notices import current_notice
from casework.models import Case, Decision, Letter
from casework.policies import acts_as_office
from casework.services import requests
from casework.services.engine import Work, step
from casework.services.news import tell_responsible
from casework.services.step_letters import to_applicant
from credit_records.models import Record
from worktime.selectors import calendar_for, limit_for

from .matters import current, require_in_force

Answer = PriorNotice.Answer
STATEMENT, HEARING = "breach-statement", "breach-hearing"
_SEE_MINUTES = "意见见听证笔录。"


# --- the notice ---------------------------------------------------------------------------------------------


def notify(
    breach: Breach,
    *,
    actor: User,
    degree: str,
    measures: Sequence[Measure],
    reason: str,
    now: datetime | None = None,
) -> PriorNotice:
    """Tell the subject what is intended (事先告知书); the clock stands still, its own time runs from the delivery.

    Not graver than the rule says, and no measure that the list does not allow for the degree. Refused `breach.degree`,
    `breach.degree_graver_than_rule`, `breach.measure_not_allowed`, `breach.commitment_withdrawn`, `breach.no_degree_rule`.
    """
    with step(
        breach.case, "notify", actor=actor, reason=reason, now=now, data={"degree": str(degree)}
    ) as work:
        found = current(work.case)
        require_in_force(found.commitment)
        says = require_degree(found, degree, on=work.today)
        chosen = require_allowed(found, degree, [one.pk for one in measures], on=work.today)
        request = requests.ask_statement(
            work, asks="请在收到事先告知书之日起的期限内陈述申辩。", limit=STATEMENT
        )
        intended = [kept(one) for one in chosen]
        letter = to_applicant(
            work,
            Letter.Kind.NOTICE,
            notice_values(
                found,
                degree=degree,
                found=says,
                measures=intended,
                reasons=work.reason,
                days=request.limit.target_days,
            ),
        )
        last = PriorNotice.objects.filter(breach=found).aggregate(last=Max("number"))["last"] or 0
        return PriorNotice.objects.create(
            breach=found,
            number=last + 1,
            kind=found.kind,
            facts=found.facts,
            harm=found.harm,
            remedied_on=found.remedied_on,
            degree=degree,
            degree_rule=rule_on(found.found_on).key,
            reasons=work.reason,
            measures=intended,
            letter=letter,
            request=request,
        )


def require_degree(breach: Breach, degree: str, *, on: date) -> Degree:
    """What the rule says, where the degree is not graver than that. Refused `breach.degree`, `breach.degree_graver_than_rule`."""
    if degree not in Record.Severity.values:
        raise Refused("breach.degree", "请选择违诺程度：轻微、一般或者严重。")
    says = suggested(breach, on=on)
    if graver(degree, says.severity):
        raise Refused(
            "breach.degree_graver_than_rule",
            f"按违诺程度规则，本案至多为“{says.title}”（{'；'.join(says.reasons)}），不能认定得更重。",
        )
    return says


def require_allowed(breach: Breach, degree: str, keys: Sequence[int], *, on: date) -> list[Measure]:
    """The measures (by their pk), each once, as the list in force allows them. Refused `breach.measure_not_allowed`."""
    allowed = {one.pk: one for one in measures_for(degree, breach.commitment.kind, on=on)}
    wanted = list(dict.fromkeys(keys))
    foreign = [pk for pk in wanted if pk not in allowed]
    if foreign:
        titles = "、".join(f"“{one.title}”" for one in Measure.objects.filter(pk__in=foreign).order_by("key"))
        raise Refused(
            "breach.measure_not_allowed",
            f"措施{titles}不在施行的清单之内，或者不适用于该程度和承诺类型，请取消后再办。",
        )
    return [allowed[pk] for pk in wanted]


# --- the statement ------------------------------------------------------------------------------------------


def _open_notice(work: Work, breach: Breach) -> PriorNotice:
    notice = current_notice(breach)
    if notice is None or notice.request.state != notice.request.State.OPEN:
        raise Refused("breach.no_open_notice", "本案没有等待陈述申辩的事先告知。")
    return notice


def _delivered_on(notice: PriorNotice) -> date:
    if notice.request.counts_from is None:
        raise Refused(
            "breach.notice_not_delivered",
            f"{notice.letter.number}还没有登记送达，陈述申辩的期限从送达起算，请先登记送达。",
        )
    return notice.request.counts_from


def record_statement(
    breach: Breach,
    *,
    actor: User,
    statement: str = "",
    stated_by: str = "",
    stated_on: date | None = None,
    waived: bool = False,
    hearing_asked: bool = False,
    now: datetime | None = None,
) -> PriorNotice:
    """Write down what the subject says to the notice, by the officer or at the window; what is said later is added.

    `waived`: in writing, it says nothing more and needs no hearing: the time need not run out; entered by an officer alone.
    `hearing_asked`: in time, and only
    where the degree is general or serious. Refused `breach.notice_not_delivered`, `breach.statement_missing`,
    `breach.waived_and_hearing`, `breach.stated_on`, `breach.hearing_not_open`, `breach.hearing_too_late`,
    `breach.statement_long`, `breach.waiver_at_window`.
    """
    with step(breach.case, "record_statement", actor=actor, now=now) as work:
        notice = _open_notice(work, current(work.case))
        delivered = _delivered_on(notice)
        text, day = statement.strip(), stated_on or work.today
        if not (text or waived or hearing_asked):
            raise Refused("breach.statement_missing", "请写明陈述申辩的内容，或者选择书面放弃、要求听证。")
        if waived and not acts_as_office(actor, work.case):
            # The window is that of the department that accuses: it does not cut the time of the accused short.
            raise Refused(
                "breach.waiver_at_window",
                "书面放弃由经办人核对原件后登记，请用“补充材料”上传当事人的书面放弃，并告知经办人。",
            )
        if waived and hearing_asked:
            raise Refused("breach.waived_and_hearing", "放弃陈述申辩的，不能同时要求听证，请只选一项。")
        if not delivered <= day <= work.today:
            raise Refused("breach.stated_on", f"提出日期应在送达日期{delivered}至今天之间，请核对。")
        if hearing_asked:
            _require_hearing_open(notice, day)
            notice.hearing_asked_on = notice.hearing_asked_on or day
        elif waived and not notice.hearing_minutes:
            notice.hearing_asked_on = None
        if text:
            said = f"{notice.statement}\n（{day}补充）{text}" if notice.statement else text
            if len(said) > PriorNotice._meta.get_field("statement").max_length:
                raise Refused(
                    "breach.statement_long", "陈述申辩的内容过长，请摘要记录，原件用“补充材料”上传。"
                )
            notice.statement = said
        elif waived and notice.hearing_minutes and not notice.statement:
            notice.statement = _SEE_MINUTES
        notice.stated_on, notice.stated_by = day, stated_by.strip() or work.case.subject.name
        # Who speaks after having waived is heard: the time runs on.
        notice.answer = (Answer.STATED if notice.statement else Answer.WAIVED) if waived else ""
        notice.save(update_fields=["hearing_asked_on", "statement", "stated_on", "stated_by", "answer"])
        asked = "，要求听证" if hearing_asked else "，书面放弃" if waived else ""
        tell_responsible(work, f"{work.case.number}：当事人对事先告知提出意见{asked}。")
    return notice


def _require_hearing_open(notice: PriorNotice, day: date) -> None:
    if notice.degree not in HEARD:
        raise Refused("breach.hearing_not_open", "拟认定为轻微的，不适用听证，请记录当事人的陈述申辩。")
    if day > notice.request.due_on and notice.hearing_asked_on is None:
        raise Refused(
            "breach.hearing_too_late",
            f"要求听证应在{notice.request.due_on}前提出，已经超过期限；陈述申辩的意见可以照常登记。",
        )


# --- the hearing --------------------------------------------------------------------------------------------


def _asked_hearing(work: Work, breach: Breach) -> PriorNotice:
    notice = _open_notice(work, breach)
    if notice.hearing_asked_on is None:
        raise Refused("breach.hearing_not_asked", "当事人没有要求听证；要求的，请先在陈述申辩中登记。")
    if notice.hearing_minutes:
        raise Refused("breach.hearing_held", "听证已经举行，笔录已登记，不能再办。")
    return notice


def arrange_hearing(
    breach: Breach, *, actor: User, at: datetime, place: str, chair: User, now: datetime | None = None
) -> PriorNotice:
    """Set the hearing that was asked for and tell the subject (听证通知书), enough working days ahead; anew until it is held.

    The chair is of the office and has not to do with the case. Refused `breach.hearing_not_asked`, `breach.hearing_held`,
    `breach.hearing_too_soon`, `breach.hearing_place_missing`, `breach.chair_of_the_case`, `breach.chair_not_of_the_office`.
    """
    with step(breach.case, "arrange_hearing", actor=actor, now=now) as work:
        found = current(work.case)
        notice = _asked_hearing(work, found)
        if not place.strip():
            raise Refused("breach.hearing_place_missing", "请写明听证的地点。")
        first = first_hearing_day(work.case, on=work.today)
        if local_day(at) < first:
            raise Refused(
                "breach.hearing_too_soon", f"听证通知应提前足够的工作日，最早可以安排在{first}，请改期。"
            )
        _require_chair(work.case, notice, chair)
        letter = to_applicant(
            work, Letter.Kind.HEARING, hearing_values(found, at=at, place=place.strip(), chair=str(chair))
        )
        notice.hearing_on, notice.hearing_place = at, place.strip()
        notice.hearing_chair, notice.hearing_letter = chair, letter
        notice.save(update_fields=["hearing_on", "hearing_place", "hearing_chair", "hearing_letter"])
    return notice


def first_hearing_day(case: Case, *, on: date) -> date:
    """The first day for which a hearing may be set on a day."""
    days = limit_for(HEARING, on).target_days
    return calendar_for(case.region).add_working_days(on, days)


def _require_chair(case: Case, notice: PriorNotice, chair: User) -> None:
    """Of the office, and without a hand in the case: who reported it, told the subject or proposed does not preside.

    By the pattern of 行政处罚法第六十四条第四项 (非本案调查人员).
    """
    if case.owning_body_id not in chair.departments_as(*OFFICE_ROLES) or not chair.is_active:
        raise Refused("breach.chair_not_of_the_office", "听证主持人应是本办的工作人员，请重新选择。")
    proposers = set(
        Decision.objects.filter(case=case, round=case.round).values_list("proposed_by", flat=True)
    )
    if chair.pk in proposers | {case.assignee_id, case.entered_by_id, notice.letter.issued_by_id}:
        raise Refused(
            "breach.chair_of_the_case", "听证主持人不能是本案的登记人、告知人、经办人或者拟办人，请另选他人。"
        )


def record_hearing(breach: Breach, *, actor: User, minutes: str, now: datetime | None = None) -> PriorNotice:
    """Write down the hearing as it was held; where the subject stayed away, that it did.

    Only of a hearing that the subject was told of in time: the notice delivered, and the working days of the limit between
    that day and the hearing. Refused `breach.hearing_not_arranged`, `breach.hearing_not_told`, `breach.hearing_told_late`,
    `breach.hearing_not_yet`, `breach.minutes_missing`, `breach.minutes_long`, `breach.chair_of_the_case`.
    """
    with step(breach.case, "record_hearing", actor=actor, now=now) as work:
        notice = _asked_hearing(work, current(work.case))
        if notice.hearing_on is None:
            raise Refused("breach.hearing_not_arranged", "听证还没有安排，请先用“安排听证”通知当事人。")
        in_the_way = told_of_hearing(work.case, notice)
        if in_the_way is not None:
            raise in_the_way
        if work.now < notice.hearing_on:
            raise Refused("breach.hearing_not_yet", "听证还没有举行，举行之后再登记笔录。")
        if notice.hearing_chair is not None:
            _require_chair(work.case, notice, notice.hearing_chair)  # the case may have changed hands since
        text = minutes.strip()
        if not text:
            raise Refused("breach.minutes_missing", "请写明听证的情况；当事人没有到场的，如实写明。")
        if len(text) > PriorNotice._meta.get_field("hearing_minutes").max_length:
            raise Refused("breach.minutes_long", "听证笔录过长，请摘要记录，原件用“补充材料”上传。")
        notice.hearing_minutes = text
        notice.save(update_fields=["hearing_minutes"])
    return notice


def told_of_hearing(case: Case, notice: PriorNotice) -> Refused | None:
    """Why the hearing that was arranged may not be held yet: the subject does not know of it, or learnt of it too late."""
    letter, at = notice.hearing_letter, notice.hearing_on
    if letter is None or at is None:
        return None
    if letter.delivered_on is None:
        return Refused(
            "breach.hearing_not_told",
            f"听证通知书{letter.number}还没有登记送达，请先登记送达；没有送达的，另行安排听证。",
        )
    first = first_hearing_day(case, on=letter.delivered_on)
    if local_day(at) < first:
        return Refused(
            "breach.hearing_told_late",
            f"听证通知书于{letter.delivered_on}送达，听证最早可以在{first}举行，请重新安排听证并通知当事人。",
        )
    return None


# --- the end of it ------------------------------------------------------------------------------------------


def end_statement(
    breach: Breach, *, actor: User, reason: str = "", now: datetime | None = None
) -> PriorNotice:
    """The subject has been heard or has let its time pass: the clock goes on.

    Refused `breach.notice_not_delivered`, `breach.statement_runs` (unless waived), `breach.hearing_not_held`.
    """
    with step(breach.case, "end_statement", actor=actor, reason=reason, now=now) as work:
        notice = _open_notice(work, current(work.case))
        _delivered_on(notice)
        due = notice.request.due_on
        if not notice.answer and work.today <= due:
            raise Refused(
                "breach.statement_runs",
                f"陈述申辩的期限到{due}为止，当事人没有书面放弃的，期限内不能结束。",
            )
        if notice.hearing_asked_on is not None and not notice.hearing_minutes:
            raise Refused(
                "breach.hearing_not_held", "当事人要求听证，听证还没有举行并登记笔录，不能结束陈述申辩。"
            )
        if not notice.answer:
            _close(notice)
            notice.save(update_fields=["answer", "statement", "stated_on"])
        requests.end_statement(
            work,
            notice.request,
            answer=notice.statement or notice.get_answer_display(),
            silent=notice.answer == Answer.SILENT,
        )
    return notice


def _close(notice: PriorNotice) -> None:
    if notice.hearing_minutes and not notice.statement:
        notice.statement = _SEE_MINUTES
        notice.stated_on = notice.stated_on or notice.hearing_asked_on
    notice.answer = Answer.STATED if notice.statement else Answer.SILENT


__all__ = [
    "arrange_hearing", "end_statement", "first_hearing_day", "notify", "record_hearing", "record_statement",
    "require_allowed", "require_degree", "told_of_hearing",
]  # fmt: skip
