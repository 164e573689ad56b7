"""One's own notices: the page, the number in the menu, the box on the workbench. What marks as read is a POST."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import BooleanField, Case, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from accounts.models import OFFICE_ROLES, Role
from accounts.policy import NotVisible
from audit.clock import today
from backoffice import wording
from backoffice.base import BaseAdmin
from backoffice.labels import name_data, name_verbs
from backoffice.navigation import Item, register_group
from backoffice.workbench import Action, Cell, Panel, register_panel
from casework.models import Case as OneCase
from casework.models import Notice
from casework.selectors.clock import CACHED
from casework.services import notices

name_verbs(
    {"case.remind": "发出提醒", "case.recompute": "更正期限", "case.due_moved": "案件期限随工作日历变动"}
)
name_data(
    {
        "due_soon": "即将到期",
        "breached": "逾期",
        "outdated": "失效",
        "mails": "邮件",
        **{name: str(OneCase._meta.get_field(name).verbose_name) for name in CACHED},
    }
)

_LATEST = 5
_TONES: dict[str, Any] = {
    Notice.Kind.DUE_SOON: "warn",
    Notice.Kind.BREACHED: "bad",
    Notice.Kind.URGED: "warn",
}


def _concerned(request: HttpRequest) -> bool:
    """The people who do the work and those who watch it; nobody writes to the three administrators."""
    return bool(request.user.holds(Role.CLERK, Role.REVIEWER, Role.UPPER_REVIEWER, *OFFICE_ROLES))


def unread_count(request: HttpRequest) -> int:
    """How many notices wait for the user: one small query, kept for the request."""
    kept = request.__dict__
    if "_unread_notices" not in kept:
        kept["_unread_notices"] = Notice.objects.of(request.user).unread(today()).count()
    return int(kept["_unread_notices"])


@admin.register(Notice)
class NoticeAdmin(BaseAdmin):
    """The list of one's own notices, unread first. A notice has no page: it leads to the one it is about."""

    changeable = False
    addable = False
    list_per_page = 20

    def own_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path("read-all/", guarded(require_POST(self.read_all_view)), name="casework_notice_read_all"),
            path("<int:pk>/open/", guarded(require_POST(self.open_view)), name="casework_notice_open"),
            path("<int:pk>/read/", guarded(require_POST(self.read_view)), name="casework_notice_read"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        rows = self.get_queryset(request)
        holding = rows.holding(today()).values("pk")
        rows = rows.annotate(holds=_flag(pk__in=holding), waits=_flag(pk__in=holding, read_at=None)).order_by(
            "-waits", "-id"
        )
        page = Paginator(rows, self.list_per_page).get_page(request.GET.get("p"))
        for notice in page.object_list:
            notice.tone = _TONES.get(notice.kind, "") if notice.holds else ""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "通知",
            "page": page,
            "unread": unread_count(request),
        }
        return TemplateResponse(request, "casework/notices.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The journal and old links name notices by this address: to the list, where its line is marked."""
        notice = self.fetch(request, object_id)
        return HttpResponseRedirect(f"{reverse('admin:casework_notice_changelist')}#notice-{notice.pk}")

    def _own(self, request: HttpRequest, pk: int) -> Notice:
        notice = self.get_queryset(request).filter(pk=pk).first()
        if notice is None:
            raise NotVisible("没有找到这条通知。")
        return notice

    def open_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Mark as read and go to the page that the notice is about."""
        notice = notices.read(self._own(request, pk), actor=request.user)
        return HttpResponseRedirect(notice.url or reverse("admin:casework_notice_changelist"))

    def read_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        notices.read(self._own(request, pk), actor=request.user)
        return HttpResponseRedirect(reverse("admin:casework_notice_changelist"))

    def read_all_view(self, request: HttpRequest) -> HttpResponse:
        count = notices.read_all(actor=request.user)
        self.message_user(request, f"已全部标为已读：{count}条。", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:casework_notice_changelist"))


def _flag(**conditions: Any) -> Case:
    return Case(When(**conditions, then=Value(True)), default=Value(False), output_field=BooleanField())


@register_panel
def notice_panel(request: HttpRequest) -> Panel | None:
    """The latest unread notices; the lines lead to the list, where opening one marks it as read."""
    if not _concerned(request):
        return None
    url = reverse("admin:casework_notice_changelist")
    waiting = unread_count(request)
    latest = Notice.objects.of(request.user).unread(today()).order_by("-id")[:_LATEST] if waiting else []
    return Panel(
        f"未读通知({waiting})" if waiting else "通知",
        columns=("类型", "内容", "时间"),
        rows=[
            [
                Cell(notice.get_kind_display(), tone=_TONES.get(notice.kind, "")),
                Cell(notice.text, f"{url}#notice-{notice.pk}"),
                Cell(wording.of_moment(notice.created_at)),
            ]
            for notice in latest
        ],
        actions=[Action("全部通知", url)],
        empty="没有未读通知。",
        wide=True,
        order=35,
    )


register_group(
    "通知", [Item("通知", "notifications", Notice, visible=_concerned, badge=unread_count)], order=5
)
