"""False material found before anything was granted bars the subject as one found later does (限制申请)."""

from __future__ import annotations

from casework.models import Letter
from casework.services.engine import Work
from repair.models import Application, Bar


def bar_for_false_material(
    work: Work, application: Application, *, fact: str, letter: Letter | None
) -> Bar | None:
    """Bar the subject by the letter of a refusal or denial, in its transaction; without a fact nobody is barred."""
    if not fact.strip() or letter is None:
        return None
    return Bar.objects.create(
        subject=work.case.subject,
        application=application,
        found_on=work.today,
        reason=fact.strip(),
        reference=letter.number,
        set_by=work.actor,
        set_at=work.now,
    )
