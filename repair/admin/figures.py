"""修复时效: how long repairs took, for an office and its supervisors, of its area; each figure opens its rows, rows can be exported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import OFFICE_ROLES, Department
from audit.clock import today
from backoffice.exports import FORMATS, table_to_save
from backoffice.labels import name_verbs
from casework.models import Request
from casework.selectors.pages import page_of
from repair.rules.durations import Measure, measured
from repair.selectors.figure_rows import Listed, rows_of
from repair.selectors.figures import GROUPS, Figures, Period, answered, figures, net_measure

name_verbs({"repair.export_figures": "导出修复时效"})
SHOWN = 300
"""Rows on the page; the export has all of them."""


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "rl-input"}),
        error_messages={"invalid": "请填写 2026-01-31 样式的日期。"},
    )


class PeriodForm(forms.Form):
    """What is asked; a GET, because it changes nothing."""

    first = _day("办结自")
    last = _day("至")
    as_of = _day("截至日")
    department = forms.ChoiceField(
        label="来源单位", required=False, widget=forms.Select(attrs={"class": "rl-input"}),
        error_messages={"invalid_choice": "没有这个单位。"},
    )  # fmt: skip

    def __init__(self, data: Any, user: Any) -> None:
        super().__init__(data)
        self.area = user.area_as(*OFFICE_ROLES)
        bodies = Department.objects.filter(is_office=False, pk__in=self.area)
        self.departments = {str(one.pk): one for one in bodies.order_by("level", "code")}
        self.fields["department"].choices = [
            ("", "全部单位"), *((pk, str(one)) for pk, one in self.departments.items()),
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        day = today()
        as_of = cleaned["as_of"] = cleaned.get("as_of") or day
        if as_of > day:
            self.add_error("as_of", "截至日不能晚于今天。")
        last = cleaned["last"] = cleaned.get("last") or as_of
        cleaned["first"] = cleaned.get("first") or date(last.year, 1, 1)
        if cleaned["first"] > last:
            self.add_error("last", "截止日期早于起始日期，请核对。")
        return cleaned

    @property
    def period(self) -> Period:
        asked = self.cleaned_data
        return Period(
            asked["first"],
            asked["last"],
            asked["as_of"],
            self.departments.get(asked.get("department") or ""),
            self.area,
        )


# --- columns of the rows -------------------------------------------------------------------------------------------


def _or_dash(value: Any) -> Any:
    return "—" if value is None or value == "" else value


Column = tuple[str, Callable[[Any], Any]]
_ROUND: tuple[Column, ...] = (
    ("主体", lambda one: one.case.subject.listed_name),
    ("轮次", lambda one: one.round),
    ("收到", lambda one: one.received),
    ("办结", lambda one: one.closed),
    ("应办结", lambda one: _or_dash(one.due_on)),
    ("工作日", lambda one: one.net),
    ("含停时", lambda one: one.gross),
    ("本级", lambda one: one.city),
    ("上级", lambda one: _or_dash(one.upper)),
    ("时限内", lambda one: "是" if one.within else "否"),
    ("结论", lambda one: _or_dash(one.outcome_label)),
    ("逾期原因", lambda one: _or_dash(one.breach_reason)),
)
_REQUEST: tuple[Column, ...] = (
    ("主体", lambda one: one.case.subject.listed_name),
    ("单位", lambda one: str(one.body)),
    ("发出", lambda one: one.sent),
    ("答复", lambda one: _or_dash(one.answered)),
    ("应答复", lambda one: one.due_on),
    ("工作日", lambda one: one.days),
    ("时限内", lambda one: "是" if one.within else "否"),
)
_OPEN: tuple[Column, ...] = (
    ("主体", lambda one: one.case.subject.listed_name),
    ("轮次", lambda one: one.round),
    ("收到", lambda one: one.received),
    ("应办结", lambda one: one.due_on or "停时"),
    ("已用工作日", lambda one: one.used),
    ("逾期", lambda one: "是" if one.late else "否"),
)
_COLUMNS = {"rounds": _ROUND, "requests": _REQUEST, "open": _OPEN}
_RIGHT = {"轮次", "工作日", "含停时", "本级", "上级", "已用工作日"}


def _headers(listed: Listed) -> list[str]:
    return ["案件编号", *(title for title, _ in _COLUMNS[listed.kind])]


def _values(listed: Listed, one: Any) -> list[Any]:
    return [one.case.number, *(read(one) for _, read in _COLUMNS[listed.kind])]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


# --- the tables -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """A figure, and the address of its rows where it has any."""

    text: Any
    url: str = ""
    tone: str = ""


class _Links:
    def __init__(self, request: HttpRequest) -> None:
        self.asked = {name: request.GET[name] for name in PeriodForm.base_fields if request.GET.get(name)}

    def to(self, show: str) -> str:
        return f"?{urlencode({**self.asked, 'show': show})}#rows"

    def number(self, count: int, show: str, tone: str = "") -> Cell:
        return Cell(count, self.to(show), tone) if count else Cell(0)


def _days(value: float | None) -> str:
    """A mean with one decimal, the longest as the whole days it is."""
    if value is None:
        return "没有数据"
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def _share(one: Measure) -> Cell:
    if one.share is None:
        return Cell("没有数据", tone="idle")
    return Cell(f"{one.share:.1f}%", tone="good" if one.all_within else "bad")


def _line(one: Measure, links: _Links, names: tuple[str, str, str, str], tone: str = "bad") -> list[Cell]:
    """The six cells of a measure; `names` are those of its rows: all, within, over, longest."""
    every, within, over, longest = (links.to(name) for name in names)
    return [
        links.number(one.count, names[0]),
        Cell(one.within, within if one.within else ""),
        Cell(one.over, over if one.over else "", tone if one.over else ""),
        _share(one),
        Cell(_days(one.mean), every if one.count else ""),
        Cell(_days(one.longest), longest if one.count else ""),
    ]


def _levels(found: Figures, links: _Links) -> list[tuple[str, list[Cell]]]:
    gross = found.gross
    return [
        ("全程(不含停时)", _line(found.whole, links, ("closed", "within", "over", "longest"))),
        (
            "全程(含停时)",
            [
                links.number(gross.count, "closed"), Cell(""), Cell(""), Cell(""),
                Cell(_days(gross.mean), links.to("closed") if gross.count else ""),
                Cell(_days(gross.longest), links.to("longest_gross") if gross.count else ""),
            ],
        ),
        ("本级审核", _line(found.city, links, ("city", "city_within", "city_over", "city_longest"), "warn")),
        ("上级审核", _line(found.upper, links, ("upper", "upper_within", "upper_over", "upper_longest"))),
    ]  # fmt: skip


def _months(found: Figures, links: _Links) -> list[tuple[str, list[Cell]]]:
    lines = []
    for month, rounds in found.months.items():
        key = f"month-{month}"
        names = (key, f"{key}-within", f"{key}-over", f"{key}-longest")
        lines.append((month, _line(net_measure(rounds), links, names)))
    return lines


def _bodies(found: Figures, links: _Links) -> list[tuple[str, list[Cell]]]:
    lines = []
    for body, requests in found.bodies.items():
        one = measured((each.days, each.within) for each in answered(requests))
        key = f"body-{body.pk}"
        names = (f"{key}-answered", f"{key}-within", f"{key}-over", f"{key}-longest")
        waiting = sum(each.state == Request.State.OPEN for each in requests)
        unanswered = len(requests) - one.count - waiting
        cells = [
            *_line(one, links, names),
            links.number(unanswered, f"{key}-unanswered"),
            links.number(waiting, f"{key}-waiting", "warn"),
        ]
        lines.append((str(body), cells))
    return lines


def _groups(found: Figures, links: _Links) -> list[tuple[str, list[Cell]]]:
    """What stays outside of the share: how many rounds, how many of them within the limit, how many over it."""
    lines = []
    for name, title in GROUPS.items():
        if name != "repair":
            one = net_measure(found.of(name))
            cells = [
                links.number(one.count, name),
                links.number(one.within, f"{name}-within"),
                links.number(one.over, f"{name}-over", "bad"),
            ]
            lines.append((title, cells))
    return lines


def _sentence(found: Figures) -> str:
    whole = found.whole
    if not whole.count:
        return "这段时间没有办结的修复。"
    met = "全部在时限内" if whole.all_within else f"时限内{whole.within}件，占{whole.share:.1f}%"
    return f"办结修复{whole.count}件，{met}；平均{_days(whole.mean)}个工作日，最长{whole.longest}个工作日。"


# --- the page -------------------------------------------------------------------------------------------------------


def _require_office(request: HttpRequest) -> None:
    if not request.user.area_as(*OFFICE_ROLES):
        raise PermissionDenied("修复时效由领导小组办公室和督查员查看。")


def figures_view(admin: Any, request: HttpRequest) -> HttpResponse:
    """The tables, and below them the rows of the figure that was clicked."""
    _require_office(request)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET"])
    form = PeriodForm(request.GET, request.user)
    context = {
        **admin.admin_site.each_context(request),
        "title": "修复时效",
        "form": form,
    }
    if not form.is_valid():
        return TemplateResponse(request, "repair/figures.html", context, status=422)
    found, links = figures(form.period), _Links(request)
    show = request.GET.get("show", "")
    listed = rows_of(found, show)
    context |= {
        "period": found.period,
        "sentence": _sentence(found),
        "levels": _levels(found, links),
        "months": _months(found, links),
        "bodies": _bodies(found, links),
        "groups": _groups(found, links),
        "others": [
            ("有停时", links.number(sum(one.gross > one.net for one in found.decided), "paused")),
            ("经延期", links.number(sum(one.extended for one in found.decided), "extended")),
            ("在办", links.number(len(found.open), "open")),
            ("在办已逾期", links.number(sum(one.late for one in found.open), "open_late", "bad")),
        ],
        "listed": listed,
        "headers": [(title, title in _RIGHT) for title in _headers(listed)] if listed else [],
        "rows": [
            (page_of(one.case), [(_plain(value), title in _RIGHT, isinstance(value, date)) for title, value in zip(_headers(listed), _values(listed, one), strict=True)])
            for one in listed.rows[:SHOWN]
        ]
        if listed
        else [],
        "left_out": max(len(listed.rows) - SHOWN, 0) if listed else 0,
        "export_url": f"{reverse('admin:repair_figures_export')}?{request.GET.urlencode()}",
        "export_formats": [(name, title) for name, (_, _, title) in FORMATS.items()],
    }  # fmt: skip
    return TemplateResponse(request, "repair/figures.html", context)


def export_view(admin: Any, request: HttpRequest) -> HttpResponse:
    """The rows of the figure that was clicked, or the tables themselves; posted, journaled."""
    _require_office(request)
    back = f"{reverse('admin:repair_figures')}?{request.GET.urlencode()}"
    if request.method not in ("POST", "GET", "HEAD"):
        return HttpResponseNotAllowed(["POST"])
    form = PeriodForm(request.GET, request.user)
    if request.method != "POST" or not form.is_valid():
        return admin.nothing_done(request, back) if request.method != "POST" else HttpResponseRedirect(back)
    found = figures(form.period)
    listed = rows_of(found, request.GET.get("show", ""))
    if listed is not None:
        headers: list[str] = _headers(listed)
        rows = [[_plain(value) for value in _values(listed, one)] for one in listed.rows]
    else:
        headers = [
            "表",
            "项目",
            "件数",
            "时限内",
            "超过时限",
            "占比",
            "平均工作日",
            "最长工作日",
            "未答复收回",
            "待答复",
        ]
        links = _Links(request)
        tables = (("层级", _levels), ("月份", _months), ("来源单位确认", _bodies), ("另计", _groups))
        rows = [
            [name, title, *(cell.text for cell in cells)]
            for name, table in tables
            for title, cells in table(found, links)
        ]
    return table_to_save(request, "repair.export_figures", f"修复时效-{today():%Y%m%d}", headers, rows)
