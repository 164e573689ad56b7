"""谁能看见: on every object's page the way to a list of the people who see it, each with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import quote
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.grants.policies import by_rule_alone
from accounts.models import OFFICE_ROLES, SEPARATE_ROLES, Role, User
from accounts.policy import policy_for
from accounts.who_sees import Sight, who_may

from .labels import named_verbs, verb_label

ASKING = (Role.REVIEWER, *sorted(OFFICE_ROLES), *sorted(SEPARATE_ROLES))
"""Who answers for others' access, or for the accounts; a clerk asks the reviewer."""
_SEEING = "view"


@dataclass(frozen=True)
class Others:
    """People whom the reader may not see by name: what they see it as, and how many they are."""

    reason: str
    count: int


class WhoPages:
    """The part of `BaseAdmin` that says who sees an object."""

    def who_urls(self, guarded: Callable[[Any], Any], stem: str) -> list[URLPattern]:
        return [path("<path:object_id>/who/", guarded(self.who_view), name=f"{stem}_who")]

    def object_page(self, request: HttpRequest, object_id: str, **kwargs: Any) -> HttpResponse:
        """The object's page, whatever its room makes of it, with the way to who sees it."""
        response = self.change_view(request, object_id, **kwargs)
        context = getattr(response, "context_data", None)
        if context is not None and IS_POPUP_VAR not in request.GET and request.user.holds(*ASKING):
            original = context.get("original")
            if original is not None and self._may_ask(request, original):
                url = reverse(self._name("who"), args=[object_id], current_app=self.admin_site.name)
                context.setdefault("who_url", self._keeping_place(request, url))
        return response

    def who_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Everybody to whom the policy shows the object (or gives another verb), and why; tells the journal as its page does."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        obj = self.fetch(request, object_id)
        if not request.user.holds(*ASKING) or not self._may_ask(request, obj):
            self.refuse()
        verbs = self._verbs_asked()
        verb = request.GET.get("verb", _SEEING)
        if verb not in dict(verbs):
            verb = _SEEING
        named, others = _for_reader(request.user, who_may(obj, verb, reader=request.user))
        context = {
            **self.admin_site.each_context(request),
            "title": "谁能看见" if verb == _SEEING else f"谁能办理：{dict(verbs)[verb]}",
            "subtitle": str(obj),
            "opts": self.opts,
            "original": obj,
            "verbs": verbs,
            "verb": verb,
            "named": named,
            "others": others,
            "count": len(named) + sum(one.count for one in others),
            "keeping": request.GET.get("_changelist_filters", ""),
            "back": self._keeping_place(request, reverse(self._name("change"), args=[quote(obj.pk)])),
        }
        return TemplateResponse(request, "backoffice/who.html", context)

    def _may_ask(self, request: HttpRequest, obj: Any) -> bool:
        """Who was let in by a grant does not learn who else sees it; no query for whom nothing is granted."""
        by_rule = by_rule_alone(request.user)
        return by_rule is request.user or self.policy.allows(by_rule, _SEEING, obj)

    def _verbs_asked(self) -> list[tuple[str, str]]:
        """Viewing, and every verb of the policy that the journal has a name for."""
        offered = [(_SEEING, "查看")]
        for verb in self.policy.rules:
            label = _name_of(str(self.opts.model_name), verb)
            if verb != _SEEING and label:
                offered.append((verb, label))
        return offered


def _name_of(model_name: str, verb: str) -> str:
    """As the room calls the verb of this model; else as every room that has the verb calls it, if they agree."""
    own = f"{model_name}.{verb}"
    if verb_label(own) != own:
        return verb_label(own)
    labels = {label for name, label in named_verbs().items() if name.rpartition(".")[2] == verb}
    return labels.pop() if len(labels) == 1 else ""


def _for_reader(reader: Any, sights: Sequence[Sight]) -> tuple[list[Sight], list[Others]]:
    """Names only of those whom the reader may see as people; the others by what they see it as."""
    known = set(
        policy_for(User)
        .scope(reader, "view")
        .filter(pk__in=[one.person.pk for one in sights])
        .values_list("pk", flat=True)
    )
    named = [one for one in sights if one.person.pk in known]
    rest = Counter("；".join(one.reasons) for one in sights if one.person.pk not in known)
    return named, [Others(reason, count) for reason, count in sorted(rest.items())]
