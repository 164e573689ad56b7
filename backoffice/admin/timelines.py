"""Timelines for the auditor: all that the journal tells of a person, of a thing, of a request. Nothing on these pages writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.models import Role, User
from accounts.policy import NotVisible, policy_for
from audit.clock import local_day
from audit.models import Event

from ..keyset import AFTER, KeysetChangeList, RowComparison
from ..labels import data_label, data_value, kind_label, verb_label

PAGE = 50
_KEY = ("at", "id")
PERSON = "accounts.user"


def require_auditor(request: HttpRequest) -> None:
    """To everybody else these pages do not exist."""
    if not request.user.holds(Role.AUDITOR):
        raise NotVisible("没有找到这个页面。")


@dataclass(frozen=True)
class Told:
    """One event as a line of a timeline."""

    event: Event
    verb: str
    kind: str
    content: Sequence[tuple[str, str]]

    @classmethod
    def of(cls, event: Event) -> Told:
        pairs = [(data_label(key), data_value(key, value)) for key, value in event.data.items()]
        return cls(event, verb_label(event.verb), kind_label(event.target_type), pairs)

    @property
    def object_url(self) -> str:
        kind, key = self.event.target_type, self.event.target_id
        if not kind or not key:
            return ""
        return reverse("admin:audit_event_object", args=[kind.replace(".", "-"), key])

    @property
    def person_url(self) -> str:
        if self.event.actor_id is None:
            return ""
        return reverse("admin:audit_event_person", args=[self.event.actor_id])

    @property
    def request_url(self) -> str:
        number = self.event.request_id
        return reverse("admin:audit_event_request", args=[number]) if number else ""


class TimelinePages:
    """The part of the journal's admin that tells stories instead of lists."""

    def person_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """What a person did, and what was done to the account."""
        require_auditor(request)
        person = policy_for(User).scope(request.user).filter(pk=key).first()
        if person is None:
            raise NotVisible("没有找到这个人。")
        # Two questions, each with its index, instead of one with none.
        sources = [{"actor_id": key}, {"target_type": PERSON, "target_id": str(key)}]
        return self._timeline(request, "人员时间线", f"{person}({person.username})", sources)

    def object_view(self, request: HttpRequest, kind: str, key: str) -> HttpResponse:
        require_auditor(request)
        label = kind.replace("-", ".", 1)
        return self._timeline(
            request, "对象时间线", f"{kind_label(label)} {key}", [{"target_type": label, "target_id": key}]
        )

    def request_view(self, request: HttpRequest, key: str) -> HttpResponse:
        require_auditor(request)
        return self._timeline(request, "请求时间线", f"请求 {key}", [{"request_id": key}])

    def _timeline(
        self, request: HttpRequest, title: str, subtitle: str, sources: Sequence[dict[str, Any]]
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        fields = [Event._meta.get_field(name) for name in _KEY]
        after = KeysetChangeList._key(request.GET.get(AFTER, ""), fields)
        found: dict[int, Event] = {}
        for source in sources:
            rows: QuerySet = policy_for(Event).scope(request.user).filter(**source).order_by("-at", "-id")
            if after is not None:
                rows = rows.filter(RowComparison(fields, after, "<"))
            found |= {event.pk: event for event in rows[: PAGE + 1]}
        events = sorted(found.values(), key=lambda event: (event.at, event.pk), reverse=True)
        if not events and after is None and title != "人员时间线":
            raise Http404("审计日志中没有这个对象或者请求。")
        shown = events[:PAGE]
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "subtitle": subtitle,
            "opts": self.opts,
            "days": list(_by_day(shown)),
            "older": f"?{AFTER}={KeysetChangeList._token(shown[-1], fields)}" if len(events) > PAGE else "",
            "newest": request.path if after is not None else "",
            "back": reverse("admin:audit_event_changelist"),
        }
        return TemplateResponse(request, "backoffice/timeline.html", context)


def _by_day(events: Sequence[Event]) -> Iterator[tuple[Any, list[Told]]]:
    for day, group in groupby(events, key=lambda event: local_day(event.at)):
        yield day, [Told.of(event) for event in group]
