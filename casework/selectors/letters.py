"""Reading letters: their sheets, the template of a day, the receipt of a delivery."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from audit.clock import local_day
from casework.letters.sheet import Sheet
from casework.letters.shipped import shipped
from casework.letters.templates import Template, compose, template_from_dict, worded
from casework.models import Case, Letter, LetterTemplate

_HEAD = ("key", "kind", "case_kind", "title", "register", "number_pattern", "source")
_UPPER = "上一级社会信用体系建设牵头部门"


def addressee_of(case: Case) -> str:
    """To whom letters to the applicant go: the subject, whoever acted for it."""
    return case.subject.name


def case_values(case: Case, *, points: str, reasons: str = "", **more: str) -> dict[str, str]:
    """The values that the templates of every kind of case ask for; days as ISO dates, names without a value left out.

    `points`: what the case is about, point by point, in the words of the kind; `more` is what only this letter says.
    Needs the case with subject, owning body and its parent.
    """
    office = case.owning_body
    values = {
        "office": office.name,
        "applicant": addressee_of(case),
        "subject": case.subject.name,
        "case_number": case.number,
        "matter": case.matter,
        "received": local_day(case.received_at).isoformat(),
        "due": _iso(case.due_on),
        "legal_due": _iso(case.legal_due_on),
        "points": points,
        "reasons": reasons,
        "upper_body": office.parent.name if office.parent is not None else _UPPER,
        "contact": str(case.assignee or office),
    }
    return {name: text for name, text in {**values, **more}.items() if text}


def _iso(day: date | None) -> str:
    return day.isoformat() if day is not None else ""


def letters_of(case: Case) -> QuerySet[Letter]:
    """All letters of a case, the newest first."""
    return (
        Letter.objects.filter(case=case).select_related("addressee_department", "issued_by").order_by("-id")
    )


def template_row(kind: str, case_kind: str, on: date) -> LetterTemplate | None:
    """The template in force on a day: the kind of case's own, else the general one."""
    found = LetterTemplate.objects.in_force(on).filter(kind=kind, case_kind__in=[case_kind, ""])
    return found.order_by("-case_kind").first()


def template_of(row: LetterTemplate) -> Template:
    return template_from_dict(
        {
            **{name: getattr(row, name) for name in _HEAD},
            "in_force_from": row.in_force_from.isoformat(),
            "in_force_to": row.in_force_to.isoformat() if row.in_force_to else None,
            **row.body,
        }
    )


def sheet_of(letter: Letter) -> Sheet:
    """What the letter says, as it was issued."""
    return Sheet.from_json(letter.content)


def delivery_form(letter: Letter) -> Sheet:
    """The receipt (送达回证) of a letter: what is known is printed, the rest is left to be written by hand."""
    delivered = letter.delivered_on is not None
    values = worded(
        {
            "case_number": letter.case.number,
            "letter_title": letter.title,
            "letter_number": letter.number,
            "method": letter.get_delivery_method_display() if delivered else "",
            "delivered": letter.delivered_on,
            "receiver": letter.received_by,
            "delivery_note": letter.delivery_note,
            "place": letter.case.address if letter.addressee_department_id is None else "",
        }
    )
    return compose(
        _delivery_template(letter),
        values,
        head=sheet_of(letter).head,
        number="",
        dated=None,
        addressee=letter.addressee,
    )


def _delivery_template(letter: Letter) -> Template:
    row = template_row(Letter.Kind.DELIVERY, letter.case.kind, letter.issued_on)
    if row is not None:
        return template_of(row)
    return next(template_from_dict(data) for data in shipped() if data["kind"] == Letter.Kind.DELIVERY)
