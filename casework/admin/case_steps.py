"""The steps of a case as buttons: from the machine's table, each with the reason why it cannot be done now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet

from accounts.models import OFFICE_ROLES, User
from audit.clock import today
from backoffice.verbs import Button, Verb
from casework.machine import Machine
from casework.models import Case, Evidence, Extension, Pause
from casework.services import assignment, ending, extensions, pauses

CaseOf = Callable[[Any], Case]
Hint = Callable[[Any, Any], str]
Still = Callable[[Any], bool]
_CHOOSE_OFFICER = {"required": "请选择经办人。", "invalid_choice": "请从列表中选择经办人。"}


@dataclass(frozen=True)
class StepButton:
    """A step on the page of a case: a dialog (`button`) or a page of its own (`url`)."""

    name: str
    label: str
    obstacle: str
    tone: str = "default"
    url: str = ""
    button: Button | None = None


@dataclass(frozen=True)
class Steps:
    """What stands in the row, and what is behind 其他步骤."""

    front: list[StepButton]
    more: list[StepButton]

    @property
    def all(self) -> list[StepButton]:
        return [*self.front, *self.more]

    @property
    def off(self) -> list[StepButton]:
        return [step for step in self.all if step.obstacle]


class StepVerbs:
    """Declares the verbs of one kind of case: label and reason from the table, obstacle from it and from hints.

    `case_of` finds the case of the page's object. A hint says, from what the page has loaded anyway, why the service
    would refuse; it asks the database nothing and may stay silent.
    """

    def __init__(self, machine: Machine, case_of: CaseOf) -> None:
        self.machine = machine
        self.case_of = case_of

    def obstacle(self, name: str, obj: Any, user: Any, hint: Hint | None = None) -> str:
        case = self.case_of(obj)
        return self.machine.obstacle(name, case, user) or (hint(obj, user) if hint is not None else "")

    def verb(
        self,
        name: str,
        function: Callable[..., Any],
        *,
        hint: Hint | None = None,
        still: Still | None = None,
        **options: Any,
    ) -> Verb:
        step = self.machine.steps[name]
        return Verb(
            name=name,
            label=options.pop("label", step.label),
            function=function,
            obstacle=lambda obj, user: self.obstacle(name, obj, user, hint),
            reachable=lambda obj: (
                self.machine.reachable(name, self.case_of(obj)) and (still is None or still(obj))
            ),
            needs_reason=options.pop("needs_reason", step.needs_reason),
            **options,
        )

    def of_case(self, name: str, function: Callable[..., Any], **options: Any) -> Verb:
        """A verb whose service takes the case itself."""

        def run(obj: Any, **answers: Any) -> Any:
            function(self.case_of(obj), **answers)

        return self.verb(name, run, **options)

    def common(self) -> tuple[Verb, ...]:
        """The steps that every kind of case has, 批准延期 excepted: its letter belongs to the kind."""
        return (
            self.of_case("take", assignment.take, takes_reason=False, hint=self._taken, order=800),
            self.of_case(
                "assign", assignment.assign, extra_fields=(("officer", OfficerField()),), order=810,
                confirm="经办人变更写入案件历史。",
            ),
            self.of_case(
                "pause", _pause, order=820,
                confirm="停时期间不计入办理时限；停时起止当日不计。",
                extra_fields=(
                    ("kind", forms.ChoiceField(label="停时事由", choices=_PAUSES)),
                    (
                        "evidence",
                        forms.IntegerField(
                            label="依据材料(证据清单中的序号，可不填)", required=False, min_value=1, max_value=32767
                        ),
                    ),
                ),
            ),
            self.of_case("resume", pauses.resume, hint=self._correcting, order=830),
            self.of_case(
                "ask_extension", extensions.ask_extension, order=840, hint=self._extension_asked,
                confirm="延期须在期限届满前由审批人批准，只能一次。",
                extra_fields=(
                    (
                        "days",
                        forms.IntegerField(
                            label=f"延长几个工作日(1至{extensions.LONGEST})", min_value=1, max_value=extensions.LONGEST,
                            error_messages={"required": "请填写延长几个工作日。", "invalid": "请填写整数。"},
                        ),
                    ),
                ),
            ),
            self.of_case("deny_extension", extensions.deny_extension, hint=self.no_extension, order=860),
            self.of_case(
                "note_lateness", ending.note_lateness, order=865, still=self._late, hint=self._in_time,
                confirm="写明为什么逾期、打算何时办结；督查员在时限看板上看得到，办结时不用再写。",
            ),
            self.of_case(
                "comment", assignment.comment, order=870, done="已记下内部意见：{obj}",
                confirm="内部意见只有办公室看得到，不给单位和当事人看。",
            ),
        )  # fmt: skip

    # --- hints ----------------------------------------------------------------------------------------------

    def _taken(self, obj: Any, user: Any) -> str:
        case = self.case_of(obj)
        if case.assignee_id == user.pk:
            return "本案已由您经办。"
        if case.assignee_id is not None:
            return f"本案由{case.assignee}经办，需要移交的请用“指派经办人”。"
        return ""

    def _late(self, obj: Any) -> bool:
        case = self.case_of(obj)
        return case.due_on is not None and today() > case.due_on

    def _in_time(self, obj: Any, user: Any) -> str:
        return "" if self._late(obj) else "本案没有逾期，不需要注明逾期原因。"

    def _correcting(self, obj: Any, user: Any) -> str:
        if self.case_of(obj).state == Case.State.CORRECTING:
            return "补正期间请用“补正收齐”或“逾期未补正”。"
        return ""

    def _extension_asked(self, obj: Any, user: Any) -> str:
        case = self.case_of(obj)
        if case.due_on is not None and today() > case.due_on:
            return f"期限{case.due_on}已过，不能再延期。"
        return "延期申请正在等待批准。" if _asked(case) is not None else ""

    def no_extension(self, obj: Any, user: Any) -> str:
        asked = _asked(self.case_of(obj), known_only=True)
        if asked is False:
            return "本案没有待批准的延期申请。"
        if asked and asked.asked_by_id == user.pk:
            return "申请人不能批准自己的延期申请。"
        return ""


def _asked(case: Case, *, known_only: bool = False) -> Any:
    """The extension that waits, if the page has loaded the extensions; False: there is none, None: not known."""
    loaded = getattr(case, "_prefetched_objects_cache", {}).get("extensions")
    if loaded is None:
        return None
    waiting = [e for e in loaded if e.round == case.round and e.state == Extension.State.ASKED]
    return waiting[0] if waiting else (False if known_only else None)


_PAUSES = [(kind.value, kind.label) for kind in Pause.Kind if kind != Pause.Kind.CORRECTION]


def _pause(case: Case, *, evidence: int | None = None, **answers: Any) -> Case:
    found: Evidence | None = None
    if evidence is not None:
        # A number that the case does not have is refused by the service, as evidence of another case is.
        found = Evidence.objects.filter(case=case, number=evidence).first() or Evidence()
    return pauses.pause(case, evidence=found, **answers)


class OfficerField(forms.ModelChoiceField):
    """The officers at work today of the office in which whoever chooses works; made up when the form is."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", "经办人")
        options.setdefault("empty_label", "请选择…")
        options.setdefault("error_messages", _CHOOSE_OFFICER)
        super().__init__(User.objects.none(), **options)

    def offer_to(self, user: Any) -> None:
        self.queryset = officers_at_work(user.departments_as(*OFFICE_ROLES))


def officers_at_work(of: Collection[int]) -> QuerySet[User]:
    """Officers at work today in these offices."""
    found = assignment.officers(today(), of=of)
    return User.objects.filter(pk__in=found).order_by("display_name", "pk")


def arranged(buttons: Sequence[StepButton], *, path: Sequence[str], when_possible: Sequence[str]) -> Steps:
    """The way of the case in the row, greyed ones too; other steps there only while they can be done."""
    order: Mapping[str, int] = {name: at for at, name in enumerate((*path, *when_possible))}
    front = [b for b in buttons if b.name in path or (b.name in when_possible and not b.obstacle)]
    front.sort(key=lambda b: (bool(b.obstacle), b.tone == "danger", order[b.name]))
    more = [b for b in buttons if b not in front]
    more.sort(key=lambda b: (bool(b.obstacle), b.tone == "danger"))
    return Steps(front, more)
