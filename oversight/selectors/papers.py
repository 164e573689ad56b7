"""What a letter of supervision says: its sheet, and how it cites those before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date

from accounts.models import Department
from audit.faults import Refused
from casework.letters.sheet import Sheet, date_words
from casework.letters.templates import Template, ValueMissing, compose, worded
from oversight.models import Addressee, Directive, Reply

from .clock import assumed_due
from .templates import template_of, template_row

UNNUMBERED = "（签发时编号）"


def sheet_of(directive: Directive) -> Sheet:
    """What the letter says, as it was issued."""
    return Sheet.from_json(directive.content or {})


def chain_before(directive: Directive) -> list[Directive]:
    """The letters that this one follows, the first of the chain first."""
    found: list[Directive] = []
    one = directive.follows
    while one is not None:
        found.insert(0, one)
        one = one.follows
    return found


def cited(directive: Directive, bodies: Iterable[Department], on: date) -> str:
    """《工作提示单》（银信提〔2026〕1号，要求于2026年11月13日前回复），银川市示例局逾期未回复；…… Empty for the first of a chain."""
    wanted = {body.pk for body in bodies}
    return "；".join(_cited(one, wanted, on) for one in chain_before(directive))


def _cited(letter: Directive, bodies: set[int], on: date) -> str:
    named = f"《{letter.get_grade_display()}》（{letter.number}"
    own = list(letter.addressees.select_related("department").order_by("pk"))
    # The day that the paper gave; what came of a second round is told as what it was.
    shown = letter.deadline_shown
    named += f"，要求于{date_words(shown)}前回复）" if shown else "）"
    told: dict[str, list[str]] = {}
    for one in own:
        words = _behind(one, on) if one.department_id in bodies else ""
        if words:
            told.setdefault(words, []).append(one.department.name)
    return named + "".join(f"，{'、'.join(names)}{words}" for words, names in told.items())


def _behind(addressee: Addressee, on: date) -> str:
    """How the addressee stands behind; empty when it does not."""
    replies = list(Reply.objects.filter(addressee=addressee).order_by("round"))
    overdue = addressee.due_on is not None and addressee.due_on < (addressee.closed_on or on)
    if not replies:
        return "逾期未回复" if overdue else ""
    if replies[-1].accepted is False:
        return "回复未获认可，逾期未重新回复" if overdue else "回复未获认可"
    return "逾期回复" if any(one.given_on > one.due_on for one in replies) else ""


def composed(
    template: Template,
    directive: Directive,
    bodies: list[Department],
    *,
    number: str,
    on: date,
    reply_due: date | None,
) -> Sheet:
    """The sheet of a letter with this number and day; raises `ValueMissing` when the text needs what is not there."""
    values = worded(
        {
            "matter": directive.matter.title,
            "findings": directive.facts,
            "demands": directive.demands,
            "cited": cited(directive, bodies, on),
            "reply_due": reply_due,
            "contact": str(directive.drafted_by),
        }
    )
    return compose(
        template,
        values,
        head=directive.office.name,
        number=number,
        dated=on,
        addressee="、".join(body.name for body in bodies),
    )


def draft_sheet(directive: Directive, on: date) -> Sheet | None:
    """How the draft would read if it were issued on a day; nothing of it is kept. None without a text in force for it."""
    row = template_row(directive.grade, on)
    if row is None:
        return None
    rows = directive.addressees.select_related("department").order_by("department__code")
    try:
        due = assumed_due(directive, on)
        bodies = [one.department for one in rows]
        return composed(template_of(row), directive, bodies, number=UNNUMBERED, on=on, reply_due=due)
    except (ValueMissing, Refused):
        return None


def mark_of_sheet(sheet: Sheet | None) -> str:
    """Tells one reading of a paper from another; empty where there is none."""
    if sheet is None:
        return ""
    return hashlib.sha256(json.dumps(sheet.as_json(), sort_keys=True).encode()).hexdigest()


def mark_of_draft(directive: Directive, on: date) -> str:
    return mark_of_sheet(draft_sheet(directive, on))
