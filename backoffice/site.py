"""The admin site: Chinese titles, the workbench as first page, a menu from the policies."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from unfold.sites import UnfoldAdminSite

from audit.clock import today

from .autocomplete import ScopedAutocomplete
from .navigation import menu
from .typed_numbers import masking_pages
from .workbench import header_notes, panels, start_page, today_line, who_line


class BackofficeSite(UnfoldAdminSite):
    site_title = "信衡 · 公共信用管理"
    site_header = "信衡"
    index_title = "工作台"
    empty_value_display = "—"
    # The theme's command search loads every match of every model and keeps the answers by user (trap 5).
    _closed = frozenset({"search", "view_on_site"})

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return super().admin_view(masking_pages(view), cacheable)

    def get_urls(self) -> list[URLPattern]:
        return [url for url in super().get_urls() if getattr(url, "name", None) not in self._closed]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        request.current_app = self.name
        context = {
            **self.each_context(request),
            "title": self.index_title,
            "today_line": today_line(today()),
            "header_notes": header_notes(request),
            "who_line": who_line(request.user),
            "panels": panels(request),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "backoffice/workbench.html", context)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Who signs in without having asked for a page opens where their work is (`workbench.register_start`)."""
        answer = super().login(request, extra_context)
        if answer.status_code == 302 and answer.headers["Location"] == reverse("admin:index"):
            page = start_page(request) if request.user.is_authenticated else ""
            return HttpResponseRedirect(page) if page else answer
        return answer

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> HttpResponse:
        """Rooms have no page of their own: the menu is one click away on every page."""
        return HttpResponseRedirect(reverse("admin:index"))

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        return menu(request)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The menu serves instead; Django's list would ask every admin on every page."""
        return []

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        return ScopedAutocomplete.as_view(admin_site=self)(request)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        from .passwords import OwnPasswordView

        request.current_app = self.name
        return OwnPasswordView.as_view(
            success_url=reverse(f"{self.name}:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )(request)
