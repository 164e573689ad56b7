"""Pages of verbs: buttons on an object's page, the bulk page of a list. Every change is a POST."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join

from audit.faults import Refused

from .permissions import forget, may, may_on
from .verbs import Button, Verb, VerbForm, ordered

BULK_LIMIT = 200
"""Rows of one bulk action: each is shown with its verdict before anything happens, and nobody reads more."""
REASON_OF = "reason-of-"
"""Before the key of a row: the field with that row's own reason."""


@dataclass(frozen=True)
class Verdict:
    """Whether a verb can be done to one of the rows chosen in a list, and why not."""

    obj: Model
    obstacle: str
    summary: str = ""
    reason: str = ""
    """The row's own, in place of the one for all."""


class VerbPages:
    """The part of `BaseAdmin` that turns `verbs` into buttons, dialogs and bulk pages."""

    verbs: Sequence[Verb] = ()

    # --- what the page offers ---------------------------------------------------------------------

    def get_verbs(self, request: HttpRequest, obj: Model | None = None) -> Sequence[Verb]:
        return self.verbs

    def _page_verbs(self) -> set[str]:
        return {"view", "change", *(verb.policy_verb for verb in self.verbs)}

    def buttons(self, request: HttpRequest, obj: Model) -> list[Button]:
        """The verbs that the user's roles give for this object; those with an obstacle are shown greyed.

        What can never come for it again is not shown at all: nobody waits for it.
        """
        return [
            Button(
                verb,
                self._verb_url(request, verb, obj),
                verb.obstacle(obj, request.user),
                verb.form(user=request.user),
            )
            for verb in ordered(self.get_verbs(request, obj))
            if verb.reachable(obj) and may_on(request, verb.policy_verb, obj, also=self._page_verbs())
        ]

    def _verb_url(self, request: HttpRequest, verb: Verb, obj: Model) -> str:
        url = reverse(self._name("verb"), args=[quote(obj.pk), verb.name], current_app=self.admin_site.name)
        return self._keeping_place(request, url)

    def _name(self, page: str) -> str:
        return f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{page}"

    def _keeping_place(self, request: HttpRequest, url: str) -> str:
        """The address with the list's filters, so that the user comes back to the same place."""
        return add_preserved_filters(
            {"preserved_filters": self.get_preserved_filters(request), "opts": self.opts}, url
        )

    def verb_urls(self, guarded: Callable[[Any], Any], stem: str) -> list[URLPattern]:
        return [
            path("bulk/<slug:name>/", guarded(self.bulk_view), name=f"{stem}_bulk"),
            path("<path:object_id>/verb/<slug:name>/", guarded(self.verb_view), name=f"{stem}_verb"),
        ]

    def _verb_named(self, request: HttpRequest, name: str) -> Verb:
        for verb in self.get_verbs(request):
            if verb.name == name:
                return verb
        raise Http404("没有这个操作。")

    def nothing_done(self, request: HttpRequest, page: str) -> HttpResponseRedirect:
        """Whoever signs in anew is sent by GET to where they had posted: they learn that nothing was done."""
        text = "登录已失效或地址不完整，刚才的操作没有办理，请重新点击。"
        self.message_user(request, text, messages.WARNING)
        return HttpResponseRedirect(page)

    # --- one object -------------------------------------------------------------------------------

    def verb_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Do a verb to one object. GET changes nothing and leads to the object."""
        if request.method not in ("POST", "GET", "HEAD"):
            return HttpResponseNotAllowed(["POST"])
        verb = self._verb_named(request, name)
        obj = self.fetch(request, object_id)
        if request.method != "POST":
            page = reverse(self._name("change"), args=[quote(obj.pk)])
            return self.nothing_done(request, self._keeping_place(request, page))
        self.policy.require(request.user, verb.policy_verb, obj)
        form = verb.form(request.POST, request.FILES, user=request.user)
        if not form.is_valid():
            return self._verb_page(request, verb, obj, form)
        try:
            result = verb.run(obj, actor=request.user, answers=form.cleaned_data)
        except Refused as refusal:
            self.tell(request, refusal)
        else:
            said = result if isinstance(result, str) else verb.success.format(obj=obj)
            self.message_user(request, said, messages.SUCCESS)
        forget(request)
        return HttpResponseRedirect(self.after_verb(request, verb, obj))

    def after_verb(self, request: HttpRequest, verb: Verb, obj: Model) -> str:
        """Where the user stands after a verb: on the object, or on the list when it has left the scope."""
        if self.policy.allows(request.user, "view", obj):
            return self._keeping_place(request, reverse(self._name("change"), args=[quote(obj.pk)]))
        return self.list_url(request)

    def list_url(self, request: HttpRequest) -> str:
        return self._keeping_place(request, reverse(self._name("changelist")))

    def _verb_page(self, request: HttpRequest, verb: Verb, obj: Model, form: VerbForm) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": verb.label,
            "subtitle": str(obj),
            "opts": self.opts,
            "original": obj,
            "button": Button(verb, self._verb_url(request, verb, obj), "", form),
            "back": self._keeping_place(request, reverse(self._name("change"), args=[quote(obj.pk)])),
        }
        return TemplateResponse(request, "backoffice/verb.html", context, status=422)

    # --- many rows --------------------------------------------------------------------------------

    def get_actions(self, request: HttpRequest) -> dict[str, tuple[Any, str, str]]:
        if IS_POPUP_VAR in request.GET:
            return {}
        return {
            verb.name: (partial(self._bulk_action, verb), verb.name, verb.label)
            for verb in ordered(self.get_verbs(request))
            if verb.bulk and may(request, verb.policy_verb, self.model)
        }

    def response_action(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        try:
            return super().response_action(request, queryset)
        except ValueError as error:
            raise SuspiciousOperation("a row chosen in the list is no key") from error

    @staticmethod
    def _bulk_action(verb: Verb, admin: Any, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        return admin.bulk_page(request, verb, queryset)

    def verdicts(self, request: HttpRequest, verb: Verb, chosen: Sequence[Model]) -> list[Verdict]:
        """What would become of each chosen row; the right to do it is asked for all of them in one query."""
        scope = self.policy.scope(request.user, verb.policy_verb)
        allowed = set(scope.filter(pk__in=[obj.pk for obj in chosen]).values_list("pk", flat=True))
        reasons = self._reasons(request, verb)
        return [
            Verdict(
                obj,
                verb.obstacle(obj, request.user)
                if obj.pk in allowed
                else "您可以查看这条数据，但没有办理这一步的权限。",
                self.bulk_summary(obj),
                reasons.get(str(obj.pk), ""),
            )
            for obj in chosen
        ]

    def bulk_summary(self, obj: Model) -> str:
        """What the bulk page says of a row beside its name, by which whoever decides can tell it from another."""
        return ""

    def bulk_page(
        self, request: HttpRequest, verb: Verb, queryset: QuerySet, form: VerbForm | None = None
    ) -> HttpResponse | None:
        """Each chosen row with its verdict, one reason for all, or each its own; nothing has happened yet."""
        chosen = list(queryset[: BULK_LIMIT + 1])
        if len(chosen) > BULK_LIMIT:
            text = f"一次最多办理{BULK_LIMIT}条，请缩小范围后分次办理。"
            self.message_user(request, text, messages.WARNING)
            return None
        found = self.verdicts(request, verb, chosen)
        possible = [verdict for verdict in found if not verdict.obstacle]
        url = reverse(self._name("bulk"), args=[verb.name])
        context = {
            **self.admin_site.each_context(request),
            "title": f"批量{verb.label}",
            "opts": self.opts,
            "verb": verb,
            "verdicts": found,
            "possible": possible,
            "summaries": any(verdict.summary for verdict in found),
            "form": form or verb.form(user=request.user),
            "checkbox": ACTION_CHECKBOX_NAME,
            "reason_of": REASON_OF if verb.bulk_reason_each and verb.takes_reason else "",
            "url": self._keeping_place(request, url),
            "back": self.list_url(request),
        }
        return TemplateResponse(request, "backoffice/bulk_verb.html", context)

    def bulk_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Do a verb to all chosen rows that allow it, each through the same function as its own button."""
        if request.method not in ("POST", "GET", "HEAD"):
            return HttpResponseNotAllowed(["POST"])
        verb = self._verb_named(request, name)
        if not verb.bulk:
            raise Http404("这个操作不能批量办理。")
        if not self._permits(request, verb.policy_verb, None):
            raise PermissionDenied("您没有办理这一步的权限。")
        if request.method != "POST":
            return self.nothing_done(request, self.list_url(request))
        chosen = self._chosen(request)
        reasons = self._reasons(request, verb)
        form = verb.form(request.POST, request.FILES, user=request.user)
        if reasons and all(key in reasons for key in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            form.fields["reason"].required = False
        if not form.is_valid():
            page = self.bulk_page(request, verb, chosen, form)
            return page or HttpResponseRedirect(self.list_url(request))
        found = self.verdicts(request, verb, list(chosen[:BULK_LIMIT]))
        possible = [verdict.obj for verdict in found if not verdict.obstacle]
        refused = [(verdict.obj, verdict.obstacle) for verdict in found if verdict.obstacle]
        late = verb.run_many(possible, actor=request.user, answers=form.cleaned_data, reasons=reasons)
        done = len(possible) - len(late)
        refused += late
        forget(request)
        if done:
            self.message_user(request, f"{verb.label}：已办理{done}条。", messages.SUCCESS)
        if refused:
            lines = format_html_join("", "<br>{}：{}", [(str(obj), why) for obj, why in refused[:20]])
            rest = f" 等{len(refused)}条" if len(refused) > 20 else ""
            self.message_user(
                request, format_html_join("", "{}{}{}", [("未办理：", lines, rest)]), messages.WARNING
            )
        return HttpResponseRedirect(self.list_url(request))

    @staticmethod
    def _reasons(request: HttpRequest, verb: Verb) -> dict[str, str]:
        """The reasons given row by row, by the row's key as text."""
        if not verb.bulk_reason_each or not verb.takes_reason:
            return {}
        given = {
            name: text.strip()[:1000] for name, text in request.POST.items() if name.startswith(REASON_OF)
        }
        return {name.removeprefix(REASON_OF): text for name, text in given.items() if text}

    def _chosen(self, request: HttpRequest) -> QuerySet:
        """The rows named in the form, no further than the user's scope."""
        pks = []
        for text in request.POST.getlist(ACTION_CHECKBOX_NAME)[:BULK_LIMIT]:
            try:
                pks.append(self.opts.pk.to_python(text))
            except ValidationError:
                continue
        rows = self.get_queryset(request).filter(pk__in=pks)
        related = self.get_list_select_related(request)
        return rows.select_related(*related) if isinstance(related, (list, tuple)) and related else rows
