"""The page of an objection: its points, its steps, and the pages on which it is answered, proposed and decided."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path

from audit.clock import today
from backoffice.labels import name_verbs
from casework.admin.case_page import CasePage, S
from casework.admin.case_steps import StepVerbs
from casework.admin.common_steps import text_question
from casework.admin.deciding import waiting
from casework.admin.usual_steps import usual_step
from casework.models import Case, Kind
from credit_records.models import Record
from objections.machine import MACHINE
from objections.models import Objection, Point
from objections.services import deciding, handling, registering

from .answering import AnswerPages
from .deciding import DecisionPages
from .point_cards import cards, effects, rulings_of, visible_points
from .registration import RegistrationPages

name_verbs({f"case.{step.verb}": step.label for step in MACHINE} | {"objection.receive": "登记异议"})

_STEPS = StepVerbs(MACHINE, lambda objection: objection.case)
_usual = partial(usual_step, _STEPS)


def _late(case: Case) -> bool:
    return case.due_on is not None and case.due_on < today()


def _nothing_maintained(obj: Any, user: Any) -> str:
    points = getattr(obj, "loaded_points", None)
    if points is not None and not any(p.outcome == Point.Outcome.NOT_UPHELD for p in points):
        return "声明只能附在经异议予以维持的记录旁。"
    return ""


def _add_statement(objection: Objection, *, actor: Any, point: int, text: str) -> Objection:
    found = Point.objects.filter(objection=objection, number=point).select_related("record").first()
    record = found.record if found is not None else Record(pk=0)  # none: the service says why
    return deciding.add_statement(objection, actor=actor, record=record, text=text)


_VERBS = (
    *_STEPS.common(),
    _usual("check_identity"),
    _usual("accept", handling.accept, confirm="受理后出具受理通知书，涉及的记录标注“异议中”。"),
    _usual("ask_correction", handling.ask_correction),
    _usual("record_correction"),
    _usual(
        "lapse_correction", handling.lapse_correction,
        confirm="视为放弃本次异议，出具终止办理告知书，案件终结；以后可以重新提出。",
    ),
    _usual("refuse", handling.refuse),
    _usual(
        "ask_departments", handling.ask_departments,
        confirm="按异议点向来源单位出具协查函，随函移送证据。",
        extra_fields=(
            text_question("asks", "要求(可不填)", required=False, help_text="不填的，写“请核实下列异议点并附证据材料答复”。"),
        ),
    ),
    _usual("urge"),
    _usual("end_verification", confirm="收回未答复的协查函，转入拟办。没有答复的异议点，凭已有证据处理。"),
    _usual("recall_proposal"),
    _usual("send_back"),
    _STEPS.verb(
        "add_statement", _add_statement, takes_reason=False, order=120,
        hint=_nothing_maintained,
        confirm="声明与记录一并展示。不能写公民身份号码。",
        extra_fields=(
            (
                "point",
                forms.IntegerField(
                    label="第几个异议点", min_value=1, max_value=registering.MOST_POINTS, initial=1,
                    error_messages={"required": "请填写异议点的序号。"},
                ),
            ),
            text_question("text", "当事人声明"),
        ),
    ),
    _usual(
        "close", handling.close,
        confirm="决定书送达后办结，停止计时，取消记录的“异议中”标注。还没有登记送达的，须在理由中写明。",
    ),
    _usual("withdraw", handling.withdraw),
    _usual("reopen", handling.reopen),
    _usual("grant_extension", handling.grant_extension),
)  # fmt: skip


@admin.register(Objection)
class ObjectionAdmin(RegistrationPages, AnswerPages, DecisionPages, CasePage):
    """Objections are handled here, one at a time; many of them are looked over in the work list."""

    kind = Kind.OBJECTION
    step_verbs = _STEPS
    verbs = _VERBS
    stages = (
        ("收到", (S.RECEIVED,)),
        ("受理", (S.ACCEPTED,)),
        ("协查", (S.VERIFYING,)),
        ("拟办", (S.DRAFTING,)),
        ("审批", (S.APPROVING,)),
        ("办结", (S.DECIDED, S.CLOSED)),
    )
    path = ("accept", "ask_departments", "answer", "propose", "decide", "close")
    when_possible = (
        "check_identity", "record_correction", "lapse_correction", "refuse", "ask_correction", "take", "resume", "urge",
        "end_verification", "grant_extension", "deny_extension", "recall_proposal", "send_back", "reopen",
    )  # fmt: skip
    pages = {
        "add_evidence": "evidence",
        "add_point": "add_point",
        "answer": "answer",
        "propose": "propose",
        "decide": "decide",
    }
    case_template = "objections/objection.html"

    def body(self, request: HttpRequest, obj: Any, shared: dict[str, Any]) -> dict[str, Any]:
        user, case = request.user, shared["case"]
        requests, decisions = shared["request_rows"], shared["decision_rows"]
        proposal = waiting(decisions)
        points = visible_points(obj, user)
        obj.loaded_requests, obj.loaded_points, obj.loaded_proposal = requests, points, proposal
        own = user.departments_as("clerk", "reviewer")
        return {
            "points": cards(
                points, user=user, requests=requests, evidence=shared["evidences"], decision=proposal
            ),
            # Reasons of the whole speak of every body's points: not for a department that was asked about its own.
            "whole_reasons": shared["office"] or case.window_id in own,
            "versions": [(one, tone, rulings_of(one)) for one, tone in shared["decisions"]],
            "proposal": proposal,
            "effects": effects(points, rulings_of(proposal))
            if proposal is not None and shared["office"]
            else (),
            "late": _late(case),
        }

    def points_of(self, obj: Any) -> int:
        return obj.points.count()

    def own_urls(self) -> list[URLPattern]:
        guarded, stem = self.admin_site.admin_view, "objections_objection"
        return [
            *super().own_urls(),
            path("<int:object_id>/point/", guarded(self.add_point_view), name=f"{stem}_add_point"),
            path("<int:object_id>/answer/", guarded(self.answer_view), name=f"{stem}_answer"),
            path("<int:object_id>/propose/", guarded(self.propose_view), name=f"{stem}_propose"),
            path("<int:object_id>/decide/", guarded(self.decide_view), name=f"{stem}_decide"),
        ]
