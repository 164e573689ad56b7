"""Letters: the list, the page of a letter with its paper, the print view and the PDF."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.utils import quote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from audit.acts import note
from audit.faults import Refused
from backoffice.base import BaseAdmin
from backoffice.display import display
from backoffice.exports import to_save
from backoffice.filters import ChoiceFilter, DateFilter
from backoffice.labels import name_data, name_verbs
from backoffice.verbs import Verb
from casework.letters.fonts import INSTALL
from casework.letters.sheet import Sheet
from casework.letters.templates import NAMES, Template
from casework.letters.typesetting import fonts_available
from casework.models import Letter, LetterTemplate
from casework.selectors.letters import delivery_form, sheet_of, template_of
from casework.services import letters
from credit_records.models import Subject
from credit_records.rules.identifiers import mask_name

name_verbs(
    {
        "letter.issue": "出具文书",
        "letter.render": "生成文书PDF",
        "letter.download": "下载文书",
        "letter.record_delivery": "登记送达",
        "letter_template.load": "载入文书模板",
    }
)
name_data({"number": "文号", "method": "送达方式"}, values={"method": dict(Letter.Method.choices)})


class DeliveredFilter(SimpleListFilter):
    title = "送达"
    parameter_name = "delivered"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "未送达"), ("yes", "已送达")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() not in ("no", "yes"):
            return queryset
        return queryset.filter(delivered_on__isnull=self.value() == "no")


def _delivery_obstacle(letter: Any, user: Any) -> str:
    return f"已于{letter.delivered_on}送达。" if letter.delivered_on else ""


def _render_obstacle(letter: Any, user: Any) -> str:
    return "" if fonts_available() else INSTALL


_VERBS = (
    Verb(
        name="render",
        label="生成PDF",
        function=letters.ensure_pdf,
        takes_reason=False,
        obstacle=_render_obstacle,
        reachable=lambda letter: not letter.has_pdf,
        confirm="按出文时的内容生成，内容不会改变。",
        done="已生成：{obj}",
        order=10,
    ),
    Verb(
        name="record_delivery",
        label="登记送达",
        function=letters.record_delivery,
        takes_reason=False,
        extra_fields=(
            ("method", forms.ChoiceField(label="送达方式", choices=Letter.Method.choices)),
            (
                "delivered_on",
                forms.DateField(label="送达日期", error_messages={"required": "请填写送达日期。"}),
            ),
            (
                "received_by",
                forms.CharField(label="签收人(公告、留置送达可不填)", max_length=200, required=False),
            ),
            (
                "note",
                forms.CharField(
                    label="备注",
                    max_length=500,
                    required=False,
                    help_text="留置送达写明拒收事由和见证人，公告送达写明公告的媒体和日期。",
                ),
            ),
        ),
        tone="primary",
        obstacle=_delivery_obstacle,
        reachable=lambda letter: letter.delivered_on is None,
        confirm="登记后不能修改，请对照送达回证填写。",
        done="已登记送达：{obj}",
        order=20,
    ),
)


@admin.register(Letter)
class LetterAdmin(BaseAdmin):
    """Letters are issued by the steps of cases; here they are read, printed and their delivery written down."""

    shows_numbers = "a letter is read as it was issued, with the number at which the office is reached"
    verbs = _VERBS
    changeable = False
    addable = False
    keyset = ("-issued_on", "-id")
    list_display = ("label", "case_number", "addressee_shown", "issued", "deadline", "delivery_chip")
    list_display_links = None
    show_add_link = False
    list_filter = (("kind", ChoiceFilter), DeliveredFilter, ("issued_on", DateFilter))
    link_filters = ("case", "addressee_department")
    search_fields = ("number", "addressee", "case__number")
    search_help_text = "文号、收件人或者案件编号"
    empty_list = "还没有文书。案件受理、补正、协查、决定时，系统按模板出具文书并编号。"
    history_hidden = ("content", "file", "sha256", "register", "year", "serial")

    class Media:
        css = {"all": ("casework/letter.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Letter]:
        found = super().get_queryset(request)
        match = request.resolver_match
        if match is not None and match.url_name == "casework_letter_changelist":
            return found.select_related("case__subject").defer("content")
        return found.select_related(
            "case", "addressee_department", "issued_by", "delivery_recorded_by", "template"
        )

    # --- list -----------------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "往来文书", **(extra_context or {})})

    @display(description="文书")
    def label(self, letter: Letter) -> str:
        url = reverse(self._name("change"), args=[letter.pk])
        return format_html(
            '<a class="le-link" href="{}">{}</a> <span class="le-muted">{}</span>',
            url,
            letter.number,
            letter.title,
        )

    @display(description="案件")
    def case_number(self, letter: Letter) -> str:
        return format_html('<span class="le-nowrap">{}</span>', letter.case.number)

    @display(description="收件人")
    def addressee_shown(self, letter: Letter) -> str:
        """A natural person's name is masked where letters are listed."""
        person = letter.case.subject.kind == Subject.Kind.NATURAL_PERSON
        return (
            mask_name(letter.addressee) if person and not letter.addressee_department_id else letter.addressee
        )

    @display(description="成文日期")
    def issued(self, letter: Letter) -> str:
        return format_html('<span class="le-nowrap">{}</span>', letter.issued_on.isoformat())

    @display(description="文中期限")
    def deadline(self, letter: Letter) -> str:
        day = letter.deadline_shown
        return format_html('<span class="le-nowrap">{}</span>', day.isoformat() if day else "—")

    @display(description="送达")
    def delivery_chip(self, letter: Letter) -> str:
        if letter.delivered_on is None:
            return format_html('<span class="le-chip le-wait">{}</span>', "未送达")
        text = f"{letter.get_delivery_method_display()} {letter.delivered_on}"
        return format_html('<span class="le-chip le-good">{}</span>', text)

    # --- page -----------------------------------------------------------------------------------------------

    def own_urls(self) -> list[URLPattern]:
        guarded, stem = self.admin_site.admin_view, "casework_letter"
        return [
            path("<int:object_id>/print/", guarded(require_safe(self.print_view)), name=f"{stem}_print"),
            path("<int:object_id>/pdf/", guarded(require_safe(self.pdf_view)), name=f"{stem}_pdf"),
            path(
                "<int:object_id>/receipt/", guarded(require_safe(self.receipt_view)), name=f"{stem}_receipt"
            ),
            path(
                "<int:object_id>/receipt/pdf/",
                guarded(require_safe(self.receipt_pdf_view)),
                name=f"{stem}_receipt_pdf",
            ),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The letter to read, as it stands on the paper."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        letter: Any = self.fetch(request, object_id)
        has_pdf = letter.has_pdf
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": letter.number,
            "original": letter,
            "letter": letter,
            "sheet": sheet_of(letter),
            "verb_buttons": self.buttons(request, letter),
            "print_url": self._page("print", letter),
            "pdf_url": self._page("pdf", letter) if has_pdf else "",
            "no_pdf": "" if has_pdf or fonts_available() else INSTALL,
            "receipt_url": self._page("receipt", letter),
            "history_url": reverse(self._name("history"), args=[quote(letter.pk)]),
            "list_url": self.list_url(request),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "casework/letter.html", context)

    def _page(self, name: str, letter: Letter) -> str:
        return reverse(self._name(name), args=[letter.pk])

    def print_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The paper alone, in the same layout, for the browser's own printing: it needs no font on the server."""
        letter: Any = self.fetch(request, str(object_id))
        pdf_url = self._page("pdf", letter) if letter.has_pdf else ""
        return self._paper(request, letter, sheet_of(letter), pdf_url)

    def receipt_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        letter: Any = self.fetch(request, str(object_id))
        pdf_url = self._page("receipt_pdf", letter) if fonts_available() else ""
        return self._paper(request, letter, delivery_form(letter), pdf_url)

    def _paper(self, request: HttpRequest, letter: Letter, sheet: Sheet, pdf_url: str) -> HttpResponse:
        context = {
            "letter": letter,
            "sheet": sheet,
            "pdf_url": pdf_url,
            "no_pdf": "" if pdf_url or fonts_available() else INSTALL,
            "back": self._page("change", letter),
        }
        return TemplateResponse(request, "casework/letter_print.html", context)

    # --- files ----------------------------------------------------------------------------------------------

    def pdf_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The PDF as it was made; the journal keeps who took it."""
        letter: Any = self.fetch(request, str(object_id))
        if not letter.has_pdf:
            raise Http404("这份文书还没有生成PDF。")
        try:
            pdf = letters.stored_pdf(letter)
        except Refused as refusal:
            return self._refused(request, letter, refusal)
        note("letter.download", actor=request.user, on=letter)
        return to_save(pdf, f"{letter.number}_{letter.title}.pdf", "application/pdf")

    def receipt_pdf_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        letter: Any = self.fetch(request, str(object_id))
        try:
            pdf = letters.drawn(delivery_form(letter))
        except Refused as refusal:
            return self._refused(request, letter, refusal)
        return to_save(pdf, f"{letter.number}_送达回证.pdf", "application/pdf")

    def _refused(self, request: HttpRequest, letter: Letter, refusal: Refused) -> HttpResponse:
        self.tell(request, refusal)
        return HttpResponseRedirect(self._page("change", letter))


@admin.register(LetterTemplate)
class LetterTemplateAdmin(BaseAdmin):
    """The texts of letters with the days on which they are used; read only. Other rooms' letters derive from it."""

    shows_numbers = "the text of a letter as it will be issued"
    read: Callable[[Any], Template] = staticmethod(template_of)
    page = "casework/letter_template.html"
    names: Mapping[str, str] = NAMES
    """What the gaps are called."""

    changeable = False
    addable = False
    list_display = ("title", "kind", "case_kind", "number_pattern", "in_force_from", "in_force_to")
    ordering = ("case_kind", "kind", "-in_force_from")
    empty_list = "还没有文书模板。"
    history_hidden = ("body",)

    class Media:
        css = {"all": ("casework/letter.css",)}

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        row: Any = self.fetch(request, object_id)
        template = self.read(row)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": row.title,
            "original": row,
            "template": template,
            "row": row,
            "passages": [
                (
                    _shown(one.text, self.names),
                    _gap(one.when, self.names) if one.when else "",
                    one.style,
                    one.label,
                )
                for one in template.passages
            ],
            "note": _shown(template.note.text, self.names),
            "number": template.number_pattern.replace("{year}", "年份").replace("{serial}", "顺序"),
            "history_url": reverse(self._name("history"), args=[quote(row.pk)]),
            "list_url": self.list_url(request),
        }
        return TemplateResponse(request, self.page, context)


def _gap(name: str, names: Mapping[str, str]) -> str:
    return f"【{names[name]}】"


def _shown(text: str, names: Mapping[str, str]) -> str:
    """A template's text with its gaps in the words of the office."""
    for name in names:
        text = text.replace(f"{{{name}}}", _gap(name, names))
    return text
