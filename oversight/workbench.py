"""What waits for a person on the workbench: letters to answer, tasks to report; in the office replies, reports and drafts to decide."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Count, Min, Q
from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Role
from audit.clock import today
from backoffice.workbench import Action, Line, Panel, register_panel

from .models import Addressee, Directive, Duty, Proposal, ReplyDraft
from .policies import WORKS, addressed_bodies, answers, confirms, own_bodies
from .rules.periods import months_later

_A, _D, _R = Addressee.State, Duty.State, ReplyDraft.State


def _list(model: type, query: str = "") -> str:
    opts: Any = model._meta  # type: ignore[attr-defined]
    return reverse(f"admin:oversight_{opts.model_name}_changelist") + (f"?{query}" if query else "")


@register_panel
def own_panel(request: HttpRequest) -> Panel | None:
    """待回复的督办文书 with the answers on their way, and the tasks of the own body: three queries."""
    user: Any = request.user
    own = own_bodies(user)
    if not addressed_bodies(user):
        return None
    lines = [*_draft_lines(user), *(_own_lines(user, own, today()) if own else ())]
    if not lines and user.departments_as(Role.OFFICER, Role.APPROVER):
        return None  # an office that is addressed by nobody
    return Panel(
        "督办和任务",
        lines=lines,
        actions=[Action("督办文书", _list(Directive)), Action("任务清单", _list(Duty, "whose=own"))],
        empty="没有待回复的督办文书，本月也没有到期的任务。",
        order=6,
    )


def _draft_lines(user: Any) -> Iterator[Line]:
    """回复稿: for the reviewer those that wait to be sent, for those who word them what came back or was never handed on."""
    sends = confirms(user, "addressee__department") & Q(state=_R.SUBMITTED)
    words = answers(user, "addressee__department")
    waiting = ReplyDraft.objects.filter(
        addressee__department__in=addressed_bodies(user), state__in=ReplyDraft.OPEN
    )
    found = waiting.aggregate(
        confirm=Count("pk", filter=sends),
        mend=Count("pk", filter=words & Q(state=_R.RETURNED)),
        finish=Count("pk", filter=words & Q(state=_R.DRAFT)),
        first=Min("addressee__due_on", filter=sends),
    )
    if found["confirm"]:
        note = f"最早{found['first']}到期，确认发出才算回复"
        yield Line("待确认的督办回复", found["confirm"], _list(Addressee, "draft=confirm"), "warn", note)
    if found["mend"]:
        yield Line("退回修改的回复稿", found["mend"], _list(Addressee, "draft=mend"), "warn")
    if found["finish"]:
        yield Line("没有提交的回复稿", found["finish"], _list(Addressee, "draft=finish"))


def _own_lines(user: Any, own: frozenset[int], day: date) -> Iterator[Line]:
    letters = Addressee.objects.filter(answers(user, "department"), directive__state__in=Directive.OUT)
    waiting = Q(state__in=Addressee.WAITING)
    found = letters.aggregate(
        late=Count("pk", filter=waiting & Q(due_on__lt=day)),
        reply=Count("pk", filter=waiting & Q(due_on__isnull=False)),
        first=Min("due_on", filter=waiting),
        unread=Count("pk", filter=Q(state=_A.SENT, due_on__isnull=True)),
        again=Count("pk", filter=Q(state=_A.RETURNED)),
    )
    if found["late"]:
        yield Line("督办逾期未回复", found["late"], _list(Addressee, "late=open"), "bad")
    if found["reply"]:
        note = f"最早{found['first']}到期" + (f"，其中退回重报{found['again']}件" if found["again"] else "")
        yield Line("待回复的督办文书", found["reply"], _list(Addressee, "late=waiting"), "warn", note)
    if found["unread"]:
        yield Line("待签收的通报", found["unread"], _list(Addressee, "state__exact=sent"), "warn")
    ending = months_later(day.replace(day=1), 1)
    owed = Duty.objects.filter(department__in=own, state__in=Duty.WAITING)
    tasks = owed.aggregate(
        late=Count("pk", filter=Q(due_on__lt=day)),
        month=Count("pk", filter=Q(due_on__gte=day.replace(day=1), due_on__lt=ending)),
    )
    if tasks["late"]:
        yield Line("任务逾期未报", tasks["late"], _list(Duty, "whose=own&when=open_late"), "bad")
    if tasks["month"]:
        url = _list(Duty, "whose=own&when=month")
        yield Line("任务本月到期", tasks["month"], url, "warn", "含已逾期的" if tasks["late"] else "")


@register_panel
def office_panel(request: HttpRequest) -> Panel | None:
    """What the office has to decide: three queries."""
    user: Any = request.user
    works, signs = user.departments_as(*WORKS), user.departments_as(Role.APPROVER)
    if not works and not signs:
        return None
    return Panel(
        "督办办理",
        lines=list(_office_lines(works, signs, user, today())),
        actions=[Action("督办文书", _list(Directive)), Action("任务清单", _list(Duty))],
        empty="没有待办的督办事项。",
        order=6,
    )


def _office_lines(works: frozenset[int], signs: frozenset[int], user: Any, day: date) -> Iterator[Line]:
    if signs:
        drafts = Directive.objects.filter(office__in=signs, state=Directive.State.SUBMITTED).count()
        if drafts:
            yield Line("待签发的督办文书", drafts, _list(Directive, "state__exact=submitted"), "warn")
    if not works:
        return
    # What the offices below have to decide waits for them, not here.
    letters = Addressee.objects.filter(directive__office__in=works, directive__state__in=Directive.OUT)
    found = letters.aggregate(
        replied=Count("pk", filter=Q(state=_A.REPLIED)),
        late=Count("pk", filter=Q(state__in=Addressee.WAITING, due_on__lt=day)),
    )
    if found["replied"]:
        yield Line(
            "待审核的督办回复", found["replied"], _list(Addressee, "state__exact=replied&whose=given"), "warn"
        )
    if found["late"]:
        yield Line(
            "督办逾期未回复", found["late"], _list(Addressee, "late=open&whose=given"), "bad", "可以升级督办"
        )
    gives = user.departments_as(Role.OFFICER)
    tasks = Duty.objects.filter(task__office__in=gives).aggregate(
        check=Count("pk", filter=Q(state=_D.REPORTED)),
        late=Count("pk", filter=Q(state__in=Duty.WAITING, due_on__lt=day)),
    )
    if tasks["check"]:
        yield Line("待确认的任务", tasks["check"], _list(Duty, "whose=given&when=check"), "warn")
    if tasks["late"]:
        yield Line("任务逾期未报", tasks["late"], _list(Duty, "whose=given&when=open_late"), "bad")
    proposed = Proposal.objects.filter(office__in=works, state=Proposal.State.OPEN).count()
    if proposed:
        yield Line("待处理的督办建议", proposed, _list(Proposal, "state__exact=open&whose=own"))
