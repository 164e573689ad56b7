"""承诺逾期与违诺: everything of commitments that is late or broken, with the way to drive it on."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from accounts.models import OFFICE_ROLES, Department, Role
from accounts.policy import policy_for
from audit.clock import now, today
from audit.faults import Refused
from backoffice.exports import FORMATS, LIMIT, table_to_save
from backoffice.labels import name_verbs
from commitments.models import Commitment, Performance
from commitments.selectors.overdue import BROKEN, SERIES, Row, counts, filled, keys
from commitments.selectors.pages import departments_with_commitments
from commitments.services.urging import urge, urged_on
from worktime.selectors import calendars_in_force

from .row_actions import row_actions

_SHOWN = 50
_HEADERS = ("情形", "承诺编码", "承诺人", "承诺类型", "事项", "应办或认定日期", "逾期", "受理单位")
name_verbs({"commitment.export_overdue": "导出承诺逾期与违诺"})


class OverduePages:
    """The part of the commitments' admin that shows what is late or broken."""

    def overdue_urls(self, guarded: Any) -> list[URLPattern]:
        stem = "commitments_commitment"
        return [
            path("overdue/", guarded(self.overdue_view), name=f"{stem}_overdue"),
            path("overdue/export/", guarded(self.overdue_export_view), name=f"{stem}_overdue_export"),
            path("<int:object_id>/urge/", guarded(self.urge_view), name=f"{stem}_urge"),
        ]

    def overdue_view(self, request: HttpRequest) -> HttpResponse:
        """For an office its area, for a department its own; scope by the policies of what is listed."""
        _require_reader(request)
        day, series, department = today(), _series(request.GET), _department(request)
        of = department.pk if department is not None else None
        page = Paginator(keys(request.user, day, series=series, department=of), _SHOWN).get_page(
            request.GET.get("p")
        )
        rows = filled(page.object_list, today=day, calendars=calendars_in_force())
        offered = row_actions(request, [row.thing for row in rows if isinstance(row.thing, Performance)])
        may_urge = policy_for(Commitment).may(request.user, "urge")
        urged = urged_on([row.commitment.pk for row in rows], now()) if may_urge else set()
        found = counts(request.user, day, of)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "承诺逾期与违诺",
            "day": day,
            "chips": [
                {
                    "label": title,
                    "count": sum(found.values()) if name == "" else found[name],
                    "url": self._overdue_address(name, department),
                    "on": name == series,
                }
                for name, title in {"": "全部", **SERIES}.items()
            ],
            "series": series,
            "department": department,
            "departments": _departments(request),
            "rows": [self._overdue_row(row, offered, urged) for row in rows],
            "page": page,
            "query": request.GET.urlencode(),
            "address": self._overdue_address(series, department),
            "may_urge": may_urge,
            "export_url": f"{reverse(self._name('overdue_export'))}?{request.GET.urlencode()}",
            "formats": [(name, title) for name, (_, _, title) in FORMATS.items()],
            "list_url": self.list_url(request),
        }
        return TemplateResponse(request, "commitments/overdue.html", context)

    def _overdue_row(self, row: Row, offered: dict[int, Any], urged: set[int]) -> dict[str, Any]:
        model = row.thing._meta.model_name
        return {
            "row": row,
            "tone": "bad" if row.series == BROKEN else "warn",
            "url": reverse(f"admin:commitments_{model}_change", args=[row.thing.pk]),
            "commitment_url": self._page("change", row.commitment.pk),
            "actions": offered.get(row.thing.pk, []) if row.series == BROKEN else [],
            "urged": row.commitment.pk in urged,
            "urge_url": self._page("urge", row.commitment.pk),
        }

    def _overdue_address(self, series: str, department: Department | None) -> str:
        query = {"series": series, "department": department.pk if department is not None else ""}
        told = urlencode({name: value for name, value in query.items() if value})
        return reverse(self._name("overdue")) + (f"?{told}" if told else "")

    def urge_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Told by POST alone; back to the list as it was."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        commitment: Any = self.fetch(request, str(object_id))
        try:
            told = urge(commitment, actor=request.user)
        except Refused as refusal:
            self.tell(request, refusal)
        else:
            self.message_user(request, f"已催办{commitment}，通知了{told}人。")
        # Only the filters come back, never an address.
        back = QueryDict(request.POST.get("query", "")[:500]).urlencode()
        return HttpResponseRedirect(reverse(self._name("overdue")) + (f"?{back}" if back else ""))

    def overdue_export_view(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        _require_reader(request)
        day, series, department = today(), _series(request.GET), _department(request)
        of = department.pk if department is not None else None
        found = list(keys(request.user, day, series=series, department=of)[: LIMIT + 1])
        if len(found) > LIMIT:
            self.message_user(request, f"超过{LIMIT:,}条，请用筛选缩小范围后再导出。")
            return HttpResponseRedirect(self._overdue_address(series, department))
        rows = [_cells(row) for row in filled(found, today=day, calendars=calendars_in_force())]
        name = f"承诺逾期与违诺-{day:%Y%m%d}"
        return table_to_save(request, "commitment.export_overdue", name, _HEADERS, rows)


def _cells(row: Row) -> list[str]:
    one = row.commitment
    return [
        row.series_title, one.code, row.promisor, one.kind_in_words, row.what, row.day.isoformat(), row.late,
        one.department.name,
    ]  # fmt: skip


def _require_reader(request: HttpRequest) -> None:
    if not request.user.holds(Role.CLERK, Role.REVIEWER, *OFFICE_ROLES):
        raise PermissionDenied("您没有查看承诺逾期与违诺的权限。")


def _series(given: QueryDict) -> str:
    asked = given.get("series", "")
    return asked if asked in SERIES else ""


def _departments(request: HttpRequest) -> list[Department]:
    """To choose from: those who took a commitment; for the office alone, a department has its own."""
    area = request.user.area_as(*OFFICE_ROLES)
    if not area:
        return []
    return list(departments_with_commitments().filter(pk__in=area).order_by("level", "code"))


def _department(request: HttpRequest) -> Department | None:
    asked = request.GET.get("department", "")
    if not (asked.isdecimal() and len(asked) < 19):
        return None
    return next((one for one in _departments(request) if one.pk == int(asked)), None)
