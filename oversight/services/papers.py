"""The PDF of a letter: drawn from its frozen sheet, named in its row, written after the commit that names it."""

from __future__ import annotations

from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.faults import Refused
from casework.letters.typesetting import render
from casework.services import issued_files
from casework.services.issued_files import stored_pdf
from casework.services.letters import drawn
from oversight.models import Directive
from oversight.selectors.papers import sheet_of

_FOLDER = "directives"


def attach_pdf(directive: Directive) -> None:
    """Name the PDF in the unsaved row and write it after the commit; what the machine lacks must not stop the office."""
    issued_files.attach(directive, _FOLDER, lambda: render(sheet_of(directive)))


def ensure_pdf(directive: Directive, *, actor: User) -> Directive:
    """Make the PDF of a letter that has none, from what was frozen when it was issued."""
    policy_for(Directive).require(actor, "render", directive)
    if directive.state not in Directive.OUT:
        raise Refused("oversight.state", "签发以后才有PDF。")
    if directive.has_pdf:
        return directive
    with act("directive.render", actor=actor, on=directive):
        held = Directive.objects.select_for_update(of=("self",)).get(pk=directive.pk)
        if not held.has_pdf:  # somebody else may have been quicker
            issued_files.attach_later(held, _FOLDER, drawn(sheet_of(held)))
    return held


__all__ = ["attach_pdf", "ensure_pdf", "stored_pdf"]
