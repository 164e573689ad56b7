"""The page of an objection: its points, its steps, and the pages on which it is answered, proposed and decided."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path

from audit.clock import today
from backoffice.labels import name_verbs
from casework.admin.case_addresses import register_page
from casework.admin.case_page import CasePage, S
from casework.admin.case_steps import StepVerbs
from casework.admin.common_steps import (
    IDENTITY,
    breach_question,
    identity_missing,
    in_the_list,
    not_lapsed,
    own_proposal,
    text_question,
)
from casework.models import Case, Kind, Request
from credit_records.models import Record
from objections.machine import MACHINE
from objections.models import Objection, Point
from objections.services import deciding, handling, registering

from .answering import AnswerPages
from .deciding import DecisionPages
from .point_cards import cards, effects, rulings_of, visible_points, waiting
from .registration import RegistrationPages

name_verbs({f"case.{step.verb}": step.label for step in MACHINE} | {"objection.receive": "登记异议"})
register_page(Kind.OBJECTION, "admin:objections_objection_change")

_STEPS = StepVerbs(MACHINE, lambda objection: objection.case)


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
    _STEPS.verb(
        "check_identity", registering.check_identity, takes_reason=False, order=10,
        confirm="身份核验之后才能受理。",
        extra_fields=(("how", forms.ChoiceField(label="核验方式", choices=IDENTITY)),),
    ),
    _STEPS.verb(
        "accept", handling.accept, tone="primary", order=20, hint=identity_missing,
        still=lambda objection: objection.case.accepted_on is None,
        confirm="受理后出具受理通知书，涉及的记录标注“异议中”。",
    ),
    _STEPS.verb(
        "ask_correction", handling.ask_correction, takes_reason=False, order=30,
        confirm="补正只能要求一次，请一次写全；出具补正通知书，停时到材料收齐。",
        extra_fields=(text_question("asks", "要求补正的材料"),),
    ),
    _STEPS.verb(
        "record_correction", handling.record_correction, takes_reason=False, tone="primary", order=40,
        confirm="恢复计时，案件回到补正前的阶段。收到的材料请用“补充材料”上传。",
        extra_fields=(text_question("answer", "收到了什么(可不填)", required=False, rows=2),),
    ),
    _STEPS.verb(
        "lapse_correction", handling.lapse_correction, order=50, hint=not_lapsed,
        confirm="视为放弃本次异议，出具终止办理告知书，案件终结；以后可以重新提出。",
    ),
    _STEPS.verb(
        "refuse", handling.refuse, tone="danger", order=60,
        confirm="出具不予受理通知书，写明理由和救济途径，案件终结。",
        extra_fields=(breach_question("不予受理"),),
    ),
    _STEPS.verb(
        "ask_departments", handling.ask_departments, tone="primary", takes_reason=False, order=70,
        confirm="按异议点向来源单位出具协查函，随函移送证据。",
        extra_fields=(
            text_question("asks", "要求(可不填)", required=False, help_text="不填的，写“请核实下列异议点并附证据材料答复”。"),
        ),
    ),
    _STEPS.verb(
        "urge", handling.urge, order=80,
        confirm="提醒尚未答复的单位；协查已逾期的，同时报告审批人。",
    ),
    _STEPS.verb(
        "end_verification", handling.end_verification, order=90,
        confirm="收回未答复的协查函，转入拟办。没有答复的异议点，凭已有证据处理。",
    ),
    _STEPS.verb("recall_proposal", deciding.recall_proposal, order=100),
    _STEPS.verb("send_back", deciding.send_back, order=110, hint=own_proposal),
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
    _STEPS.verb(
        "close", handling.close, tone="primary", order=130,
        confirm="决定书送达后办结，停止计时，取消记录的“异议中”标注。还没有登记送达的，须在理由中写明。",
        extra_fields=(breach_question("办结"),),
    ),
    _STEPS.verb(
        "withdraw", handling.withdraw, tone="danger", order=140,
        confirm="不作决定，出具终止办理告知书(写入理由)，案件终结。",
    ),
    _STEPS.verb("reopen", handling.reopen, order=150, confirm="开始新一轮办理，时限从今天重新计算。"),
    _STEPS.verb(
        "grant_extension", handling.grant_extension, order=850, hint=_STEPS.no_extension,
        confirm="批准后重新计算应办结日期，出具延期通知书。",
    ),
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
        to_answer = [
            view for view in shared["requests"]
            if view.request.department_id in own and view.request.state == Request.State.OPEN
        ]  # fmt: skip
        return {
            **in_the_list(case),
            "points": cards(
                points, user=user, requests=requests, evidence=shared["evidences"], decision=proposal
            ),
            "to_answer": to_answer,
            # Reasons of the whole speak of every body's points: not for a department that was asked about its own.
            "whole_reasons": shared["office"] or case.window_id in own,
            "versions": [(one, tone, rulings_of(one)) for one, tone in shared["decisions"]],
            "proposal": proposal,
            "effects": effects(points, rulings_of(proposal))
            if proposal is not None and shared["office"]
            else (),
            "late": _late(case),
        }

    def form_page(self, request: HttpRequest, obj: Any, title: str) -> dict[str, Any]:
        return {**super().form_page(request, obj, title), **in_the_list(obj.case)}

    def hint(self, name: str, obj: Any, user: Any) -> str:
        return own_proposal(obj, user) if name == "decide" else ""

    def in_row(self, obj: Any) -> list[str]:
        checked = obj.case.identity_check != Case.IdentityCheck.NONE
        return [name for name in self.when_possible if name != "check_identity" or not checked]

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
