"""The sheet that leaver, successor and administrator sign (离岗交接单): a page of the account, to be printed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from accounts.models import User
from accounts.selectors.hand_over import hand_over_of

from ..labels import name_data, name_verbs

name_verbs({"account.handed_over": "登记离岗交接"})
name_data(
    {"roles": "终止的角色", "deputies": "终止的代理", "handed": "移交的工作", "ended": "一并终止"},
)


class HandOverPage:
    """The part of the accounts' admin that shows what a leaver handed over; for whoever reads accounts there (the three)."""

    def own_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.hand_over_view)
        return [path("<int:object_id>/hand-over/", view, name="accounts_user_hand_over"), *super().own_urls()]

    def hand_over_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        leaver = self.fetch(request, str(object_id))
        context = {
            **self.admin_site.each_context(request),
            "title": "离岗交接单",
            "opts": self.opts,
            "original": leaver,
            "leaver": leaver,
            "sheet": hand_over_of(leaver),
            "back": reverse("admin:accounts_user_change", args=[leaver.pk]),
        }
        return TemplateResponse(request, "backoffice/hand_over.html", context)

    @admin.display(description="离岗交接单")
    def hand_over_sheet(self, user: User) -> Any:
        if user.last_day is None:
            return "没有办理离岗"
        url = reverse("admin:accounts_user_hand_over", args=[user.pk])
        return format_html('<a class="bo-link" href="{}">打开，打印后由三方签字</a>', url)
