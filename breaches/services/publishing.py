"""What the upper platform is told of a decided breach: what the public may read of it, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists

from breaches.models import Breach, DecidedMeasure
from breaches.selectors.letters import quoted
from casework.services.engine import Work
from credit_records.models import Record, Subject
from credit_records.rules.identifiers import mask_name, mask_numbers_in
from exchange.models import Entry
from exchange.services import outbox

TOPIC = "breach.decided"
CONTENTS = {
    "commitment_code": "承诺编码",
    "commitment_kind": "承诺类型",
    "matter": "承诺事项",
    "breach_kind": "违诺类型",
    "degree": "违诺程度",
    "facts": "违诺事实",
    "measures": "采取的措施",
    "measure": "措施",
    "legal_basis": "法律依据",
    "since": "自",
    "until": "至",
}
"""How the names in the message read."""


def put_entry(work: Work, breach: Breach, *, letter: str) -> Entry | None:
    """Into the outbox, within the decision's transaction, once per case and letter; None where nothing was entered.

    Put after the record and the measures are written: its state, and whether the public sees it, are read from the table. Of
    a natural person the name goes out as the surname with stars, without any number. What the subject said, the reasons of
    the proposal and who worked on it are never told.
    """
    if breach.record_id is None:
        return None
    shown = Record.objects.public(work.today).filter(pk=breach.record_id)
    record = (
        Record.objects.select_related("item", "department", "subject")
        .annotate(seen=Exists(shown))
        .get(pk=breach.record_id)
    )
    return outbox.put(
        topic=TOPIC,
        key=f"{TOPIC}:{work.case.number}:{letter}",
        payload=_payload(breach, record, number=work.case.number, letter=letter, public=record.seen),
        reference=work.case.number,
        record=record,
        actor=work.actor,
        now=work.now,
    )


def _payload(breach: Breach, record: Record, *, number: str, letter: str, public: bool) -> Mapping[str, Any]:
    subject, promised = record.subject, breach.commitment
    person = subject.kind == Subject.Kind.NATURAL_PERSON

    def said(text: str) -> str:
        covered = text
        if person:
            for name in {subject.name, promised.subject_name} - {""}:
                covered = covered.replace(name, mask_name(name))
        return mask_numbers_in(covered)

    return {
        "case_number": number,
        "letter_number": letter,
        "decided_on": record.decision_date.isoformat(),
        "decided_by": record.authority_name,
        "subject_name": mask_name(subject.name) if person else subject.name,
        "subject_code": "" if person else subject.code or "",
        "commitment_code": promised.code,
        "commitment_kind": promised.kind,
        "matter": said(promised.matter.name if promised.matter is not None else promised.cause),
        "breach_kind": breach.kind,
        "degree": breach.degree,
        "facts": said(breach.facts),
        "measures": [_measure(one) for one in _measures(breach)],
        "public": public,
        "record": {
            "item_code": record.item.code,
            "document_number": record.document_number,
            "source_name": record.department.name,
            "source_code": record.department.code,
            "state": record.state,
        },
    }


def _measures(breach: Breach) -> list[DecidedMeasure]:
    return list(DecidedMeasure.objects.filter(breach=breach).select_related("measure").order_by("pk"))


def _measure(one: DecidedMeasure) -> dict[str, str]:
    return {
        "measure": one.measure.title,
        "legal_basis": quoted(one.legal_basis),
        "since": one.since.isoformat(),
        "until": one.until.isoformat() if one.until is not None else "",
    }
