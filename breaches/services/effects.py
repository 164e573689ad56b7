"""What a decision on a breach does, all of it in the transaction of the decision, or none of it.

The order of locks: the case (taken by its step), the commitment, the entries of its department into the files of breaches;
only then the number of the letter and the entry of the outbox.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from accounts.sealing import unseal
from audit.faults import Refused
from breaches.models import Breach, DecidedMeasure, Measure, PriorNotice
from breaches.selectors.letters import decision_values, measure_lines, quoted
from casework.models import Decision, Letter
from casework.services.engine import Work
from casework.services.news import tell_owners, tell_responsible
from casework.services.step_letters import to_applicant
from credit_records.models import CatalogueItem, CatalogueVersion, Record, Subject
from credit_records.rules.dates import add_months
from credit_records.rules.identifiers import NO_CODE
from credit_records.services import batches
from credit_records.services.decided_records import enter_by_decision
from credit_records.services.entry import judge

from .matters import tell_reporter, write
from .publishing import put_entry

ITEM = "commitment-breach"
_TITLE = "违诺认定决定书"
_LONGEST_RESULT, _LONGEST_BASIS = 4000, 2048
_CATEGORIES = {
    Subject.Kind.LEGAL_PERSON: "法人及非法人组织",
    Subject.Kind.OTHER_ORGANISATION: "法人及非法人组织",
    Subject.Kind.INDIVIDUAL_BUSINESS: "个体工商户",
    Subject.Kind.NATURAL_PERSON: "自然人",
}


def apply(work: Work, breach: Breach, decision: Decision, notices: Sequence[PriorNotice]) -> None:
    """Carry an approved proposal out."""
    if decision.outcome != Decision.Outcome.BROKEN:
        letter = issue_decision(work, breach, decision, notices)
        write_conclusion(work, breach, decision)
        announce(work, breach, letter)
        return
    version = version_on(work.today)
    batches.one_submission_at_a_time(breach.commitment.department_id, version.item_id)
    letter = issue_decision(work, breach, decision, notices)
    record = enter_record(work, breach, decision, letter, version)
    write_conclusion(work, breach, decision, record)
    take_measures(work, breach, decision.content)
    put_entry(work, breach, letter=letter.number)
    announce(work, breach, letter)


def version_on(day: date) -> CatalogueVersion:
    """What the catalogue says of breaches on a day. Refused `breach.no_item`: without a legal basis nothing is entered."""
    found = CatalogueVersion.objects.in_force(day).filter(item__code=ITEM).select_related("item").first()
    if found is None:
        raise Refused(
            "breach.no_item", f"{day}信用信息目录中没有施行的违诺事项，不能记入信用记录，请先办理目录版本。"
        )
    return found


# --- the steps of the effect, each by itself ----------------------------------------------------------------


def issue_decision(work: Work, breach: Breach, decision: Decision, notices: Sequence[PriorNotice]) -> Letter:
    values = decision_values(
        breach,
        outcome=decision.outcome,
        reasons=decision.reasons,
        content=decision.content,
        notices=notices,
    )
    return to_applicant(work, Letter.Kind.DECISION, values)


def enter_record(
    work: Work, breach: Breach, decision: Decision, letter: Letter, version: CatalogueVersion
) -> Record:
    """The breach in the subject's file, in force at once: proposed by the one, decided by the other."""
    item: CatalogueItem = version.item
    return enter_by_decision(
        record_values(
            breach, decision.content, version, title=letter.title, number=letter.number, day=letter.issued_on
        ),
        item=item,
        department=breach.commitment.department,
        entered_by=decision.proposed_by,
        actor=work.actor,
        severity=decision.content["degree"],
        reference=work.case.number,
        reason=f"违诺认定决定书{letter.number}：{decision.reasons}",
        legal_basis=version.legal_basis,
        subject=work.case.subject,
        now=work.now,
    )


def record_values(
    breach: Breach,
    content: Mapping[str, Any],
    version: CatalogueVersion,
    *,
    title: str,
    number: str,
    day: date,
) -> dict[str, str]:
    """The columns of the catalogue item, as the decision has them: `title` and `number` of its letter."""
    promised, office = breach.commitment, breach.case.owning_body
    result = f"认定{breach.get_kind_display()}，违诺程度{_label(content['degree'])}。"
    if content["measures"]:
        result += "\n" + measure_lines(content["measures"])
    return {
        **_subject_values(breach.case.subject),
        "WN_WS": title,
        "WN_WSH": number,
        "WN_CNBM": promised.code,
        "WN_CNSX": promised.matter.name if promised.matter is not None else promised.cause,
        "WN_LX": str(breach.get_kind_display()),
        "WN_CD": _label(content["degree"]),
        "WN_SS": breach.facts,
        "WN_YJ": quoted(version.legal_basis)[:_LONGEST_BASIS],
        "WN_NR": result[:_LONGEST_RESULT],
        "WN_JDRQ": day.strftime("%Y/%m/%d"),
        "WN_JG": office.name,
        "WN_JGDM": office.code,
        "WN_LYDW": promised.department.name,
        "WN_LYDWDM": promised.department.code,
    }


def require_enterable(breach: Breach, content: Mapping[str, Any], *, on: date) -> None:
    """Whether the check of the files would take the record: told to who proposes, not only to who decides.

    Refused `breach.not_enterable`, `breach.no_item`.
    """
    version = version_on(on)
    values = record_values(breach, content, version, title=_TITLE, number=breach.case.number, day=on)
    checked = judge(breach.commitment.department, version.item, values, row=1, today=on)
    wrong = [finding.message for finding in checked.findings if finding.severity == "reject"]
    if wrong:
        raise Refused(
            "breach.not_enterable",
            f"按此认定不能记入信用记录：{'；'.join(wrong)}。请先更正主体、机构或者违诺事实，再拟办。",
        )


def _subject_values(subject: Subject) -> dict[str, str]:
    values = {"WN_XDR_MC": subject.name, "WN_XDR_LB": _CATEGORIES[Subject.Kind(subject.kind)]}
    if subject.kind == Subject.Kind.NATURAL_PERSON:
        number = unseal(subject.id_sealed) if subject.id_sealed else ""
        return {**values, "WN_XDR_ZJLX": subject.id_type, "WN_XDR_ZJHM": number}
    return {
        **values,
        "WN_XDR_SHXYM": subject.code or NO_CODE,
        "WN_FRDB": subject.legal_representative,
    }


def _label(degree: str) -> str:
    return str(Record.Severity(degree).label)


def write_conclusion(work: Work, breach: Breach, decision: Decision, record: Record | None = None) -> None:
    """What the decision made of the matter; the commitment is free for another report."""
    values: dict[str, Any] = {"pending": False, "reasons": decision.reasons, "decided_on": work.today}
    if record is not None:
        values |= {
            "degree": decision.content["degree"],
            "degree_rule": decision.content["rule"],
            "record": record,
        }
    write(breach, **values)


def take_measures(work: Work, breach: Breach, content: Mapping[str, Any]) -> list[DecidedMeasure]:
    """Each with the legal basis as it reads today; none without one. A referral is over with the day on which it is decided."""
    return [
        DecidedMeasure.objects.create(
            breach=breach,
            measure_id=one["id"],
            legal_basis=one["legal_basis"],
            since=work.today,
            until=_until(one, work.today),
        )
        for one in content["measures"]
    ]


def _until(one: Mapping[str, Any], since: date) -> date | None:
    if one["effect"] == Measure.Effect.REFERRAL:
        return since
    return add_months(since, one["months"]) if one["months"] else None


def announce(work: Work, breach: Breach, letter: Letter) -> None:
    """News to the officer in charge, and to the department that took the commitment or has reported it."""
    tell_responsible(
        work, f"{work.case.number}已审批，决定书{letter.number}，请送达并于{work.case.due_on}前办结。"
    )
    said = f"违诺认定决定：{work.case.number}，{letter.number}，"
    if breach.record is None:
        tell_reporter(work, f"{said}不认定违诺。")
    else:
        # A department that does not see the case is led to the record: it is its own.
        tell_owners(work, [breach.record], f"{said}涉及本单位受理的承诺。")


__all__ = ["ITEM", "apply", "require_enterable", "version_on"]
