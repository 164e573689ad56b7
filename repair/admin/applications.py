"""The page of an application for repair: its material, its records with their conditions, and all its steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse

from accounts.models import Role
from accounts.policy import policy_for
from backoffice.labels import name_verbs
from backoffice.verbs import Button
from casework.admin.case_page import CasePage, S, Stage
from casework.admin.case_steps import Steps, StepVerbs
from casework.admin.common_steps import identity_missing, text_question
from casework.admin.deciding import waiting
from casework.admin.usual_steps import usual_step
from casework.models import Case, Kind, Letter, Movement
from exchange.models import Entry
from exchange.selectors.outbox import entries_of
from repair.machine import MACHINE
from repair.models import Application, Bar, Material
from repair.services import deciding, handling

from .answering import AnswerPages
from .bulk import BulkPages
from .deciding import DecisionPages
from .item_cards import cards, in_words, material_rows, rulings_of, visible_items
from .material_page import MaterialPages, missing_in_words
from .registration import RegistrationPages
from .revoking import RevokingPages

# The journal knows the verb, not the kind of case: steps that other kinds call otherwise keep their name there.
_CALLED_OTHERWISE = ("ask_departments", "answer")
name_verbs(
    {f"case.{step.verb}": step.label for step in MACHINE if step.verb not in _CALLED_OTHERWISE}
    | {
        "repair.receive": "登记修复申请",
        "repair.end_shielding": "结束屏蔽",
        "repair.lift_bar": "解除限制",
    }
)

_STEPS = StepVerbs(MACHINE, lambda application: application.case)
_usual = partial(usual_step, _STEPS)


def _material_missing(obj: Any, user: Any) -> str:
    rows = getattr(obj, "loaded_materials", None)
    lacking = [row.line for row in rows or () if row.wanting]
    if not lacking:
        return ""
    if any(line.state == Material.State.UNCHECKED for line in lacking):
        return f"材料还有{len(lacking)}项没有核对或者不齐全，请先“核对材料”。"
    return f"材料不齐全，还缺{len(lacking)}项，请要求补正。"


def _not_acceptable(obj: Any, user: Any) -> str:
    return identity_missing(obj) or _material_missing(obj, user)


_VERBS = (
    *_STEPS.common(),
    _usual("check_identity"),
    _usual(
        "accept", handling.accept, hint=_not_acceptable,
        confirm="材料齐全、身份已核验的才能受理，出具受理通知书。",
    ),
    _usual(
        "ask_correction", handling.ask_correction,
        extra_fields=(text_question("asks", "要求补正的材料", rows=6),),
    ),
    _usual(
        "record_correction",
        confirm="恢复计时，案件回到补正前的阶段。收到的材料请用“补充材料”上传，再核对一次。",
    ),
    _usual(
        "lapse_correction", handling.lapse_correction,
        confirm="视为放弃本次申请，出具终止办理告知书，案件终结；以后可以重新申请。",
    ),
    _usual("refuse", handling.refuse),
    _usual(
        "ask_departments", handling.ask_departments,
        confirm="向作出决定的单位出具协查函，请其逐条确认是否履行完毕、哪天履行完毕，随函移送证据。",
        extra_fields=(
            text_question(
                "asks", "要求(可不填)", required=False,
                help_text="不填的，写“请核实下列记录所载决定的义务是否履行完毕、何时履行完毕”。",
            ),
        ),
    ),
    _usual("urge", confirm="提醒尚未答复的单位或者上级信用办；已逾期的，同时报告审批人。"),
    _usual("end_verification", confirm="收回未答复的协查函，转入拟办。单位没有确认的记录不能准予修复。"),
    _usual("recall_proposal"),
    _usual("send_back"),
    _STEPS.verb(
        "return_decision", deciding.return_decision, order=120,
        confirm="退回本级重新拟办，写明理由。",
    ),
    _usual(
        "close", handling.close,
        confirm="决定书送达后办结，停止计时。还没有登记送达的，须在理由中写明。",
    ),
    _usual("withdraw", handling.withdraw),
    _usual("reopen", handling.reopen),
    _usual("grant_extension", handling.grant_extension),
)  # fmt: skip

_UPPER = "上级审核"


def _told(case: Case, letters: Sequence[Letter]) -> list[tuple[Entry, str]]:
    """What the upper platform was or will be told: by the letters of the decisions, and of shieldings that ended."""
    kinds = (Letter.Kind.DECISION, Letter.Kind.REVOCATION)
    numbers = [letter.number for letter in reversed(letters) if letter.kind in kinds]
    found = [entry for number in (*numbers, case.number) for entry in entries_of(number)] if numbers else []
    return [(entry, _ENTRY_TONES[Entry.State(entry.state)]) for entry in found]


_ENTRY_TONES = {
    Entry.State.WAITING: "wait", Entry.State.SENDING: "wait", Entry.State.DELIVERED: "good",
    Entry.State.FAILED: "bad", Entry.State.BY_HAND: "good",
}  # fmt: skip


@admin.register(Application)
class ApplicationAdmin(
    RegistrationPages, MaterialPages, AnswerPages, DecisionPages, RevokingPages, BulkPages, CasePage
):
    """Applications are handled here, one at a time or several at once; the work list finds them."""

    kind = Kind.REPAIR
    step_verbs = _STEPS
    verbs = _VERBS
    point_word = "修复事项"
    stages = (
        ("收到", (S.RECEIVED,)),
        ("受理", (S.ACCEPTED,)),
        ("确认", (S.VERIFYING,)),
        ("拟办", (S.DRAFTING,)),
        ("审批", (S.APPROVING,)),
        (_UPPER, (S.UPPER_REVIEW,)),
        ("办结", (S.DECIDED, S.CLOSED)),
    )
    path = ("accept", "ask_departments", "answer", "propose", "decide", "confirm", "close")
    when_possible = (
        "check_materials", "check_identity", "record_correction", "lapse_correction", "refuse", "ask_correction", "take", "resume", "urge",
        "end_verification", "grant_extension", "deny_extension", "recall_proposal", "send_back", "return_decision",
        "report_false_material",
    )  # fmt: skip
    pages = {
        "add_evidence": "evidence",
        "add_item": "add_item",
        "check_materials": "materials",
        "answer": "answer",
        "propose": "propose",
        "decide": "decide",
        "confirm": "confirm",
        "report_false_material": "false_material",
    }
    case_template = "repair/application.html"

    def body(self, request: HttpRequest, obj: Any, shared: dict[str, Any]) -> dict[str, Any]:
        user, case = request.user, shared["case"]
        requests, decisions = shared["request_rows"], shared["decision_rows"]
        proposal = waiting(decisions)
        obj.loaded_requests, obj.loaded_proposal = requests, proposal
        obj.loaded_materials = material_rows(obj, user)
        shown = cards(
            visible_items(obj, user), user=user, on=shared["today"], requests=requests,
            evidence=shared["evidences"], decision=proposal,
        )  # fmt: skip
        own = user.departments_as(Role.CLERK, Role.REVIEWER)
        upper = user.departments_as(Role.UPPER_REVIEWER)
        bars = list(policy_for(Bar).scope(user).filter(application=obj).select_related("set_by"))
        whole = shared["office"] or bool(upper) or case.window_id in own
        return {
            "cards": shown,
            "materials": obj.loaded_materials,
            "lacking": [row for row in obj.loaded_materials if row.wanting],
            # Reasons of the whole speak of every body's records: not for a department that was asked about its own.
            "whole": whole,
            "false_material": obj.false_material
            if shared["office"] or upper or not obj.items.filter(pending=True).exists()
            else "",
            "versions": [
                (one, tone, rulings_of(one, obj), in_words(one.get_outcome_display(), obj))
                for one, tone in shared["decisions"]
            ],
            "proposal": proposal,
            "bars": [(bar, reverse(self._name("lift_bar"), args=[obj.pk, bar.pk])) for bar in bars],
            "may_lift": case.owning_body_id in user.departments_as(Role.APPROVER),
            "outbox": _told(case, shared["letters"]) if shared["office"] else [],
        }

    def _stages(self, case: Case, movements: Sequence[Movement]) -> list[Stage]:
        """The office above is a station of the way only where a rule asks for it."""
        found = super()._stages(case, movements)
        passed = {one.stage for one in movements if one.since >= case.clock_from}
        if S.UPPER_REVIEW in passed or case.state == S.UPPER_REVIEW:
            return found
        return [
            Stage(f"{_UPPER}(按需)", "ahead", None) if stage.title == _UPPER else stage for stage in found
        ]

    def buttons(self, request: HttpRequest, obj: Any) -> list[Any]:
        """As everywhere; the dialog of 要求补正 opens with what the check of the material found."""
        found = super().buttons(request, obj)
        rows = [
            row for row in getattr(obj, "loaded_materials", ()) if row.line.state != Material.State.UNCHECKED
        ]
        for button in found:
            if isinstance(button, Button) and button.verb.name == "ask_correction" and rows:
                button.form.initial["asks"] = missing_in_words(rows)
        return found

    def form_page(self, request: HttpRequest, obj: Any, title: str) -> dict[str, Any]:
        return {**super().form_page(request, obj, title), "application": obj}

    def steps(self, request: HttpRequest, obj: Any) -> Steps:
        """While the material is not in order, checking it is what comes next."""
        found = super().steps(request, obj)
        if any(row.wanting for row in getattr(obj, "loaded_materials", ())):
            front = [
                replace(step, tone="primary") if step.name == "check_materials" else step
                for step in found.front
            ]
            front.sort(key=lambda step: step.name != "check_materials")
            return Steps(front, found.more)
        return found

    def points_of(self, obj: Any) -> int:
        return obj.items.count()

    def own_urls(self) -> list[URLPattern]:
        guarded, stem = self.admin_site.admin_view, "repair_application"
        pages = {
            "add_item": self.add_item_view,
            "materials": self.materials_view,
            "answer": self.answer_view,
            "propose": self.propose_view,
            "decide": self.decide_view,
            "confirm": self.confirm_view,
            "false_material": self.false_material_view,
        }
        return [
            *super().own_urls(),
            *(
                path(f"<int:object_id>/{name.replace('_', '-')}/", guarded(view), name=f"{stem}_{name}")
                for name, view in pages.items()
            ),
            path(
                "<int:object_id>/shielding/<int:pk>/end/",
                guarded(self.end_shielding_view),
                name=f"{stem}_end_shielding",
            ),
            path("<int:object_id>/bar/<int:pk>/lift/", guarded(self.lift_bar_view), name=f"{stem}_lift_bar"),
            path("several/<slug:name>/", guarded(self.several_view), name=f"{stem}_several"),
        ]


__all__ = ["ApplicationAdmin"]
