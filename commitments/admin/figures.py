"""承诺践诺指标: both ratios as of any day, and the rows behind every number."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.models import OFFICE_ROLES, Department
from accounts.policy import policy_for
from audit.clock import today
from commitments.models import Commitment, Performance
from commitments.selectors.figures import Scope, by_department, by_kind, by_month, enterprises_on, figures_of
from credit_records.models import Subject

from .filters import address_of

_ENTERPRISES = 50


class FigurePages:
    """The part of the commitments' admin that counts."""

    def figure_urls(self, guarded: Any) -> list[URLPattern]:
        stem = "commitments_commitment"
        return [
            path("figures/", guarded(self.figures_view), name=f"{stem}_figures"),
            path("enterprises/", guarded(self.enterprises_view), name=f"{stem}_enterprises"),
        ]

    def figures_view(self, request: HttpRequest) -> HttpResponse:
        """Both ratios as of a day: of the city for the office, of the own department for a department."""
        department = self._counted_department(request)
        day = _day(request.GET.get("on", ""))
        scope = Scope(department=department)
        parts = [
            ("合计", [figures_of(scope, on=day)]),
            ("按单位", by_department(on=day) if department is None else []),
            ("按承诺类型", by_kind(on=day, department=department)),
            ("按月份", by_month(on=day, department=department)),
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "承诺践诺指标",
            "day": day,
            "latest": today(),
            "department": department,
            "basis": parts[0][1][0].basis,
            "parts": [(title, [self._figure_row(one) for one in found]) for title, found in parts if found],
            "list_url": self.list_url(request),
        }
        return TemplateResponse(request, "commitments/figures.html", context)

    def _counted_department(self, request: HttpRequest) -> Department | None:
        if request.user.holds(*OFFICE_ROLES):
            return None
        own = request.user.departments_as("clerk", "reviewer")
        found = Department.objects.filter(pk__in=own).order_by("pk").first()
        if found is None:
            raise PermissionDenied("您没有查看承诺践诺指标的权限。")
        return found

    def _figure_row(self, one: Any) -> dict[str, Any]:
        scope, address = one.scope, f"?counted={address_of(one)}"
        if scope.month is not None:
            title = f"{scope.month.year}年{scope.month.month}月"
        elif scope.kind:
            title = str(Commitment.Kind(scope.kind).label)
        else:
            title = str(scope.department) if scope.department is not None else "全市"
        return {
            "title": title,
            "figures": one,
            "commitments_url": self._rows(Commitment, address),
            "reports_url": self._rows(Performance, address),
            "enterprises_url": f"{reverse(self._name('enterprises'))}?on={one.on}",
        }

    @staticmethod
    def _rows(model: Any, address: str) -> str:
        return reverse(f"admin:commitments_{model._meta.model_name}_changelist") + address

    def enterprises_view(self, request: HttpRequest) -> HttpResponse:
        """The enterprises behind the denominator, as far as the reader sees subjects: bodies are in public registers."""
        self._counted_department(request)
        day = _day(request.GET.get("on", ""))
        found = policy_for(Subject).scope(request.user).filter(pk__in=enterprises_on(day).values("pk"))
        page = Paginator(found.order_by("pk"), _ENTERPRISES).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "存续企业",
            "day": day,
            "page": page,
            "back": f"{reverse(self._name('figures'))}?on={day}",
        }
        return TemplateResponse(request, "commitments/enterprises.html", context)


def _day(text: str) -> date:
    """The day of the address; today for what is none, or lies ahead."""
    try:
        return min(date.fromisoformat(text), today())
    except ValueError:
        return today()
