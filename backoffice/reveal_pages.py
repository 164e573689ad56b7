"""查看完整号码: the page that asks why, and the one that shows a number once and hides it again after a minute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts import reveals
from audit.faults import Refused

from .permissions import may_on
from .typed_numbers import showing_numbers

SHOWN_FOR = 60
"""Seconds after which the page covers the number again."""


class RevealForm(forms.Form):
    """Why the masked number is not enough."""

    ground = forms.ChoiceField(
        label="查看事由", widget=forms.RadioSelect, error_messages={"required": "请选择查看事由。"}
    )
    reason = forms.CharField(
        label="具体理由", max_length=300, min_length=reveals.SHORTEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2, "class": "cr-input"}),
        help_text="例如案件编号、来函文号。不要在这里写号码本身。",
        error_messages={"required": "请写明查看的具体理由。", "min_length": "请写明查看的具体理由，至少4个字。"},
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ground"].choices = [(one.key, f"{one.title}：{one.note}") for one in reveals.grounds()]


class RevealPages:
    """The part of `BaseAdmin` that shows the full numbers of things that have some (`accounts.reveals.has_numbers`)."""

    def reveal_urls(self, guarded: Callable[[Any], Any], stem: str) -> list[URLPattern]:
        if not reveals.may_have_numbers(self.model):
            return []
        return [path("<int:object_id>/reveal/<str:key>/", guarded(self.reveal_view), name=f"{stem}_reveal")]

    def reveal_links(self, request: HttpRequest, obj: Any) -> list[tuple[str, str]]:
        """Title and address for each number of the object that the user may look at; asks only where there is one."""
        kept = [one for one in reveals.numbers_of(obj) if one.sealed]
        if not kept or not may_on(request, "reveal", obj, also=self._page_verbs()):
            return []
        return [(one.title, reverse(self._name("reveal"), args=[quote(obj.pk), one.key])) for one in kept]

    def _page_verbs(self) -> set[str]:
        found = super()._page_verbs()
        return found | {"reveal"} if reveals.may_have_numbers(self.model) else found

    @showing_numbers("it shows one sealed number for a ground and a reason")
    def reveal_view(self, request: HttpRequest, object_id: int, key: str) -> HttpResponse:
        """GET asks for the reason; POST with it shows the number, which stands in no address and in no stored page."""
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        obj: Model = self.fetch(request, str(object_id))
        self.policy.require(request.user, "reveal", obj)
        kept = reveals.number_of(obj, key)
        if kept is None or not kept.sealed:
            raise Http404("这里没有保存完整号码。")
        form = RevealForm(request.POST if request.method == "POST" else None)
        number = ""
        if request.method == "POST" and form.is_valid():
            try:
                number = reveals.reveal(obj, key, actor=request.user, **form.cleaned_data)
            except Refused as refusal:
                form.add_error(None, refusal.message)
        context = {
            **self.admin_site.each_context(request),
            "title": f"查看完整{kept.title}",
            "subtitle": self.reveal_subtitle(obj),
            "opts": self.opts,
            "original": obj,
            "kept": kept,
            "number": number,
            "shown_for": SHOWN_FOR,
            "form": form,
            "left": reveals.left_today(request.user),
            "a_day": settings.REVEALS_A_DAY,
            "back": reverse(self._name("change"), args=[quote(obj.pk)]),
        }
        status = 422 if form.errors else 200
        response = TemplateResponse(request, "backoffice/reveal.html", context, status=status)
        response["Cache-Control"] = "no-store, private"
        response["Pragma"] = "no-cache"
        response["Referrer-Policy"] = "no-referrer"
        return response

    def reveal_subtitle(self, obj: Model) -> str:
        return str(obj)
