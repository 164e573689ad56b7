"""Letters that a step sends, in its transaction: to the applicant, or to a body of the administration."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from accounts.models import Department
from casework.models import Letter
from casework.selectors.letters import addressee_of

from . import letters
from .engine import Work

Says = Callable[..., Mapping[str, str]]
"""What the letters of a kind of case say: `says(reasons=…, **more)` gives the values of the template (`case_values`).

It is asked when the letter is issued, so that the letter has the days of the case as the step has left them.
"""


def to_applicant(work: Work, kind: str, values: Mapping[str, str]) -> Letter:
    """Issue a letter to the applicant by the hand of who takes the step."""
    return letters.issue(
        work.case, kind, actor=work.actor, values=values, addressee=addressee_of(work.case), now=work.now
    )


def to_body(work: Work, kind: str, body: Department, values: Mapping[str, str]) -> Letter:
    """Issue a letter to a department, or to the office one level up."""
    return letters.issue(
        work.case,
        kind,
        actor=work.actor,
        values=values,
        addressee=body.name,
        addressee_department=body,
        now=work.now,
    )
