"""指标月报: the list, drawing one up, its page, the paper to print and the PDF."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from accounts.models import OFFICE_ROLES
from audit.acts import note
from audit.clock import local_day
from audit.faults import Refused
from backoffice.base import BaseAdmin
from backoffice.display import display
from backoffice.exports import to_save
from backoffice.filters import ChoiceFilter, DateFilter
from backoffice.labels import name_data, name_verbs
from backoffice.typed_numbers import showing_numbers
from backoffice.verbs import Verb
from casework.letters.fonts import INSTALL
from casework.letters.typesetting import TypesettingFailed, fonts_available
from supervision.admin.report_forms import PeriodForm
from supervision.models import Report
from supervision.selectors.report.jobs import jobs_of
from supervision.services import reports

name_verbs(
    {
        "report.ask": "要求生成月报",
        "report.draw_up": "生成月报",
        "report.write": "撰写月报情况说明",
        "report.drop": "作废月报草稿",
        "report.sign": "签发月报",
        "report.download": "下载月报",
    }
)
name_data({"period": "期间"})


def _sign_obstacle(report: Any, user: Any) -> str:
    if user.pk in (report.drafted_by_id, report.edited_by_id):
        return "拟稿人和说明撰写人不能自己签发，请由其他审批人办理。"
    if local_day(report.drafted_at) <= report.period.last:
        return f"生成时{report.period}尚未结束，请在期末次日以后重新生成。"
    return ""


def _is_draft(report: Any) -> bool:
    return bool(report.state == Report.State.DRAFT)


_VERBS = (
    Verb(
        name="sign",
        label="签发",
        function=reports.sign,
        takes_reason=False,
        obstacle=_sign_obstacle,
        reachable=_is_draft,
        tone="primary",
        confirm="签发后编号，文字和数都不能再改。",
        done="已签发：{obj}",
        order=10,
    ),
    Verb(
        name="drop",
        label="作废草稿",
        function=reports.drop,
        needs_reason=True,
        reachable=_is_draft,
        tone="danger",
        confirm="作废后仍可查看，可以重新生成。",
        done="已作废：{obj}",
        order=20,
    ),
)
_TONES = {Report.State.DRAFT: "wait", Report.State.ISSUED: "good", Report.State.DROPPED: "idle"}


def _whole(words: str) -> str:
    return format_html('<span class="su-nowrap">{}</span>', words)


def _by(person: Any, day: date) -> str:
    return format_html('{} <span class="su-nowrap">{}</span>', person, day)


@admin.register(Report)
class ReportAdmin(BaseAdmin):
    """Reports are drawn up, described and signed here; departments, whom they compare, do not see them."""

    verbs = _VERBS
    changeable = False
    addable = False
    change_list_template = "supervision/report_list.html"
    list_display = ("label", "version_shown", "state_shown", "number", "as_of_shown", "drafted", "signed")
    list_display_links = None
    list_filter = (("kind", ChoiceFilter), ("state", ChoiceFilter), ("first", DateFilter))
    ordering = ("-first", "kind", "-version", "-id")
    sortable_by = ()
    empty_list = (
        "还没有月报。由信用办经办人点“生成月报、季报”，系统按期末的数生成草稿，写好情况说明后由审批人签发。"
    )
    history_hidden = ("content",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        found = super().get_queryset(request).select_related("office", "drafted_by", "issued__signed_by")
        match = request.resolver_match
        if match is not None and match.url_name == "supervision_report_changelist":
            return found.defer("content", "issued__paper")
        return found.select_related("edited_by", "replaces__issued")

    # --- list -----------------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        jobs = jobs_of(request.user.departments_as(*OFFICE_ROLES))
        more = {
            "title": "指标月报",
            "new_url": self._new_url(request),
            "jobs": jobs,
            "under_way": any(not one.failed for one in jobs),
            **(extra_context or {}),
        }
        return super().changelist_view(request, more)

    def _new_url(self, request: HttpRequest) -> str:
        return reverse(self._name("new")) if self.policy.may_create(request.user) else ""

    @display(description="报告")
    def label(self, report: Report) -> str:
        url = reverse(self._name("change"), args=[report.pk])
        office = report.office.short_name or report.office.name
        return format_html(
            '<a class="bo-link" href="{}">{}{}</a><span class="su-second">{}</span>',
            url, report.period, report.get_kind_display(), office,
        )  # fmt: skip

    @display(description="版本")
    def version_shown(self, report: Report) -> str:
        return _whole(f"第{report.version}版")

    @display(description="状态")
    def state_shown(self, report: Report) -> str:
        return format_html(
            '<span class="su-nowrap bo-tone-{}">{}</span>',
            _TONES[Report.State(report.state)],
            report.get_state_display(),
        )

    @display(description="编号")
    def number(self, report: Report) -> str:
        return report.issued.number if hasattr(report, "issued") else "—"

    @display(description="截至")
    def as_of_shown(self, report: Report) -> str:
        return _whole(report.as_of.isoformat())

    @display(description="拟稿")
    def drafted(self, report: Report) -> str:
        return _by(report.drafted_by, local_day(report.drafted_at))

    @display(description="签发")
    def signed(self, report: Report) -> str:
        if not hasattr(report, "issued"):
            return "—"
        return _by(report.issued.signed_by, local_day(report.issued.signed_at))

    # --- pages ----------------------------------------------------------------------------------------------

    def own_urls(self) -> list[URLPattern]:
        guarded, stem = self.admin_site.admin_view, "supervision_report"
        return [
            path("new/", guarded(self.new_view), name=f"{stem}_new"),
            path("<int:object_id>/write/", guarded(self.write_view), name=f"{stem}_write"),
            path("<int:object_id>/print/", guarded(require_safe(self.print_view)), name=f"{stem}_print"),
            path("<int:object_id>/pdf/", guarded(require_safe(self.pdf_view)), name=f"{stem}_pdf"),
        ]

    def new_view(self, request: HttpRequest) -> HttpResponse:
        """GET asks for the period, POST draws the report up."""
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        if not self.policy.may_create(request.user):
            self.refuse()
        posted = request.method == "POST"
        form = PeriodForm(request.POST if posted else None, user=request.user)
        if posted and form.is_valid():
            asked = form.cleaned_data
            try:
                period = reports.ask_for(
                    asked["office"], asked["kind"], asked["month"], as_of=asked["as_of"], actor=request.user
                )
            except Refused as refusal:
                form.add_error(None, refusal.message)
            else:
                self.message_user(request, f"{period}的报告已开始生成，本页会显示结果。", messages.SUCCESS)
                return HttpResponseRedirect(self.list_url(request))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "生成月报、季报",
            "form": form,
            "list_url": self.list_url(request),
        }
        return TemplateResponse(
            request, "supervision/report_new.html", context, status=422 if form.errors else 200
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        report: Any = self.fetch(request, object_id)
        return self._shown(request, report, told=report.told)

    def write_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What the office says; refused, the text stays in the field."""
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["POST"])
        report: Any = self.fetch(request, str(object_id))
        if request.method != "POST":
            return self.nothing_done(request, self._page("change", report))
        self.policy.require(request.user, "write", report)
        told = request.POST.get("told", "")
        try:
            reports.write(report, actor=request.user, told=told)
        except Refused as refusal:
            return self._shown(request, report, told=told, error=refusal.message)
        self.message_user(request, "情况说明已保存。", messages.SUCCESS)
        return HttpResponseRedirect(self._page("change", report))

    def _shown(self, request: HttpRequest, report: Any, *, told: str, error: str = "") -> HttpResponse:
        drafted = _is_draft(report)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(report),
            "original": report,
            "report": report,
            "paper": reports.paper_of(report),
            "tone": _TONES[Report.State(report.state)],
            "verb_buttons": self.buttons(request, report),
            "write_url": self._page("write", report)
            if drafted and self.policy.allows(request.user, "write", report)
            else "",
            "told": told,
            "longest": reports.LONGEST,
            "error": error,
            "print_url": self._page("print", report),
            "pdf_url": self._page("pdf", report) if fonts_available() else "",
            "no_pdf": "" if fonts_available() else INSTALL,
            "history_url": reverse(self._name("history"), args=[quote(report.pk)]),
            "list_url": self.list_url(request),
        }
        return TemplateResponse(request, "supervision/report.html", context, status=422 if error else 200)

    def _page(self, name: str, report: Report) -> str:
        return reverse(self._name(name), args=[report.pk])

    @showing_numbers("the paper as it was drawn up, as the PDF has it")
    def print_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The paper alone, for the browser's own printing: it needs no font on the server."""
        report: Any = self.fetch(request, str(object_id))
        context = {
            "report": report,
            "paper": reports.paper_of(report),
            "pdf_url": self._page("pdf", report) if fonts_available() else "",
            "no_pdf": "" if fonts_available() else INSTALL,
            "back": self._page("change", report),
        }
        return TemplateResponse(request, "supervision/report_print.html", context)

    def pdf_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The PDF; the journal keeps who took it."""
        report: Any = self.fetch(request, str(object_id))
        try:
            pdf = reports.pdf(report)
        except Refused as refusal:
            self.tell(request, refusal)
            return HttpResponseRedirect(self._page("change", report))
        except TypesettingFailed:
            message = "PDF排版失败，请联系系统管理员；现在可以先打开打印页打印。"
            self.message_user(request, message, messages.ERROR)
            return HttpResponseRedirect(self._page("change", report))
        note("report.download", actor=request.user, on=report)
        name = f"{report.issued.number}_{report}.pdf" if hasattr(report, "issued") else f"{report}_草稿.pdf"
        return to_save(pdf, name, "application/pdf")
