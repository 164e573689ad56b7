"""One indicator: its versions, what was frozen of it month by month, what is owed for it; and the proposals of new versions."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.admin.utils import quote
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.policy import NotAllowed, policy_for
from audit.clock import today
from backoffice.dated_pages import DatedPages, standing_of
from supervision.admin.asked import Asked, sees_board
from supervision.admin.indicators.forms import (
    COLUMNS,
    RowForm,
    VersionForm,
    initial_of,
    new_row,
    next_version,
)
from supervision.admin.indicators.looks import LIGHTS, UNIT_WORDS, light_of, ranks_for, trend_of
from supervision.charts import Series, lines
from supervision.models import FrozenMonth, HandKept, Indicator
from supervision.rules.rates import in_unit
from supervision.selectors.figures import figure
from supervision.selectors.frozen import Then, months_until
from supervision.selectors.hand_kept import kept_on, value_words
from supervision.selectors.indicators.registry import Question


class IndicatorPages(DatedPages):
    """The part of the board's admin about a single row."""

    columns = COLUMNS

    def indicator_urls(self, guarded: Any) -> list[URLPattern]:
        return [
            path(
                "<int:object_id>/propose/",
                guarded(self.propose_view),
                name="supervision_indicator_propose",
            )
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        row: Any = self.fetch(request, object_id)  # type: ignore[attr-defined]
        asked = Asked.of(request) if sees_board(request.user) else None
        words, tone = standing_of(row)
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": str(row),
            "original": row,
            "row": row,
            "standing": words,
            "tone": tone,
            "versions": self.told_versions(row),
            "verb_buttons": self.buttons(request, row),  # type: ignore[attr-defined]
            "propose_url": self._propose_url(request, row),
            "history_url": reverse(self._name("history"), args=[quote(row.pk)]),  # type: ignore[attr-defined]
            "back": reverse(self._name("changelist")) + (f"?{asked.address()}" if asked else ""),  # type: ignore[attr-defined]
            "missing": [
                name for name, value in (("牵头单位", row.lead), ("责任单位", row.responsible), ("权重", row.weight))
                if value in ("", None)
            ],
        }  # fmt: skip
        # A figure by a version that nobody has confirmed, or that does not hold on that day, would be nobody's.
        if asked is not None and _holds(row, asked.day):
            context |= (
                self._computed(request, row, asked) if row.computed else self._kept(request, row, asked)
            )
        return TemplateResponse(request, "supervision/indicator.html", context)

    def _propose_url(self, request: HttpRequest, row: Indicator) -> str:
        """From the newest confirmed version alone: what is proposed follows it."""
        if not self.policy.may_create(request.user):  # type: ignore[attr-defined]
            return ""
        newest = self._newest(row)
        return reverse(self._name("propose"), args=[newest.pk]) if newest is not None else ""  # type: ignore[attr-defined]

    @staticmethod
    def _newest(row: Indicator) -> Indicator | None:
        same = Indicator.objects.filter(code=row.code, state=Indicator.State.IN_FORCE)
        return same.order_by("-in_force_from").first()

    def _computed(self, request: HttpRequest, row: Indicator, asked: Asked) -> dict[str, Any]:
        """The figure of the day and the months before; what was not frozen is worked out only when it is asked for."""
        now = figure(row, asked.question)
        tone, light = light_of(now.met, now)
        months = months_until(asked.day)
        frozen = trend_of(request, asked).get(row.code, {})
        anew = request.GET.get("anew") == "1"
        told = [(month, self._of_month(row, asked, month, frozen, anew)) for month in months]
        goal = row.goal
        chart = lines(
            [f"{month:%y-%m}" for month, _ in told],
            [Series(row.name, [value for _, (value, _, _) in told])],
            title=f"{row.name}逐月",
            unit=UNIT_WORDS[row.told],
            goal=goal.value if goal is not None else None,
        )
        return {
            "asked": asked,
            "now": now,
            "light": light,
            "light_tone": tone,
            "months": [(month, words, whence) for month, (_, words, whence) in told],
            "chart": chart if any(value is not None for _, (value, _, _) in told) else None,
            "anew": anew,
            "anew_url": f"?{asked.address(anew=1)}",
            "unfrozen": any(month not in frozen for month in months),
            "rank": ranks_for(request, asked).get(row.code),
            "frozen_url": reverse("admin:supervision_frozenmonth_changelist")
            if policy_for(FrozenMonth).may(request.user, "view")
            else "",
        }

    @staticmethod
    def _of_month(
        row: Indicator, asked: Asked, month: date, frozen: dict[date, Then], anew: bool
    ) -> tuple[Any, str, str]:
        """The value in its unit, in words, and whence it comes."""
        then = frozen.get(month)
        if then is not None:
            value = None if then.value is None else in_unit(then.value, row.unit)
            return value, then.words, "封存"
        if not anew:
            return None, "—", "未封存"
        question = Question.of_month(month, asked.day, asked.question.departments)
        found = figure(row, question)
        value = None if found.value is None else in_unit(found.value, row.unit)
        return value, found.words, "按现在所知计算"

    def _kept(self, request: HttpRequest, row: Indicator, asked: Asked) -> dict[str, Any]:
        entries = kept_on(asked.day, asked.question.departments or (), code=row.code)
        return {
            "asked": asked,
            "entries": [
                (
                    one,
                    value_words(row, one.value),
                    LIGHTS[met] if (met := one.met(row)) is not None else None,
                    reverse("admin:supervision_handkept_change", args=[one.pk]),
                )
                for one in entries
            ],
            "assign_url": f"{reverse('admin:supervision_handkept_add')}?code={row.code}"
            if policy_for(HandKept).may_create(request.user)
            else "",
        }

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A new row that is kept by hand."""
        self._require_drafter(request)
        sent = request.method == "POST"
        form = RowForm(request.POST if sent else None, initial={"in_force_from": today()})
        told = {
            "title": "增加按台账报送的指标",
            "lead": "增加的是没有计算方法的指标，由责任单位按期报送。确认后出现在看板“按台账报送的指标”中。",
            "back": reverse(self._name("changelist")),  # type: ignore[attr-defined]
        }
        return self.proposal_page(
            request, form, template="supervision/indicator_form.html", make=new_row, context=told
        )

    def propose_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """A new version of a row, begun with what holds."""
        row: Any = self.fetch(request, str(object_id))  # type: ignore[attr-defined]
        self._require_drafter(request)
        sent = request.method == "POST"
        form = VersionForm(request.POST if sent else None, initial=initial_of(row, today()))
        told = {
            "title": f"拟订新版本：{row}",
            "lead": "带出的是现行版本，改动后由审批人确认；施行日以前的指标不变。"
            + ("计算由系统按原定义进行，计算方法一栏只是它的文字。" if row.computed else ""),
            "back": reverse(self._name("change"), args=[row.pk]),  # type: ignore[attr-defined]
        }
        return self.proposal_page(
            request,
            form,
            template="supervision/indicator_form.html",
            make=lambda answers: next_version(row, answers),
            context=told,
        )

    def _require_drafter(self, request: HttpRequest) -> None:
        if not self.policy.may_create(request.user):  # type: ignore[attr-defined]
            raise NotAllowed("只有信用办经办人可以拟订指标。")


def _holds(row: Indicator, day: date) -> bool:
    over = row.in_force_to is not None and row.in_force_to < day
    return row.state == Indicator.State.IN_FORCE and row.in_force_from <= day and not over
