"""The workbench of the three administrators: what each of them keeps an eye on."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Membership, Role, User
from accounts.policy import policy_for
from accounts.selectors.review import dormant, misplaced, violations
from audit.clock import CHINA, today
from audit.models import Event
from audit.sealing import tail

from ..workbench import Action, Line, Panel, register_panel

_LATE = timedelta(minutes=10)


@register_panel
def accounts_panel(request: HttpRequest) -> Panel | None:
    """The system administrator's accounts."""
    if not request.user.holds(Role.SYSTEM_ADMIN):
        return None
    day = today()
    people = policy_for(User).scope(request.user).exclude(username=User.SYSTEM)
    unused = dormant(day).count()
    url = reverse("admin:accounts_user_changelist")
    return Panel(
        title="账号",
        lines=[
            Line("启用", people.filter(is_active=True).count(), f"{url}?is_active__exact=1"),
            Line("停用", people.filter(is_active=False).count(), f"{url}?is_active__exact=0"),
            Line("将要离岗", people.filter(last_day__gte=day).count(), f"{url}?situation=leaving"),
            Line(
                f"{settings.XINHENG_DORMANT_DAYS}天以上未登录", unused, f"{url}?situation=dormant",
                tone="warn" if unused else "",
            ),
        ],
        actions=[
            Action("开设账号", reverse("admin:accounts_user_add"), primary=True),
            Action("新增机构", reverse("admin:accounts_department_add")),
        ],
        order=10,
    )  # fmt: skip


@register_panel
def roles_panel(request: HttpRequest) -> Panel | None:
    """The security administrator's roles: an account without one can do nothing."""
    if not request.user.holds(Role.SECURITY_ADMIN):
        return None
    day = today()
    in_force = Membership.objects.in_force(day)
    people = User.objects.working(day).filter(policy_for(User).rule(request.user, "view"))
    url = reverse("admin:accounts_membership_changelist")
    deputies = Membership.objects.lasting(day - timedelta(days=1)).filter(deputy_of__isnull=False).count()
    clashes = len({held.pk for one in violations(day) for held in (one.one, one.other)})
    wrong = misplaced(day).count()
    waiting = people.filter(~Q(pk__in=in_force.values("user"))).count()
    return Panel(
        title="角色",
        lines=[
            Line("在任角色", in_force.count(), f"{url}?state=now"),
            Line("在任和将任的代理", deputies, f"{url}?state=deputy"),
            Line("不相容角色并存", clashes, f"{url}?state=clash", tone="bad" if clashes else ""),
            Line("机构停用或不是信用办", wrong, f"{url}?state=misplaced", tone="warn" if wrong else ""),
            Line(
                "尚无角色的账号", waiting, f"{reverse('admin:accounts_user_changelist')}?roles=none",
                tone="warn" if waiting else "",
            ),
        ],
        actions=[Action("授予角色", reverse("admin:accounts_membership_add"), primary=True)],
        order=10,
    )  # fmt: skip


@register_panel
def journal_panel(request: HttpRequest) -> Panel | None:
    """The auditor's day."""
    if not request.user.holds(Role.AUDITOR):
        return None
    day = today()
    events = policy_for(Event).scope(request.user).filter(at__gte=datetime.combine(day, time(), CHINA))
    url = f"{reverse('admin:audit_event_changelist')}?at_from={day}"
    failed = events.filter(verb="account.sign_in", result=Event.Result.REFUSED).count()
    return Panel(
        title="今日审计",
        lines=[
            Line("事件", events.count(), url),
            Line(
                "登录失败", failed, f"{url}&verb=account.sign_in&result__exact=refused",
                tone="warn" if failed else "",
            ),
            _tail_line(),
            *_check_lines(),
        ],
        order=10,
    )  # fmt: skip


def _tail_line() -> Line:
    """Events that the worker has not sealed yet: a handful of the last minute, more when it is down."""
    left = tail()
    late = left.count and left.age > _LATE
    return Line(
        "未封存事件", left.count, reverse("admin:audit_event_changelist"), tone="warn" if late else ""
    )


def _check_lines() -> list[Line]:
    last = Event.objects.filter(verb="audit.verify").order_by("-at", "-id").first()
    if last is None:
        return []
    url = reverse("admin:audit_event_change", args=[last.pk])
    if last.result == Event.Result.REFUSED:
        return [Line("最近核验发现不符", last.data.get("findings", 0), url, tone="bad")]
    return [Line("最近核验无不符，已核验", last.data.get("checked", 0), url)]
