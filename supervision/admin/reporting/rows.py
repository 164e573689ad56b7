"""The rows behind the numbers of the reporting board: one page for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import reverse

from accounts.models import OFFICE_ROLES
from accounts.policy import policy_for
from credit_records.models import IntakeBatch, IntakeFinding
from supervision.admin.reporting.asked import Span, day_of, month_of
from supervision.admin.rows import Number, rows_page
from supervision.selectors.reported import Asked as Meant
from supervision.selectors.reported import rows_of_decisions, rows_of_first_reports
from supervision.selectors.reporting import failed_uploads, first_uploads, ledger_on, rows_of_ledger
from supervision.selectors.reporting_board import codes, faults, quiet
from supervision.selectors.reporting_board.ledgers import last_day, reported_beyond


@dataclass(frozen=True)
class Wanted:
    """One number of the board."""

    span: Span
    meant: Meant
    request: HttpRequest

    @property
    def text(self) -> str:
        return self.request.GET.get("of", "")


@dataclass(frozen=True)
class Behind:
    words: str
    page: str
    """The page on which the number stands."""
    rows: Callable[[Wanted], QuerySet[Any]]


def _beyond(wanted: Wanted) -> QuerySet[Any]:
    meant = wanted.meant
    of_one = len(meant.departments or ()) == len(meant.items or ()) == 1
    if not of_one or meant.first.day != 1 or meant.last > last_day(meant.first):
        raise Http404("没有这个数。")
    ledger = ledger_on(meant)
    told = next(iter(ledger.values()), None)
    return reported_beyond(meant, told.due if told else 0)


def _week(wanted: Wanted) -> QuerySet[Any]:
    monday = day_of(wanted.text)
    if monday is None or monday.weekday():
        raise Http404("没有这一周。")
    return faults.uploads_of_week(wanted.meant, monday)


def _codes(*, open_ones: bool) -> Callable[[Wanted], QuerySet[Any]]:
    def rows(wanted: Wanted) -> QuerySet[Any]:
        entries = codes.entries_of(wanted.span.day, wanted.span.bodies, open_ones=open_ones)
        return entries if wanted.request.user.area_as(*OFFICE_ROLES) else codes.subjects_in(entries)

    return rows


BEHIND: dict[str, Behind] = {
    "decisions": Behind("已报送的决定", "board", lambda one: rows_of_decisions(one.meant)),
    "ledger": Behind("产生台账", "board", lambda one: rows_of_ledger(one.meant)),
    "beyond": Behind("台账以外的报送", "reconcile", _beyond),
    "first": Behind("首次报送", "board", lambda one: rows_of_first_reports(one.meant)),
    "late": Behind(
        "超过时限的首次报送", "board", lambda one: rows_of_first_reports(one.meant, in_time=False)
    ),
    "uploads": Behind("首次上传的文件", "board", lambda one: first_uploads(one.meant)),
    "failed": Behind(
        "首次上传有未通过行的文件",
        "board",
        lambda one: failed_uploads(one.meant),
    ),
    "fault": Behind("有这种错误的行", "faults", lambda one: faults.rows_with(one.meant, one.text)),
    "week": Behind("本周首次上传的文件", "faults", _week),
    "sent": Behind(
        "两年内提交的批次", "quiet", lambda one: quiet.batches_sent(one.span.day, one.span.bodies)
    ),
    "codes_open": Behind("待核重错码", "codes", _codes(open_ones=True)),
    "codes_settled": Behind("已核定重错码", "codes", _codes(open_ones=False)),
}
_PAGES = {
    "board": "报送看板",
    "reconcile": "对账",
    "faults": "错误",
    "quiet": "沉默和少报",
    "codes": "重错码",
}


def behind_view(admin: Any, request: HttpRequest) -> HttpResponse:
    """The rows of one number: exactly those that it counts, as far as the reader sees such rows at all."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET"])
    span = Span.of(request)
    name = request.GET.get("what", "")
    behind = BEHIND.get(name)
    month = month_of(request.GET.get("month", ""))
    if behind is None or (month is not None and month > span.day):
        raise Http404("没有这个数。")
    rows = behind.rows(Wanted(span, span.meant(month=month), request))
    told = Number(
        title=behind.words,
        words=behind.words,
        number=0,
        told=_second(span, month, request.GET.get("of", "") if name == "fault" else ""),
        back=f"{reverse(f'admin:supervision_monthlyproduction_{behind.page}')}?{span.address()}",
        back_words=f"回到{_PAGES[behind.page]}",
        counts_rows=False,
    )
    scope = None
    if rows.model is IntakeFinding:
        scope = IntakeFinding.objects.filter(
            batch__in=policy_for(IntakeBatch).scope(request.user).values("pk")
        )
    return rows_page(admin, request, told, rows, scope=scope)


def _second(span: Span, month: date | None, code: str) -> str:
    parts = [f"{month:%Y年%-m月}" if month else f"{span.first:%Y-%m-%d}至{span.day:%Y-%m-%d}"]
    if span.department:
        parts.append(str(span.department))
    if span.item:
        parts.append(span.item.name)
    if code:
        meaning, mending = faults.manual().get(code, (code, ""))
        parts.append(f"{meaning}。改法：{mending}" if mending else meaning)
    return f"{'，'.join(parts)}。截至{span.day:%Y-%m-%d}所知。"
