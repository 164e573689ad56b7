"""查看完整号码记录: who looked at full numbers, how often and why; supervisors see the counts of their area alone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import make_aware

from accounts import reveals
from accounts.models import Role
from accounts.policy import policy_for
from audit.clock import CHINA, today
from audit.models import Event

from ..labels import kind_label, name_data, name_verbs
from ..navigation import Item, register_group

_DAYS = 30
_LATEST = 100

name_verbs(
    {reveals.VERB: "查看完整号码", "keys.reseal": "更换密钥重新加密", "keys.reindex": "重建证件号码索引"}
)
name_data(
    {"number": "号码", "ground": "查看事由", "place": "存放处", "under": "算法和密钥编号"},
    values={"ground": reveals.grounds_by_key(), "number": {"id": "证件号码", "phone": "联系电话"}},
)


def sees_reveals(request: HttpRequest) -> bool:
    return bool(request.user.holds(Role.AUDITOR, Role.SUPERVISOR))


class RevealRecords:
    """The part of the journal's admin that tells of looks at full numbers."""

    def reveals_view(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        if not sees_reveals(request):
            raise PermissionDenied("查看完整号码记录由审计员和督查员查看。")
        auditor = request.user.holds(Role.AUDITOR)
        since, until = (
            _day(request, "since", today() - timedelta(days=_DAYS - 1)),
            _day(request, "until", today()),
        )
        period = {"since": _begin(since), "until": _begin(until + timedelta(days=1))}
        area = None if auditor else request.user.area_as(Role.SUPERVISOR)
        people = reveals.lookers(area=area, **period)
        context = {
            **self.admin_site.each_context(request),
            "title": "查看完整号码记录",
            "since": since,
            "until": until,
            "people": [(one, self._link(actor=one.actor_id, **period) if auditor else "") for one in people],
            "auditor": auditor,
            "events": _events(request, period) if auditor else [],
            "person": request.GET.get("person", ""),
            "thing": request.GET.get("object", ""),
            "latest": _LATEST,
        }
        return TemplateResponse(request, "backoffice/reveals.html", context)

    @staticmethod
    def _link(*, actor: int, since: datetime, until: datetime) -> str:
        days = {
            "since": since.astimezone(CHINA).date(),
            "until": until.astimezone(CHINA).date() - timedelta(days=1),
        }
        return reverse("admin:audit_event_reveals") + "?" + urlencode({**days, "person": actor})


def _events(request: HttpRequest, period: dict[str, datetime]) -> list[dict[str, Any]]:
    """The newest of the period, of one person or one object where that is asked."""
    found = policy_for(Event).scope(request.user).filter(
        verb=reveals.VERB, at__gte=period["since"], at__lt=period["until"]
    )  # fmt: skip
    person, thing = request.GET.get("person", ""), request.GET.get("object", "")
    if person.isdecimal() and len(person) < 19:
        found = found.filter(actor=int(person))
    kind, _, key = thing.rpartition("-")
    if key:
        found = found.filter(target_type=kind, target_id=key)
    titles = reveals.grounds_by_key()
    return [
        {
            "event": event,
            "kind": kind_label(event.target_type),
            "thing": f"{event.target_type}-{event.target_id}",
            "ground": titles.get(event.data.get("ground", ""), ""),
        }
        for event in found.order_by("-at", "-id")[:_LATEST]
    ]


def _begin(day: date) -> datetime:
    return make_aware(datetime.combine(day, time.min), CHINA)


def _day(request: HttpRequest, name: str, usual: date) -> date:
    try:
        day = date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return usual
    return day if 1990 < day.year < 2200 else usual


register_group(
    "个人信息保护",
    [Item("查看完整号码记录", "visibility", url_name="admin:audit_event_reveals", visible=sees_reveals)],
    order=94,
)
