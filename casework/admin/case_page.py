"""The page of one case: what every kind shares. A kind adds its own body and its own steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin.utils import quote
from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.policy import policy_for
from audit.clock import local_day, now, today
from audit.faults import Refused
from backoffice.base import BaseAdmin
from backoffice.granted import grants_on, let_in_words
from backoffice.labels import name_data, name_verbs
from backoffice.permissions import forget, may_on
from backoffice.verbs import Button, Verb, ordered
from casework.machine import COMMON
from casework.models import Case, Comment, Decision, Extension, Letter, Movement, Pause, Request
from casework.policies import acts_as_office, reads_as_office
from casework.selectors.clock import Clock, clock_of, light_of
from casework.selectors.evidence import evidence_of
from casework.selectors.lists import neighbours
from casework.selectors.numbers import PHONE
from casework.selectors.pages import page_of
from casework.services import evidence as evidence_service

from .case_days import case_days
from .case_requests import request_view, to_answer
from .case_steps import StepButton, Steps, StepVerbs, arranged
from .case_timeline import stays, timeline
from .common_steps import own_proposal
from .evidence_form import EvidenceForm

S = Case.State
TONES = {
    S.RECEIVED: "wait", S.CORRECTING: "warn", S.ACCEPTED: "wait", S.VERIFYING: "wait", S.HEARING: "warn",
    S.DRAFTING: "wait",
    S.APPROVING: "wait", S.UPPER_REVIEW: "wait", S.DECIDED: "good", S.CLOSED: "good", S.REFUSED: "idle", S.WITHDRAWN: "idle",
}  # fmt: skip
DECISION_TONES = {
    "proposed": "wait",
    "endorsed": "wait",
    "superseded": "idle",
    "sent_back": "warn",
    "approved": "good",
}

_IN_THE_LIST = {"opts": Case._meta}
"""For the line at the head of the page: a case stands in the work list, whatever its kind."""

name_verbs({f"case.{step.verb}": step.label for step in COMMON})
name_data(
    {"officer": "经办人", "kind": "类型", "days": "工作日", "how": "核验方式"},
    values={"kind": dict(Pause.Kind.choices), "how": dict(Case.IdentityCheck.choices)},
)


@dataclass(frozen=True)
class Stage:
    """One station of the way, as the line below the head shows it."""

    title: str
    state: str
    """done, here, ahead."""
    since: date | None


class CasePage(BaseAdmin):
    """A kind of case derives from this: `model` has the case (`case_of`), `steps` its verbs, `body_template` its body."""

    kind: str
    step_verbs: StepVerbs
    stages: Sequence[tuple[str, Sequence[str]]] = ()
    """Title and the states that belong to it."""
    path: Sequence[str] = ()
    """Steps that always stand in the row while they can still come."""
    when_possible: Sequence[str] = ()
    """Steps that stand in the row while they can be done."""
    pages: Mapping[str, str] = {}
    """Steps with a page of their own: verb → last part of the address's name."""
    case_template = "casework/case.html"
    changeable = False
    addable = True
    history_verb = "history"
    """As the case's own: the reasons of proposals and of approvals stand in it."""

    # --- what a kind says ------------------------------------------------------------------------------------

    def case_of(self, obj: Any) -> Case:
        return obj.case

    def body(self, request: HttpRequest, obj: Any, shared: dict[str, Any]) -> dict[str, Any]:
        """Further values for the kind's own part of the page; `shared` is what every case has."""
        return {}

    def hint(self, name: str, obj: Any, user: Any) -> str:
        """Why a step with a page of its own would be refused, beside the table."""
        return own_proposal(obj, user) if name == "decide" else ""

    def in_row(self, obj: Any) -> Sequence[str]:
        """Which steps beside the path this case wants in the row: an identity is checked there once."""
        checked = self.case_of(obj).identity_check != Case.IdentityCheck.NONE
        return [name for name in self.when_possible if name != "check_identity" or not checked]

    point_word = "异议点"
    """What the numbered points of this kind of case are called."""

    def points_of(self, obj: Any) -> int:
        """How many numbered points evidence can belong to."""
        return 0

    # --- the page ---------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The case to read: its steps are verbs and pages of their own, nothing is written here."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        obj = self.fetch(request, object_id)
        context = self._page_context(request, obj)
        return TemplateResponse(request, self.case_template, {**context, **(extra_context or {})})

    def _page_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        case, user, day = self.case_of(obj), request.user, today()
        office = reads_as_office(user, case)
        clock = self._load_clock(case, day)
        requests = list(
            policy_for(Request)
            .scope(user)
            .filter(case=case)
            .select_related("department", "sent_by", "answered_by", "limit")
        )
        evidence = evidence_of(case, user=user)
        letters = list(
            policy_for(Letter)
            .scope(user)
            .filter(case=case)
            .select_related("addressee_department", "delivery_recorded_by")
            .defer("content")
            .order_by("-id")
        )
        movements: list[Movement] = list(case.movements.select_related("body")) if office else []
        decisions = list(
            policy_for(Decision)
            .scope(user)
            .filter(case=case)
            .select_related("proposed_by", "decided_by")
            .order_by("-id")
        )
        views = [request_view(one, clock, day) for one in requests]
        kept = self._kept(request)
        before, after = neighbours(user, case, request.GET.get("_changelist_filters", ""))
        shared = {
            **self.admin_site.each_context(request),
            **_IN_THE_LIST,
            "title": case.number,
            "original": case,
            "obj": obj,
            "case": case,
            "office": office,
            "today": day,
            "subject_name": case.subject.listed_name,
            "tone": TONES[S(case.state)],
            "accept_word": self.step_verbs.machine.steps["accept"].label,
            "point_letter": self.point_word[-1],
            "light": light_of(case, today=day, calendar=clock.calendar),
            "clock": clock,
            "days": case_days(case, clock, today=day),
            "pauses": list(case.pauses.all()),
            "extensions": list(case.extensions.all()),
            "stages": self._stages(case, movements),
            "requests": views,
            "to_answer": to_answer(views, user),
            "evidences": evidence,
            "letters": letters,
            "decisions": [(one, DECISION_TONES[one.state]) for one in decisions],
            "comments": list(Comment.objects.filter(case=case).select_related("by").order_by("-id"))
            if office
            else [],
            "stays": stays(movements, now=now()),
            "timeline": timeline(
                case,
                office=office,
                letters=letters,
                evidence=evidence,
                requests=requests,
                movements=movements,
            ),
            "previous": _way_to(before, kept),
            "next": _way_to(after, kept),
            "history_url": reverse("admin:casework_case_history", args=[case.pk]),
            "list_url": self.list_url(request),
            "let_in": let_in_words(request, case),
        }
        shared |= self.body(request, obj, {**shared, "request_rows": requests, "decision_rows": decisions})
        steps = self.steps(request, obj)
        phone = bool(case.phone_sealed) and may_on(request, "reveal", case)
        phone_url = reverse("admin:casework_case_reveal", args=[case.pk, PHONE]) if phone else ""
        return {**shared, "steps": steps, "phone_url": phone_url, "grants": grants_on(request, case)}

    def _load_clock(self, case: Case, day: date) -> Clock:
        """Pauses and extensions once for the whole page."""
        prefetch = (
            Prefetch("pauses", Pause.objects.select_related("begun_by", "evidence")),
            Prefetch("extensions", Extension.objects.select_related("asked_by", "decided_by")),
        )
        prefetch_related_objects([case], *prefetch)
        return clock_of(case, today=day)

    def _stages(self, case: Case, movements: Sequence[Movement]) -> list[Stage]:
        where = case.resume_state or S.RECEIVED if case.state == S.CORRECTING else case.state
        here = next((at for at, (_, states) in enumerate(self.stages) if where in states), None)
        since: dict[str, date] = {}
        for one in movements:
            if one.since >= case.clock_from:
                since.setdefault(one.stage, local_day(one.since))
        found = []
        for at, (title, states) in enumerate(self.stages):
            reached = min((since[state] for state in states if state in since), default=None)
            if at == 0:
                reached = local_day(case.clock_from)
            if title == "受理" and case.accepted_on is not None:
                reached = case.accepted_on
            if case.closed_on is not None:
                done = "done" if reached is not None or case.state == S.CLOSED else "ahead"
                found.append(
                    Stage(
                        title,
                        done,
                        case.closed_on if S.CLOSED in states and case.state == S.CLOSED else reached,
                    )
                )
            elif here is not None:
                state = "here" if at == here else "done" if at < here else "ahead"
                found.append(Stage(title, state, reached if state != "ahead" else None))
        return found

    # --- steps ------------------------------------------------------------------------------------------------

    def steps(self, request: HttpRequest, obj: Any) -> Steps:
        """All steps that the user's roles give for this case; what can never come is not shown."""
        case, machine = self.case_of(obj), self.step_verbs.machine
        dialogs = {button.verb.name: button for button in self.buttons(request, obj)}
        found = [
            StepButton(name, b.verb.label, b.obstacle, b.verb.tone, button=b) for name, b in dialogs.items()
        ]
        for name in self.pages:
            if machine.reachable(name, case) and self._may(request, name, case):
                why = self.step_verbs.obstacle(
                    name, obj, request.user, lambda o, u, n=name: self.hint(n, o, u)
                )
                url = self._keeping_place(request, self.page_url(name, obj))
                tone = "primary" if name in self.path else "default"
                found.append(StepButton(name, machine.steps[name].label, why, tone, url=url))
        return arranged(found, path=self.path, when_possible=self.in_row(obj))

    def buttons(self, request: HttpRequest, obj: Any) -> list[Any]:
        """As everywhere, but the case is asked, once, and not through the object that carries it."""
        case = self.case_of(obj)
        return [
            Button(
                verb,
                self._verb_url(request, verb, obj),
                verb.obstacle(obj, request.user),
                verb.form(user=request.user),
            )
            for verb in ordered(self.get_verbs(request, obj))
            if verb.reachable(obj) and self._may(request, verb.policy_verb, case)
        ]

    def _may(self, request: HttpRequest, verb: str, case: Case) -> bool:
        """Whose the step is, is all that the rule asks: of the steps with the same owners one is asked for all."""
        steps = self.step_verbs.machine.steps
        first = {step.who: step.verb for step in reversed(steps.values())}
        return may_on(
            request, first[steps[verb].who], case, also={"view", "grant", "reveal", *first.values()}
        )

    def page_url(self, name: str, obj: Any) -> str:
        return reverse(self._name(self.pages[name]), args=[quote(obj.pk)])

    def case_url(self, request: HttpRequest, obj: Any) -> str:
        return self._keeping_place(request, reverse(self._name("change"), args=[quote(obj.pk)]))

    def for_step(self, request: HttpRequest, object_id: Any, name: str) -> tuple[Any, str]:
        """The object for the page of a step, and what stands in the way now; 404 and 403 as everywhere."""
        obj = self.fetch(request, str(object_id))
        policy_for(Case).require(request.user, name, self.case_of(obj))
        return obj, self.step_verbs.obstacle(name, obj, request.user)

    def turned_back(self, request: HttpRequest, obj: Any, why: str) -> HttpResponse:
        """The step cannot be done now: the case says so."""
        self.message_user(request, f"{self.case_of(obj)}：{why}", messages.WARNING)
        return HttpResponseRedirect(self.case_url(request, obj))

    def finished(self, request: HttpRequest, obj: Any, said: str) -> HttpResponse:
        forget(request)
        self.message_user(request, said, messages.SUCCESS)
        if self.policy.allows(request.user, "view", obj):
            return HttpResponseRedirect(self.case_url(request, obj))
        return HttpResponseRedirect(self.list_url(request))

    def get_verbs(self, request: HttpRequest, obj: Any = None) -> Sequence[Verb]:
        return self.verbs

    # --- evidence ----------------------------------------------------------------------------------------------

    def evidence_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Hand in a file: it is judged by its content, and either kept whole or refused with the reason."""
        obj, why = self.for_step(request, object_id, "add_evidence")
        if why:
            return self.turned_back(request, obj, why)
        case, user = self.case_of(obj), request.user
        window = case.window_id in user.departments_as("clerk", "reviewer")
        points = {"points": self.points_of(obj), "point_word": self.point_word}
        options = {"window": window, "office": acts_as_office(user, case), **points}
        form = (
            EvidenceForm(request.POST, request.FILES, **options)
            if request.method == "POST"
            else EvidenceForm(**options)
        )
        if request.method == "POST" and form.is_valid():
            answers = dict(form.cleaned_data)
            try:
                added = evidence_service.add(case, answers.pop("file"), actor=user, **answers)
            except Refused as refusal:
                form.add_error("file", refusal.message)
            else:
                return self.finished(request, obj, f"已收到{added}。")
        context = {**self.form_page(request, obj, "补充材料"), "form": form}
        return TemplateResponse(
            request, "casework/case_evidence.html", context, status=422 if form.errors else 200
        )

    def form_page(self, request: HttpRequest, obj: Any, title: str) -> dict[str, Any]:
        """What every page of a step has beside its form."""
        case = self.case_of(obj)
        return {
            **self.admin_site.each_context(request),
            **_IN_THE_LIST,
            "title": f"{case.number} {title}",
            "step_title": title,
            "original": case,
            "case": case,
            "back": self.case_url(request, obj),
        }

    # --- lists and addresses ------------------------------------------------------------------------------------

    def own_urls(self) -> list[URLPattern]:
        stem = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view(self.evidence_view)
        return [path("<int:object_id>/evidence/", view, name=f"{stem}_evidence")]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The work list serves all kinds; here only the way to it."""
        return HttpResponseRedirect(self.list_url(request))

    def list_url(self, request: HttpRequest) -> str:
        """The work list as the user left it, else with the open cases of this kind."""
        kept = request.GET.get("_changelist_filters") or urlencode({"kind": self.kind})
        return f"{reverse('admin:casework_case_changelist')}?{kept}"

    def _kept(self, request: HttpRequest) -> str:
        """What the addresses of the neighbours carry on, so that the list keeps its place."""
        filters = request.GET.get("_changelist_filters")
        return "?" + urlencode({"_changelist_filters": filters}) if filters else ""

    def related(self, found: QuerySet) -> QuerySet:
        """The rows with the people and bodies that the head of the page names."""
        names = ("subject", "assignee", "window", "owning_body", "entered_by", "limit", "acceptance_limit")
        return found.select_related("case", *(f"case__{name}" for name in names))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return self.related(super().get_queryset(request))


def _way_to(case: Case | None, kept: str) -> tuple[str, str] | None:
    """Number and address of the case before or after; the list keeps its place."""
    url = page_of(case) if case is not None else ""
    return (case.number, url + kept) if case is not None and url else None


__all__ = ["CasePage"]
