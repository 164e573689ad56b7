"""The page of a breach of a commitment: what was promised and broken, what the subject was told and said, and its steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse

from accounts.policy import policy_for
from audit.clock import local_day
from breaches.machine import MACHINE
from breaches.models import Breach, PriorNotice
from breaches.services import deciding, handling, hearing
from casework.admin.case_page import CasePage, S, Stage
from casework.admin.case_steps import StepVerbs
from casework.admin.common_steps import breach_question, text_question
from casework.admin.usual_steps import usual_step
from casework.models import Case, Kind, Letter, Movement, Request
from commitments.models import Commitment
from commitments.selectors.pages import promisor_label
from credit_records.models import Record

from .breach_list import BreachList, outcome_in_words
from .deciding import DecisionPages
from .hints import statement_runs, why_not
from .looks import SEVERITY_TONES
from .matter_views import (
    decided_views,
    notice_views,
    notices_of,
    reads_the_whole,
    suggestion,
    version_of,
    waiting,
)
from .notifying import NoticePages
from .reporting import ReportPages
from .step_pages import StepPages

_STEPS = StepVerbs(MACHINE, lambda breach: breach.case)


_VERBS = (
    *_STEPS.common(),
    usual_step(
        _STEPS, "accept", handling.accept, hint=None,
        confirm="立案后由经办人核实，告知当事人并听取意见后才能认定。",
    ),
    usual_step(
        _STEPS, "refuse", handling.refuse, confirm="写明理由，案件终结；以后有新的事实可以重新登记。",
        extra_fields=(breach_question("不予立案"),),
    ),
    usual_step(
        _STEPS, "ask_departments", handling.ask_departments,
        confirm="向承诺受理单位出具协查函，请其核实违诺事实，随函移送证据。",
        extra_fields=(text_question("asks", "要求(可不填)", required=False),),
    ),
    usual_step(_STEPS, "urge", handling.urge),
    usual_step(
        _STEPS, "end_verification", handling.end_verification, confirm="收回未答复的协查函，转入拟办。"
    ),
    _STEPS.verb(
        "end_statement", hearing.end_statement, tone="primary", order=95, hint=statement_runs,
        confirm="恢复计时，转入拟办。期限届满、书面放弃或者听证结束以后才能办理。",
    ),
    usual_step(_STEPS, "recall_proposal", deciding.recall_proposal),
    usual_step(_STEPS, "send_back", deciding.send_back),
    usual_step(
        _STEPS, "close", handling.close,
        confirm="决定书送达后办结，停止计时。还没有登记送达的，须在理由中写明。",
    ),
    usual_step(_STEPS, "withdraw", handling.withdraw, confirm="不作决定，写明理由，案件终结。"),
    usual_step(_STEPS, "reopen", handling.reopen),
    usual_step(_STEPS, "grant_extension", handling.grant_extension),
)  # fmt: skip


@admin.register(Breach)
class BreachAdmin(ReportPages, StepPages, NoticePages, DecisionPages, BreachList, CasePage):
    """Breaches are handled here, one at a time; the work list finds the open ones, the list below all of them."""

    kind = Kind.BREACH
    step_verbs = _STEPS
    verbs = _VERBS
    point_word = "违诺事项"
    stages = (
        ("收到", (S.RECEIVED,)),
        ("立案", (S.ACCEPTED,)),
        ("核实", (S.VERIFYING,)),
        ("告知申辩", (S.HEARING,)),
        ("拟办", (S.DRAFTING,)),
        ("审批", (S.APPROVING,)),
        ("办结", (S.DECIDED, S.CLOSED)),
    )
    path = ("accept", "notify", "answer", "end_statement", "propose", "decide", "close")
    when_possible = (
        "ask_departments", "record_statement", "arrange_hearing", "record_hearing", "refuse", "take", "resume", "urge",
        "end_verification", "grant_extension", "deny_extension", "recall_proposal", "send_back", "reopen",
    )  # fmt: skip
    pages = {
        "add_evidence": "evidence",
        "restate": "restate",
        "answer": "answer",
        "notify": "notify",
        "record_statement": "statement",
        "arrange_hearing": "hearing",
        "record_hearing": "minutes",
        "propose": "propose",
        "decide": "decide",
    }
    case_template = "breaches/breach.html"

    def related(self, found: QuerySet) -> QuerySet:
        return (
            super()
            .related(found)
            .select_related(
                "commitment__subject", "commitment__department", "performance__department", "record__item"
            )
        )

    def body(self, request: HttpRequest, obj: Any, shared: dict[str, Any]) -> dict[str, Any]:
        user, case, day = request.user, shared["case"], shared["today"]
        notices = notices_of(obj, user)
        proposal = waiting(shared["decision_rows"])
        obj.loaded_requests, obj.loaded_proposal = shared["request_rows"], proposal
        obj.loaded_notices = notices
        whole = reads_the_whole(user, obj)
        return {
            "breach": obj,
            "commitment": obj.commitment,
            "promisor": promisor_label(obj.commitment),
            "commitment_url": _address_if_seen(user, obj.commitment, "admin:commitments_commitment_change"),
            "report_url": reverse("admin:commitments_performance_change", args=[obj.performance_id])
            if whole and obj.performance_id
            else "",
            "whole": whole,
            "suggestion": suggestion(obj, on=day) if whole and obj.pending else None,
            "degree_tone": SEVERITY_TONES.get(obj.degree, "plain"),
            "conclusion": outcome_in_words(obj),
            "notices": notice_views(notices, on=day, letters=shared["letters"]),
            "undelivered": _undelivered(request, notices, case),
            # What the subject was asked stands with its notice, with the day from which its time runs.
            "requests": [view for view in shared["requests"] if view.request.kind != Request.Kind.STATEMENT],
            "stages": _with_hearing(shared["stages"], notices),
            "versions": [version_of(one, tone) for one, tone in shared["decisions"]],
            "proposal": proposal,
            "measures": [
                (view, reverse(self._name("lift"), args=[obj.pk, view.decided.pk]))
                for view in decided_views(obj, user, on=day)
            ],
            "may_lift": MACHINE.reachable("lift_measure", case) and self._may(request, "lift_measure", case),
            "record_url": _address_if_seen(user, obj.record, "admin:credit_records_record_change"),
        }

    def _stages(self, case: Case, movements: Sequence[Movement]) -> list[Stage]:
        """The day of 立案 stands on the case; the proposal counts from when it was last drafted, after the subject was heard."""
        drafted = [local_day(one.since) for one in movements if one.stage == S.DRAFTING]
        days = {"立案": case.accepted_on, "拟办": drafted[-1] if drafted else None}
        return [
            replace(stage, since=days[stage.title])
            if days.get(stage.title) is not None and stage.state != "ahead"
            else stage
            for stage in super()._stages(case, movements)
        ]

    def hint(self, name: str, obj: Any, user: Any) -> str:
        return why_not(name, obj) or super().hint(name, obj, user)

    def own_urls(self) -> list[URLPattern]:
        guarded, stem = self.admin_site.admin_view, "breaches_breach"
        pages = {
            "restate": self.restate_view,
            "answer": self.answer_view,
            "notify": self.notify_view,
            "statement": self.statement_view,
            "hearing": self.hearing_view,
            "minutes": self.minutes_view,
            "propose": self.propose_view,
            "decide": self.decide_view,
        }
        return [
            *super().own_urls(),
            *(
                path(f"<int:object_id>/{name}/", guarded(view), name=f"{stem}_{name}")
                for name, view in pages.items()
            ),
            path("<int:object_id>/measure/<int:pk>/lift/", guarded(self.lift_view), name=f"{stem}_lift"),
        ]


def _address_if_seen(user: Any, one: Commitment | Record | None, name: str) -> str:
    if one is None:
        return ""
    seen = policy_for(type(one)).scope(user).filter(pk=one.pk).exists()
    return reverse(name, args=[one.pk]) if seen else ""


def _undelivered(request: HttpRequest, notices: Sequence[PriorNotice], case: Case) -> list[Letter]:
    """Letters to the subject that wait for their delivery to be written down, for who may do so."""
    if case.state != S.HEARING or not policy_for(Letter).may(request.user, "record_delivery"):
        return []
    last = notices[:1]
    waiting_ = [letter for one in last for letter in (one.letter, one.hearing_letter) if letter is not None]
    return [letter for letter in waiting_ if letter.delivered_on is None]


def _with_hearing(stages: list[Stage], notices: Sequence[PriorNotice]) -> list[Stage]:
    """Drafting may come before the subject was told: the station of the notice is then still ahead."""
    if notices:
        return stages
    return [
        Stage(stage.title, "ahead", None) if stage.title == "告知申辩" and stage.state == "done" else stage
        for stage in stages
    ]


__all__ = ["BreachAdmin"]
