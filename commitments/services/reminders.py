"""Reminders of commitments: a line a day for those who keep them, when something is due today or has become late.

Nothing depends on having run yesterday: whoever has not been told since a task's day is told by the next run, once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from accounts.models import Department, Role, User
from audit.acts import note
from audit.clock import local_day
from audit.clock import now as present
from casework.models import Notice
from casework.services.mailing import queue_mail
from casework.services.notices import people_of
from casework.services.reminders import require_system
from commitments.models import OwedMaterial, Verification
from commitments.selectors.pages import due_within

_SERIES = ((Verification, "承诺核查"), (OwedMaterial, "容缺材料"))


def remind(*, actor: User, now: datetime | None = None) -> int:
    """Tell the keepers of every department what is due or late; returns how many notices. Safe to repeat."""
    require_system(actor)
    moment = now or present()
    today = local_day(moment)
    written: list[int] = []
    with transaction.atomic():
        for model, title in _SERIES:
            url = f"{reverse(f'admin:commitments_{model._meta.model_name}_changelist')}?task=open"
            for department, days in _waiting(model, today):
                text = _text(title, department, days, today)
                for person in _not_told(_keepers(department, today), url, days, today):
                    notice = Notice.objects.create(person=person, text=text, url=url, created_at=moment)
                    written.append(notice.pk)
        queue_mail(written)
        if written:
            note("commitment.remind", actor=actor, data={"count": len(written)})
    return len(written)


def _waiting(model: Any, today: date) -> Iterable[tuple[Department, list[date]]]:
    """The departments with open tasks due by today, each with their days."""
    days: dict[int, list[date]] = {}
    rows = due_within(model.objects.all(), today).order_by("due_on", "pk")
    for department, due_on in rows.values_list("commitment__department", "due_on"):
        days.setdefault(department, []).append(due_on)
    departments = Department.objects.in_bulk(list(days))
    return [(departments[pk], of_body) for pk, of_body in sorted(days.items())]


def _keepers(department: Department, today: date) -> list[User]:
    return people_of(department, Role.OFFICER if department.is_office else Role.CLERK, on=today)


def _not_told(people: Iterable[User], url: str, days: list[date], today: date) -> Iterable[User]:
    """Those who have not been told since the newest thing to tell: due today, or late since the day after its day."""
    due_today = today in days
    late = max((day for day in days if day < today), default=None)
    for person in people:
        last = Notice.objects.filter(person=person, url=url, case=None).order_by("-created_at").first()
        told = local_day(last.created_at) if last is not None else date.min
        if (due_today and told < today) or (late is not None and told <= late):
            yield person


def _text(title: str, department: Department, days: list[date], today: date) -> str:
    soon, late = days.count(today), sum(day < today for day in days)
    parts = [f"今日到期{soon}件"] if soon else []
    parts += [f"逾期{late}件"] if late else []
    return f"{department.short_name or department.name}{title}：{'，'.join(parts)}，请办理。"
