"""指标口径: which codes are enterprises and what the plan wants, as dated versions that two people of the office make."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from accounts.policy import NotAllowed
from audit.clock import today
from backoffice.base import BaseAdmin
from backoffice.dated_pages import DatedPages, dated_verbs, standing_of
from backoffice.display import chip, display
from backoffice.fields import day_field, long_text
from backoffice.filters import ChoiceFilter
from casework.admin.step_fields import MarkedForm
from commitments.models import FigureBasis
from commitments.rules.figures import parse_pairs, plain
from commitments.selectors.bases import basis_on, versions
from commitments.services.bases import drafted


def _target(label: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, max_digits=6, decimal_places=2,
        error_messages={
            "required": f"请填写{label}。", "invalid": "请填写数字，例如 2 或者 1.5。", "max_decimal_places": "最多两位小数。",
            "max_digits": "数字过大，请核对。", "max_whole_digits": "数字过大，请核对。",
        },
    )  # fmt: skip


class BasisForm(MarkedForm):
    """A new version; whether it may stand is judged by the rules."""

    in_force_from = day_field("施行自", help_text="这一天及以后按新口径计算；以前的日子仍按原口径。")
    pairs = forms.CharField(
        label="企业代码前两位", max_length=200,
        help_text="统一社会信用代码的登记部门和机构类别(GB 32100)，例如91企业；几个之间用逗号隔开。",
        error_messages={"required": "请填写至少一个企业代码前两位。"},
    )  # fmt: skip
    own_definition = forms.BooleanField(
        label="企业口径是本系统口径", required=False, help_text="依据的文件没有写明企业的范围时勾选。"
    )
    coverage_target = _target("承诺践诺比目标")
    performance_target = _target("践诺率目标")
    source = forms.CharField(
        label="依据", max_length=200, help_text="文件名称、文号和条款。",
        error_messages={"required": "请写明依据。", "max_length": "依据最多200个字。"},
    )  # fmt: skip
    note = long_text("说明(可不填)", required=False, most=1000, rows=2)
    reason = long_text("拟订理由", most=1000, rows=2)


def _drafted(answers: Any) -> FigureBasis:
    given = dict(answers)
    return drafted(enterprise_pairs=parse_pairs(given.pop("pairs")), **given)


@admin.register(FigureBasis)
class FigureBasisAdmin(DatedPages, BaseAdmin):
    """Dated versions are never edited: a new one is proposed by the officer and confirmed by an approver."""

    changeable = False
    show_add_link = False
    list_display = ("label", "pairs", "coverage", "performed", "source", "state_chip")
    list_display_links = None
    list_filter = (("state", ChoiceFilter),)
    ordering = ("-in_force_from", "-pk")
    list_per_page = 50
    change_list_template = "commitments/task_list.html"
    empty_list = "还没有指标口径。由信用办经办人拟订，审批人确认。"
    verbs = dated_verbs("施行日起的指标按新口径计算。", takes_reason=False)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": "指标口径",
            "begin_url": reverse(self._name("add")) if self.has_add_permission(request) else "",
            "begin_label": "拟订新口径",
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @display(description="施行")
    def label(self, one: FigureBasis) -> str:
        url = reverse(self._name("change"), args=[one.pk])
        until = f"至 {one.in_force_to}" if one.in_force_to else "起"
        return format_html('<a class="bo-link cr-nowrap" href="{}">{} {}</a>', url, one.in_force_from, until)

    @display(description="企业代码前两位")
    def pairs(self, one: FigureBasis) -> str:
        return "、".join(one.enterprise_pairs) + ("(本系统口径)" if one.own_definition else "")

    @display(description="承诺践诺比目标")
    def coverage(self, one: FigureBasis) -> str:
        return plain(one.coverage_target)

    @display(description="践诺率目标")
    def performed(self, one: FigureBasis) -> str:
        return plain(one.performance_target)

    @display(description="状态")
    def state_chip(self, one: FigureBasis) -> str:
        return chip(*standing_of(one))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        basis: Any = self.fetch(request, object_id)
        title, tone = standing_of(basis)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(basis),
            "original": basis,
            "basis": basis,
            "coverage": plain(basis.coverage_target),
            "performed": plain(basis.performance_target),
            "standing": title,
            "tone": tone,
            "versions": [(one, *standing_of(one)) for one in versions()],
            "verb_buttons": self.buttons(request, basis),
            "history_url": reverse(self._name("history"), args=[quote(basis.pk)]),
            "figures_url": reverse("admin:commitments_commitment_figures"),
            "list_url": self.list_url(request),
        }
        return TemplateResponse(request, "commitments/basis.html", context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.policy.may_create(request.user):
            raise NotAllowed("只有信用办经办人可以拟订指标口径。")
        present, sent = basis_on(today()), request.method == "POST"
        initial = {
            "pairs": "、".join(present.enterprise_pairs),
            "own_definition": present.own_definition,
            "coverage_target": present.coverage_words,
            "performance_target": present.performance_words,
            "source": present.source,
            "note": present.note,
        }
        form = BasisForm(request.POST if sent else None, initial=initial)
        told = {"title": "拟订指标口径", "back": self.list_url(request)}
        return self.proposal_page(
            request, form, template="commitments/basis_form.html", make=_drafted, context=told
        )
