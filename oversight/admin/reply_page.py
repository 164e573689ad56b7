"""The page on which a body words its answer: saved as its own draft, or saved and laid before its reviewer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from audit.faults import Refused
from backoffice.fields import long_text
from casework.admin.step_fields import mark
from oversight.machine import OF_ADDRESSEES, OF_REPLY_DRAFTS, obstacle
from oversight.models import ReplyDraft
from oversight.rules.grades import asks_reply
from oversight.services import reply_drafts

from .looks import file_field


class ReplyForm(forms.Form):
    """What is answered, with the version that the form shows."""

    text = long_text(
        "回复内容", rows=8, help_text="写明核查情况、整改措施和完成时间；不写个人姓名和证件号码。"
    )
    file = file_field("佐证材料")
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mark(self)


class ReplyPage:
    """The part of the addressees' admin that words an answer."""

    def reply_urls(self: Any) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [path("<int:object_id>/reply/", guarded(self.reply_view), name="oversight_addressee_reply")]

    def reply_links(
        self: Any, request: HttpRequest, addressee: Any, draft: ReplyDraft | None
    ) -> list[dict[str, str]]:
        """The way to it, for whoever words answers and while there is something to word."""
        if self._no_reply(addressee, draft) or not self._permits(request, "reply", addressee):
            return []
        label = "起草回复" if draft is None else "修改回复稿"
        return [{"url": reverse(self._name("reply"), args=[addressee.pk]), "label": label}]

    @staticmethod
    def _no_reply(addressee: Any, draft: ReplyDraft | None) -> str:
        """Why there is nothing to word now; empty where there is."""
        if not asks_reply(addressee.directive.grade):
            return "通报不用回复，签收即可。"
        why = obstacle(OF_ADDRESSEES, "reply", addressee)
        return why or (obstacle(OF_REPLY_DRAFTS, "reply", draft) if draft is not None else "")

    def reply_view(self: Any, request: HttpRequest, object_id: int) -> HttpResponse:
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        addressee: Any = self.fetch(request, str(object_id))
        self.policy.require(request.user, "reply", addressee)
        page = reverse(self._name("change"), args=[addressee.pk])
        drafts: list[ReplyDraft] = addressee.open_drafts
        draft = drafts[0] if drafts else None
        refused = ""
        if request.method == "POST":
            form = ReplyForm(request.POST, request.FILES)
            if form.is_valid():
                try:
                    saved = reply_drafts.write(addressee, actor=request.user, **form.cleaned_data)
                except Refused as refusal:
                    refused = refusal.message
                else:
                    self._go_on(request, addressee, reply_drafts.version(saved))
                    return HttpResponseRedirect(page)
        elif why := self._no_reply(addressee, draft):
            self.message_user(request, why, messages.WARNING)
            return HttpResponseRedirect(page)
        else:
            given = {"text": draft.text if draft else "", "seen": reply_drafts.version(draft)}
            form = ReplyForm(initial=given)
        sent = request.method == "POST"
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "title": "起草回复", "original": addressee,
            "addressee": addressee, "letter": addressee.directive, "form": form, "draft": draft, "refused": refused,
            "wrong": sent, "back": page,
        }  # fmt: skip
        return TemplateResponse(request, "oversight/reply_form.html", context, status=422 if sent else 200)

    def _go_on(self: Any, request: HttpRequest, addressee: Any, saved: int) -> None:
        """What was typed is kept, whether or not it could be handed on."""
        if "hand_on" not in request.POST:
            self.message_user(request, "已保存回复稿，还没有提交审核员确认。", messages.SUCCESS)
            return
        try:
            reply_drafts.hand_on(addressee, actor=request.user, seen=saved)
        except Refused as refusal:
            self.message_user(request, f"回复稿已保存，没有提交确认。{refusal.message}", messages.WARNING)
        else:
            self.message_user(request, "已提交审核员确认；确认发出以后才算回复。", messages.SUCCESS)
