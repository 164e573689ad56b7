"""How the rows behind the numbers of 时限看板 are told; what changes on a case's way is told as it stood on the day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from audit.clock import local_day
from casework.models import Case, CaseRound, Pause, Request, state_word
from casework.selectors.clock import light_of
from casework.selectors.pages import page_of
from supervision.admin.row_columns import Listing
from worktime.selectors import calendars_in_force


class _Cases(Listing):
    def fetched(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """By the due day; those that stand still have none and come last."""
        return rows.select_related(*self.related).order_by("shown_due_on", "pk")


def _body(body: Any) -> str:
    return (body.short_name or body.name) if body is not None else "—"


def _dress(cases: Sequence[Any]) -> None:
    """Officers and lights as they stood (two queries)."""
    people = User.objects.in_bulk({one.shown_assignee for one in cases if one.shown_assignee})
    calendars = calendars_in_force()
    for one in cases:
        stood = Case(
            due_on=one.shown_due_on, paused_for=one.shown_paused_for, days_left=one.shown_days_left, limit=one.limit
        )  # fmt: skip
        one.stood_light = light_of(stood, today=one.shown_on, calendar=calendars(one.region)).text
        one.stood_officer = people.get(one.shown_assignee)


CASES = _Cases(
    ("subject", "owning_body", "limit"),
    (),
    (
        ("案件编号", lambda one: one.number),
        ("类型", lambda one: one.get_kind_display()),
        ("主体", lambda one: one.subject.listed_name),
        ("阶段", lambda one: state_word(one.kind, one.shown_state)),
        ("经办人", lambda one: one.stood_officer or "未指派"),
        ("办理机构", lambda one: _body(one.owning_body)),
        ("收到", lambda one: local_day(one.received_at)),
        ("应办结", lambda one: one.shown_due_on or "停时"),
        ("时限", lambda one: one.stood_light),
        ("逾期原因", lambda one: one.shown_breach_reason or "—"),
    ),
    link=page_of,
    dress=_dress,
)
ROUNDS = Listing(
    ("case__subject", "case__owning_body"),
    ("-closed_on", "-pk"),
    (
        ("案件编号", lambda one: one.case.number),
        ("类型", lambda one: one.case.get_kind_display()),
        ("主体", lambda one: one.case.subject.listed_name),
        ("轮次", lambda one: one.round),
        ("办理机构", lambda one: _body(one.case.owning_body)),
        ("应办结", lambda one: one.due_on or "—"),
        ("办结", lambda one: one.closed_on),
        ("怎样办结", lambda one: one.ending),
        ("工作日", lambda one: "未算出" if one.net_days is None else one.net_days),
        ("含停时", lambda one: "未算出" if one.gross_days is None else one.gross_days),
        ("逾期原因", lambda one: one.why_late),
    ),
    link=lambda one: page_of(one.case),
)
PAUSES = Listing(
    ("case__subject", "begun_by"),
    ("-begun_on", "-pk"),
    (
        ("案件编号", lambda one: one.case.number),
        ("主体", lambda one: one.case.subject.listed_name),
        ("事由", lambda one: one.get_kind_display()),
        ("理由", lambda one: one.reason),
        ("自", lambda one: one.begun_on),
        ("至", lambda one: one.ended_on or "仍在停时"),
        ("办理人", lambda one: one.begun_by),
    ),
    link=lambda one: page_of(one.case),
)
REQUESTS = Listing(
    ("case__subject", "department"),
    ("due_on", "pk"),
    (
        ("案件编号", lambda one: one.case.number),
        ("主体", lambda one: one.case.subject.listed_name),
        ("协查单位", lambda one: _body(one.department)),
        ("发出", lambda one: local_day(one.sent_at)),
        ("应答复", lambda one: one.due_on),
        ("答复", lambda one: local_day(one.answered_at) if one.answered_at else "—"),
        ("现在状态", lambda one: one.get_state_display()),
    ),
    link=lambda one: page_of(one.case),
)
LISTINGS = {Case: CASES, CaseRound: ROUNDS, Pause: PAUSES, Request: REQUESTS}
