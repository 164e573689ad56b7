"""The page of one piece of evidence, and its file: to save, or to look at in the browser. Everything read is noted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from accounts.models import Department
from accounts.policy import NotAllowed
from audit.acts import note
from audit.faults import Refused
from audit.models import Event
from backoffice.base import BaseAdmin
from backoffice.display import display
from backoffice.filters import ChoiceFilter
from backoffice.labels import name_data, name_verbs
from backoffice.permissions import may_on
from backoffice.verbs import Verb
from casework.models import Evidence
from casework.rules.file_types import Family
from casework.rules.files import decoded
from casework.services import evidence as service

name_verbs(
    {
        "case.add_evidence": "提交材料",
        "evidence.remove": "划除材料",
        "evidence.share": "移送材料",
        "evidence.read": "查看材料",
        "evidence.broken": "材料读不出来",
        "evidence.sweep": "清理无主文件",
    }
)
name_data(
    {"sha256": "文件指纹", "way": "方式", "evidence": "材料"},
    values={"way": {"file": "下载", "preview": "预览"}},
)

CONTENT_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""For what others wrote: no script, no form, no origin of ours. Browsers show pictures, text and PDF under it all the same."""
_OFFERED = Department.objects.filter(active=True)


def _removal_in_the_way(evidence: Any, user: Any) -> str:
    return service.obstacle_to_removal(evidence, evidence.case, user)


_VERBS = (
    Verb(
        name="share",
        label="移送单位",
        function=service.share_one,
        takes_reason=False,
        extra_fields=(
            (
                "department",
                forms.ModelChoiceField(
                    label="移送给",
                    queryset=_OFFERED,
                    empty_label="请选择…",
                    error_messages={
                        "required": "请选择移送给哪个单位。",
                        "invalid_choice": "请从列表中选择单位。",
                    },
                ),
            ),
        ),
        obstacle=lambda evidence, user: service.obstacle_to_sharing(evidence, evidence.case, user),
        reachable=lambda evidence: not evidence.is_removed,
        confirm="发出协查时材料已经随函移送；之后收到的材料在这里补送。",
        order=10,
    ),
    Verb(
        name="remove",
        label="划除",
        function=service.remove,
        needs_reason=True,
        tone="danger",
        obstacle=_removal_in_the_way,
        reachable=lambda evidence: not evidence.is_removed,
        confirm="划除后仍留在案卷里，注明理由，办公室仍可查看。",
        done="已划除：{obj}",
        order=20,
    ),
)


@admin.register(Evidence)
class EvidenceAdmin(BaseAdmin):
    """Evidence comes in on the page of its case; here it is looked at, handed on and crossed out."""

    verbs = _VERBS
    changeable = False
    addable = False
    keyset = ("-id",)
    list_display = (
        "label",
        "case_number",
        "kind_label",
        "provider_label",
        "received",
        "size_label",
        "state_chip",
    )
    list_display_links = None
    show_add_link = False
    list_filter = (("kind", ChoiceFilter), ("provided_by", ChoiceFilter))
    link_filters = ("case", "department")
    search_fields = ("title", "case__number")
    search_help_text = "标题或者案件编号"
    empty_list = "还没有材料。材料在案件页上提交。"
    history_hidden = ("file", "sha256", "size", "file_type", "remarks")

    class Media:
        css = {"all": ("casework/evidence.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Evidence]:
        return super().get_queryset(request).select_related(
            "case", "department", "uploaded_by", "uploaded_for", "removed_by", "request", "request__department"
        )  # fmt: skip

    # --- list -----------------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "证据材料", **(extra_context or {})})

    @display(description="材料")
    def label(self, evidence: Evidence) -> str:
        url = reverse(self._name("change"), args=[evidence.pk])
        return format_html('<a class="bo-link" href="{}">{}</a>', url, evidence.title)

    @display(description="案件")
    def case_number(self, evidence: Evidence) -> str:
        return f"{evidence.case.number} 第{evidence.number}号"

    @display(description="类别")
    def kind_label(self, evidence: Evidence) -> str:
        return evidence.get_kind_display()

    @display(description="提供方")
    def provider_label(self, evidence: Evidence) -> str:
        return evidence.provider

    @display(description="收到")
    def received(self, evidence: Evidence) -> str:
        return evidence.received_on.isoformat()

    @display(description="大小")
    def size_label(self, evidence: Evidence) -> str:
        return evidence.size_in_words

    @display(description="状态")
    def state_chip(self, evidence: Evidence) -> str:
        tone, text = ("ev-off", "已划除") if evidence.is_removed else ("ev-good", "有效")
        return format_html('<span class="ev-chip {}">{}</span>', tone, text)

    # --- page -----------------------------------------------------------------------------------------------

    def own_urls(self) -> list[URLPattern]:
        guarded, stem = self.admin_site.admin_view, "casework_evidence"
        return [
            path("<int:object_id>/file/", guarded(self.file_view), name=f"{stem}_file"),
            path("<int:object_id>/preview/", guarded(self.preview_view), name=f"{stem}_preview"),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        evidence: Any = self.fetch(request, object_id)
        evidence.may_read = may_on(request, "read", evidence, also=self._page_verbs())
        shares = (
            evidence.shares.select_related("department", "shared_by")
            if may_on(request, "share", evidence)
            else ()
        )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(evidence),
            "original": evidence,
            "evidence": evidence,
            "shares": shares,
            "verb_buttons": self.buttons(request, evidence),
            "history_url": reverse(self._name("history"), args=[quote(evidence.pk)]),
            "list_url": self.list_url(request),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "casework/evidence.html", context)

    # --- the file -------------------------------------------------------------------------------------------

    def file_view(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        """The file to save, under its clean name."""
        return self._hand_out(request, object_id, inline=False)

    def preview_view(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        """The file to look at: pictures, PDF and text only; everything else is saved."""
        return self._hand_out(request, object_id, inline=True)

    def _hand_out(self, request: HttpRequest, object_id: int, *, inline: bool) -> HttpResponseBase:
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        evidence: Any = self.fetch(request, str(object_id))
        if not self.policy.allows(request.user, "read", evidence):
            raise NotAllowed("这件材料已经划除，只有办公室可以查看内容。")
        if inline and not evidence.shown:
            reason = f"{evidence.type.label}不能在网页上预览，请下载后查看。"
            return self._sorry(request, evidence, reason, status=415)
        try:
            content = service.content_of(evidence)
        except Refused as refusal:
            note("evidence.broken", actor=request.user, on=evidence, result=Event.Result.REFUSED)
            return self._sorry(request, evidence, refusal.message, status=409)
        # Noted before the first byte leaves: what cannot be noted is not read.
        note(
            "evidence.read", actor=request.user, on=evidence,
            data={"way": "preview" if inline else "file", "sha256": evidence.sha256},
        )  # fmt: skip
        response: HttpResponseBase
        if inline and evidence.type.family is Family.TEXT:
            with content:
                text = decoded(content.read()) or ""
            response = HttpResponse(text, content_type="text/plain; charset=utf-8")
        else:
            response = FileResponse(
                content,
                as_attachment=not inline,
                filename=evidence.name,
                content_type=evidence.type.media_type,
            )
        return _sealed_off(response)

    def _sorry(self, request: HttpRequest, evidence: Evidence, reason: str, *, status: int) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(evidence),
            "original": evidence,
            "evidence": evidence,
            "reason": reason,
            "offers_file": status == 415,
        }
        return TemplateResponse(request, "casework/evidence_unreadable.html", context, status=status)


def _sealed_off(response: HttpResponseBase) -> HttpResponseBase:
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = CONTENT_POLICY
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    response["X-Frame-Options"] = "DENY"
    return response
