"""承诺践诺指标: both ratios as of any day, and the rows behind every number."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.areas import bodies_in_sight
from accounts.models import OFFICE_ROLES, Department, Role
from accounts.policy import policy_for
from audit.clock import today
from backoffice.exports import FORMATS, LIMIT, table_to_save
from backoffice.filters import day_asked
from backoffice.labels import name_verbs
from commitments.models import Commitment, OwedMaterial, Performance, Verification
from commitments.selectors.figures import (
    Figures,
    Scope,
    by_department,
    by_kind,
    by_month,
    enterprises_on,
    figures_of,
)
from commitments.selectors.pages import departments_with_commitments
from commitments.selectors.task_figures import TaskFigures, task_figures
from credit_records.models import Subject

from .filters import address_of, task_address

_ENTERPRISES = 50
_HEADERS = (
    "口径", "范围", "承诺", "履约践诺", "存续企业", "承诺践诺比", "承诺践诺比目标", "践诺率", "践诺率目标"
)  # fmt: skip
name_verbs({"commitment.export_figures": "导出践诺指标", "commitment.export_enterprises": "导出存续企业"})


class FigurePages:
    """The part of the commitments' admin that counts."""

    def figure_urls(self, guarded: Any) -> list[URLPattern]:
        stem = "commitments_commitment"
        return [
            path("figures/", guarded(self.figures_view), name=f"{stem}_figures"),
            path("figures/export/", guarded(self.figures_export_view), name=f"{stem}_figures_export"),
            path("enterprises/", guarded(self.enterprises_view), name=f"{stem}_enterprises"),
            path("enterprises/export/", guarded(self.enterprises_export_view), name=f"{stem}_enterprises_export"),
        ]  # fmt: skip

    def figures_view(self, request: HttpRequest) -> HttpResponse:
        """Both ratios as of a day: of the area or a department of it for an office, for a department of its own."""
        departments, department = _counted(request)
        whole = whole_in_words(request.user)
        day = day_asked(request.GET.get("on", ""))
        bodies = bodies_in_sight(request.user)
        parts = _parts(day, department, bodies)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "承诺践诺指标",
            "day": day,
            "latest": today(),
            "department": department,
            "departments": departments if len(departments) > 1 or whole else [],
            "whole": whole,
            "basis": parts[0][1][0].basis,
            "bases_url": reverse("admin:commitments_figurebasis_changelist"),
            "parts": [
                (title, [self._figure_row(one, whole) for one in found]) for title, found in parts if found
            ],
            "tasks": [self._task_row(one, whole) for one in task_figures(day, department, bodies)],
            "export_url": f"{reverse(self._name('figures_export'))}?{request.GET.urlencode()}",
            "formats": [(name, title) for name, (_, _, title) in FORMATS.items()],
            "list_url": self.list_url(request),
        }
        return TemplateResponse(request, "commitments/figures.html", context)

    def _figure_row(self, one: Figures, whole: str) -> dict[str, Any]:
        address = f"?counted={address_of(one)}"
        return {
            "title": _title(one, whole),
            "figures": one,
            "commitments_url": self._rows(Commitment, address),
            "reports_url": self._rows(Performance, address),
            "enterprises_url": f"{reverse(self._name('enterprises'))}?on={one.on}",
        }

    def _task_row(self, one: TaskFigures, whole: str) -> dict[str, Any]:
        def address(model: Any, *, late: bool) -> str:
            return self._rows(model, f"?counted={task_address(one.on, one.department, late=late)}")

        return {
            "title": str(one.department) if one.department is not None else whole,
            "numbers": [
                (one.verifications.open, address(Verification, late=False)),
                (one.verifications.late, address(Verification, late=True)),
                (one.owed.open, address(OwedMaterial, late=False)),
                (one.owed.late, address(OwedMaterial, late=True)),
            ],
        }

    @staticmethod
    def _rows(model: Any, address: str) -> str:
        return reverse(f"admin:commitments_{model._meta.model_name}_changelist") + address

    def figures_export_view(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        _, department = _counted(request)
        day = day_asked(request.GET.get("on", ""))
        parts, whole = _parts(day, department, bodies_in_sight(request.user)), whole_in_words(request.user)
        rows = [_cells(title, one, whole) for title, found in parts for one in found]
        return table_to_save(
            request, "commitment.export_figures", f"承诺践诺指标-截至{day:%Y%m%d}", _HEADERS, rows
        )

    # --- the enterprises ------------------------------------------------------------------------------------------

    def enterprises_view(self, request: HttpRequest) -> HttpResponse:
        """The enterprises behind the denominator, as far as the reader sees subjects: bodies are in public registers."""
        day = day_asked(request.GET.get("on", ""))
        page = Paginator(_enterprises(request, day), _ENTERPRISES).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "存续企业",
            "day": day,
            "page": page,
            "export_url": f"{reverse(self._name('enterprises_export'))}?on={day}",
            "formats": [(name, title) for name, (_, _, title) in FORMATS.items()],
            "back": f"{reverse(self._name('figures'))}?on={day}",
        }
        return TemplateResponse(request, "commitments/enterprises.html", context)

    def enterprises_export_view(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        day = day_asked(request.GET.get("on", ""))
        found = _enterprises(request, day)
        rows = list(found.values_list("name", "code", "industry", "region")[: LIMIT + 1])
        if len(rows) > LIMIT:
            text = f"存续企业超过{LIMIT:,}户，一次最多导出{LIMIT:,}户，请在“主体”中用筛选分批导出。"
            self.message_user(request, text, messages.WARNING)
            return HttpResponseRedirect(f"{reverse(self._name('enterprises'))}?on={day}")
        headers = ("名称", "统一社会信用代码", "行业", "行政区划代码")
        return table_to_save(
            request, "commitment.export_enterprises", f"存续企业-截至{day:%Y%m%d}", headers, rows
        )


def _parts(
    day: date, department: Department | None, bodies: frozenset[int]
) -> list[tuple[str, list[Figures]]]:
    return [
        ("合计", [figures_of(Scope(department=department, bodies=bodies), on=day)]),
        ("按单位", by_department(on=day, bodies=bodies) if department is None else []),
        ("按承诺类型", by_kind(on=day, department=department, bodies=bodies)),
        ("按月份", by_month(on=day, department=department, bodies=bodies)),
    ]


def whole_in_words(user: Any) -> str:
    """What an office counts when it chooses no department; empty for those who have no area."""
    if not user.area_as(*OFFICE_ROLES):
        return ""
    return "全市" if user.keeps_common_data(*OFFICE_ROLES) else "本辖区"


def _title(one: Figures, whole: str) -> str:
    scope = one.scope
    if scope.month is not None:
        return f"{scope.month.year}年{scope.month.month}月"
    if scope.kind:
        return str(Commitment.Kind(scope.kind).label)
    return str(scope.department) if scope.department is not None else whole


def _cells(part: str, one: Figures, whole: str) -> list[str | int]:
    if one.empty:
        return [
            part,
            _title(one, whole),
            "无数据",
            "无数据",
            one.enterprise_count,
            "无数据",
            "",
            "无数据",
            "",
        ]
    basis = one.basis
    return [
        part, _title(one, whole), one.counts.commitments, one.counts.reports, one.enterprise_count, str(one.coverage),
        basis.coverage_words, str(one.performed), basis.performance_words,
    ]  # fmt: skip


def _counted(request: HttpRequest) -> tuple[list[Department], Department | None]:
    """The departments to choose from, and the one that is counted; for an office None is its whole area."""
    office = bool(request.user.area_as(*OFFICE_ROLES))
    if office:
        choices = departments_with_commitments().filter(pk__in=bodies_in_sight(request.user))
    else:
        choices = Department.objects.filter(pk__in=request.user.departments_as(Role.CLERK, Role.REVIEWER))
    found = list(choices.order_by("level", "code"))
    if not office and not found:
        raise PermissionDenied("您没有查看承诺践诺指标的权限。")
    asked = request.GET.get("department", "")
    chosen = next((one for one in found if str(one.pk) == asked), None)
    return found, chosen if office or chosen is not None else found[0]


def _enterprises(request: HttpRequest, day: date) -> Any:
    _counted(request)
    found = policy_for(Subject).scope(request.user).filter(pk__in=enterprises_on(day).values("pk"))
    return found.order_by("pk")
