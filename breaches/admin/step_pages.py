"""Pages of the steps that ask for more than a reason: what was typed stays when the step is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.models import OFFICE_ROLES, Membership, User
from accounts.policy import NotVisible, policy_for
from audit.clock import CHINA, today
from audit.faults import Refused
from backoffice.fields import day_field, long_text
from breaches.models import Breach, DecidedMeasure, PriorNotice
from breaches.selectors.letters import HEARD
from breaches.services import handling, hearing, lifting
from casework.admin.common_steps import request_to_answer
from casework.admin.step_fields import MarkedForm
from casework.models import Case, Decision, Letter
from casework.policies import acts_as_office
from commitments.models import Performance

from .hints import why_not
from .matter_views import notice_views, notices_of
from .report_form import MatterForm, report_rows
from .reporting import standing_reports


class StatementForm(MarkedForm):
    """What the subject said to the notice, or that it says nothing."""

    STATED, WAIVED, HEARING = "stated", "waived", "hearing"

    what = forms.ChoiceField(
        label="当事人意见",
        choices=[
            (STATED, "提出陈述申辩"),
            (WAIVED, "书面放弃陈述申辩"),
            (HEARING, "只要求听证，意见在听证中提出"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择当事人的意见。"},
    )
    statement = long_text(
        "陈述申辩的内容", required=False, rows=6, help_text="照当事人的原意写；原件用“补充材料”上传。"
    )
    stated_by = forms.CharField(
        label="提出人", max_length=200, required=False, help_text="法定代表人、负责人、本人或者代理人。"
    )
    stated_on = day_field("提出日期")
    hearing_asked = forms.BooleanField(label="同时要求听证", required=False)

    def __init__(self, notice: PriorNotice | None, officer: bool, *args: Any, **kwargs: Any) -> None:
        """`officer`: only an officer enters that the subject has given its statement up."""
        kwargs.setdefault("initial", {"what": self.STATED, "stated_on": today()})
        super().__init__(*args, **kwargs)
        self.said = notice.statement if notice is not None else ""
        self.fields["stated_on"].widget.attrs["max"] = today().isoformat()
        if notice is None or notice.degree not in HEARD:
            # Only of the graver degrees a hearing may be asked for.
            self.fields["what"].choices = self.fields["what"].choices[:2]
            del self.fields["hearing_asked"]
        if not officer:
            self.fields["what"].choices = [
                one for one in self.fields["what"].choices if one[0] != self.WAIVED
            ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        what = given.get("what")
        if what == self.STATED and not given.get("statement"):
            self.add_error("statement", "请写明陈述申辩的内容。")
        text = given.get("statement", "").replace("\r\n", "\n")
        if text and (self.said == text or self.said.endswith(f"）{text}")):
            self.add_error("statement", "这段内容已经登记，不用重复登记；有补充的，只写补充的内容。")
        if what and not given.get("stated_by"):
            self.add_error("stated_by", "请写明由谁提出。")
        if what == self.WAIVED and given.get("hearing_asked"):
            self.add_error("hearing_asked", "放弃陈述申辩的，不能同时要求听证。")
        return given

    def answers(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        what = given.pop("what")
        return {
            **given,
            "waived": what == self.WAIVED,
            "hearing_asked": what == self.HEARING or given.get("hearing_asked", False),
        }


class HearingForm(MarkedForm):
    """When, where and under whom the subject is heard."""

    day = day_field("听证日期")
    at_time = forms.TimeField(
        label="听证时间",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        initial=time(9, 0),
        error_messages={"required": "请填写听证时间。", "invalid": "时间应写成09:30这样。"},
    )
    place = forms.CharField(label="听证地点", max_length=200, error_messages={"required": "请填写听证地点。"})
    chair = forms.ModelChoiceField(
        User.objects.none(),
        label="听证主持人",
        empty_label="请选择…",
        help_text="不能是本案的登记人、告知人、经办人或者拟办人。",
        error_messages={"required": "请选择听证主持人。", "invalid_choice": "请从列表中选择听证主持人。"},
    )

    def __init__(self, case: Case, first: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"day": first}, **kwargs)
        self.fields["chair"].queryset = chairs_for(case)
        self.fields["day"].widget.attrs["min"] = first.isoformat()

    def answers(self) -> dict[str, Any]:
        given = self.cleaned_data
        moment = datetime.combine(given["day"], given["at_time"], CHINA)
        return {"at": moment, "place": given["place"], "chair": given["chair"]}


def chairs_for(case: Case) -> Any:
    """Whoever works in the office, but for those who have a hand in the case (`hearing.arrange_hearing`)."""
    held = Membership.objects.in_force(today()).filter(role__in=OFFICE_ROLES, department=case.owning_body_id)
    people = User.objects.filter(is_active=True, pk__in=held.values("user"))
    proposed = Decision.objects.filter(case=case, round=case.round).values("proposed_by")
    told = Letter.objects.filter(case=case, kind=Letter.Kind.NOTICE).values("issued_by")
    concerned = Q(pk=case.assignee_id) | Q(pk=case.entered_by_id) | Q(pk__in=proposed) | Q(pk__in=told)
    return people.exclude(concerned).order_by("display_name", "pk")


class MinutesForm(MarkedForm):
    minutes = long_text(
        "听证笔录", most=8000, rows=12, help_text="到场人员、各方意见；当事人没有到场的，如实写明。"
    )

    def answers(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class AnswerForm(MarkedForm):
    text = long_text("核实情况和依据", rows=6, help_text="写入案件；证据请用“补充材料”上传。")


class ReasonForm(MarkedForm):
    reason = long_text("理由", most=1000)


class RestateForm(MatterForm):
    """The matter put right, with what stands there now, and why."""

    reason = long_text("补正理由", most=1000, rows=2, help_text="记入修改历史，补正前的内容保留。")

    def __init__(self, breach: Breach, reports: Sequence[Performance], *args: Any, **kwargs: Any) -> None:
        initial = {
            "kind": breach.kind,
            "performance": str(breach.performance_id or ""),
            "facts": breach.facts,
            "harm": breach.harm,
            "remedied_on": breach.remedied_on,
        }
        super().__init__(reports, *args, initial=initial, kept=breach.performance_id, **kwargs)


Run = Callable[[Any], Any]


class StepPages:
    """The part of the breach's admin with these pages."""

    def statement_view(self: Any, request: HttpRequest, object_id: int) -> HttpResponse:
        obj, why = self._heard(request, object_id, "record_statement")
        last = obj.loaded_notices[:1]
        return self._asked(
            request, obj, why, "登记陈述申辩",
            lambda *data: StatementForm(last[0] if last else None, acts_as_office(request.user, obj.case), *data),
            lambda form: hearing.record_statement(obj, actor=request.user, **form.answers()),
            f"已登记当事人意见：{obj.case}。",
            {"notice_views": notice_views(last, on=today())},
        )  # fmt: skip

    def hearing_view(self: Any, request: HttpRequest, object_id: int) -> HttpResponse:
        obj, why = self._heard(request, object_id, "arrange_hearing")
        first = hearing.first_hearing_day(obj.case, on=today())
        return self._asked(
            request, obj, why, "安排听证", lambda *data: HearingForm(obj.case, first, *data),
            lambda form: hearing.arrange_hearing(obj, actor=request.user, **form.answers()),
            f"已安排听证并出具听证通知书：{obj.case}。请登记送达。",
            {"intro": f"出具听证通知书，须提前通知当事人：今天安排并送达的，最早可以在{first}举行；送达晚于今天的，相应顺延。"},
        )  # fmt: skip

    def minutes_view(self: Any, request: HttpRequest, object_id: int) -> HttpResponse:
        obj, why = self._heard(request, object_id, "record_hearing")
        return self._asked(
            request, obj, why, "登记听证", MinutesForm,
            lambda form: hearing.record_hearing(obj, actor=request.user, **form.answers()),
            f"已登记听证笔录：{obj.case}。",
        )  # fmt: skip

    def answer_view(self: Any, request: HttpRequest, object_id: int) -> HttpResponse:
        """答复核实: the department that was asked says what it found."""
        obj, why = self.for_step(request, object_id, "answer")
        asked = request_to_answer(request, obj.case)
        if asked is None:
            why = why or "本单位的协查函已经答复。"
        return self._asked(
            request, obj, why, "答复核实", AnswerForm,
            lambda form: handling.answer(obj, actor=request.user, request=asked, **form.cleaned_data),
            f"已答复核实：{obj.case}。",
            {"asked": asked, "late": asked is not None and asked.due_on < today()},
        )  # fmt: skip

    def restate_view(self: Any, request: HttpRequest, object_id: int) -> HttpResponse:
        obj, why = self.for_step(request, object_id, "restate")
        reports = standing_reports(request.user, obj.commitment)
        return self._asked(
            request, obj, why, "补正违诺事实", lambda *data: RestateForm(obj, reports, *data),
            lambda form: handling.restate(
                obj, actor=request.user, reason=form.cleaned_data["reason"], **form.matter()
            ),
            f"已补正违诺事实：{obj.case}。",
            template="breaches/restate.html",
            rows=lambda form: report_rows(form, reports),
        )  # fmt: skip

    def lift_view(self: Any, request: HttpRequest, object_id: int, pk: int) -> HttpResponse:
        """解除措施: one measure of the decision ends before its day."""
        obj, why = self.for_step(request, object_id, "lift_measure")
        rows = policy_for(DecidedMeasure).scope(request.user).filter(breach=obj, pk=pk)
        decided = rows.select_related("measure").first()
        if decided is None:
            raise NotVisible("没有找到这条数据。")
        if decided.lifted_on is not None:
            why = why or f"该措施已于{decided.lifted_on}解除。"
        return self._asked(
            request, obj, why, "解除措施", ReasonForm,
            lambda form: lifting.lift_measure(decided, actor=request.user, **form.cleaned_data),
            f"已解除措施：{decided}。",
            {"intro": f"{decided.measure.title}，自{_span(decided.since, decided.until)}。解除后当日起不再执行，记录不变。"},
        )  # fmt: skip

    def _heard(self: Any, request: HttpRequest, object_id: int, name: str) -> tuple[Any, str]:
        """As `for_step`, with what the last notice says against it."""
        obj, why = self.for_step(request, object_id, name)
        obj.loaded_notices = notices_of(obj, request.user)
        return obj, why or why_not(name, obj)

    def _asked(
        self: Any,
        request: HttpRequest,
        obj: Breach,
        why: str,
        title: str,
        make: Callable[..., forms.Form],
        run: Run,
        done: str,
        more: dict[str, Any] | None = None,
        *,
        template: str = "breaches/step.html",
        rows: Callable[[Any], Any] | None = None,
    ) -> HttpResponse:
        """Ask, do, and either go back to the case or say what was wrong, with everything typed still there."""
        if why:
            return self.turned_back(request, obj, why)
        sent = request.method == "POST"
        form: Any = make(request.POST) if sent else make()
        refused = ""
        if sent and form.is_valid():
            try:
                run(form)
            except Refused as refusal:
                refused = refusal.message
            else:
                return self.finished(request, obj, done)
        context = {
            **self.form_page(request, obj, title),
            "form": form,
            "rows": rows(form) if rows is not None else (),
            "refused": refused,
            "wrong": sent,
            **(more or {}),
        }
        return TemplateResponse(request, template, context, status=422 if sent else 200)


def _span(since: date, until: date | None) -> str:
    return f"{since}至{until}" if until else f"{since}起"
