"""A decided breach as it stands in the tables: its case, its record by the decision, its measures. What the verbs write is tested with the verbs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from audit.acts import act
from breaches.models import Breach, DecidedMeasure, Measure
from casework.models import Case, Decision, Kind
from casework.services.opening import Applicant, open_case
from commitments.models import Commitment
from credit_records.models import Record

from ..credit_records.decided import breach_values, enter_breach

CHINA = ZoneInfo("Asia/Shanghai")
NO_COMMITMENT = "no-commitment-2020"


def at(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=CHINA)


def opened(city: Any, commitment: Commitment, on: date) -> Breach:
    """Reported and under way: a false commitment, which asks for no report on performance."""
    with act("test.breach", actor=city.officer):
        case = open_case(
            Kind.BREACH,
            actor=city.officer,
            subject=commitment.subject,
            matter="违诺认定",
            applicant=Applicant(name=commitment.department.name, role=Case.ApplicantRole.DEPARTMENT),
            channel=Case.Channel.DEPARTMENT,
            received_at=at(on),
            now=at(on, 11),
        )
        return Breach.objects.create(
            case=case, commitment=commitment, kind="false", found_on=on, facts="提交的证明不实。"
        )


def decided(
    city: Any, breach: Breach, on: date, *measures: str, severity: str = "general", number: str = ""
) -> Breach:
    """Decided broken on a day: the record in the file, and the measures of these keys. `number`: of a natural person."""
    subject = breach.case.subject
    person = {"WN_XDR_LB": "自然人", "WN_FRDB": "", "WN_XDR_ZJLX": "身份证", "WN_XDR_ZJHM": number}
    values = breach_values(
        **(person if number else {}),
        WN_XDR_MC=subject.name,
        WN_XDR_SHXYM=subject.code or "",
        WN_WSH=f"银诺认〔2026〕{breach.pk}号",
        WN_CNBM=breach.commitment.code,
        WN_LX="虚假承诺",
        WN_CD=Record.Severity(severity).label,
        WN_JDRQ=on.isoformat(),
    )
    record = enter_breach(city, severity=severity, values=values, subject=subject, now=at(on, 16))
    with act("test.decided", actor=city.approver):
        case = breach.case
        case.state, case.outcome = Case.State.DECIDED, Decision.Outcome.BROKEN
        case.save(update_fields=["state", "outcome"])
        breach.pending, breach.degree, breach.degree_rule = False, severity, "degrees-2020"
        breach.reasons, breach.decided_on, breach.record = "证据确凿。", on, record
        breach.save()
        for key in measures:
            measure = Measure.objects.get(key=key)
            DecidedMeasure.objects.create(
                breach=breach, measure=measure, legal_basis=measure.legal_basis, since=on
            )
    return breach
