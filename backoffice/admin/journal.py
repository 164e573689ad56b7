"""The journal, for the auditor: who did what, when, to what and why. Nothing on these pages writes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode

from audit.models import Event, Head, Seal
from audit.rows import verbs

from .. import wording
from ..filters import ChoiceFilter, DropdownFilter, MomentFilter, RelatedFilter
from ..labels import data_label, data_value, kind_label, name_data, name_verbs, verb_label
from ..navigation import Item, register_group
from .keepers import KeepersAdmin
from .printed import PrintedPages
from .proof import ProofPages
from .reveals import RevealRecords
from .timelines import TimelinePages, Told

name_verbs(
    {
        "access.refused": "访问或办理被拒绝",
        "personal.read": "查看自然人信息",
        "audit.seal_history": "封存历史表",
        "audit.export_head": "导出链头",
        "audit.verify": "核验审计日志",
        "event.export": "导出审计事件(附证明)",
        "head.download": "下载链头文件",
        "page.print": "打印页面",
        "command.run": "在服务器上运行工具命令",
        "command.refused": "命令被拒绝",
        "job.refused": "后台任务被拒绝",
        "schema.migrate": "变更数据库结构",
        "server.start": "启动服务",
        "server.stop": "停止服务",
        "settings.change": "安全设置变动",
    }
)
name_data(
    {
        "code": "代码", "view": "页面", "method": "方式", "checked": "核验事件数", "position": "链上位置", "findings": "不符处数",
        "first": "首处", "event": "首个不符事件", "tables": "表数", "algorithm": "算法", "digest": "摘要", "day": "日期",
        "hash": "链值", "personal": "自然人行数", "why": "原因", "from": "来源站点", "command": "命令", "job": "后台任务",
        "process": "进程", "pid": "进程号", "applied": "已执行的迁移", "undone": "已撤销的迁移", "changed": "改动的设置",
        "settings": "现行设置",
    },
    values={
        "code": {"not_visible": "不在可见范围", "not_allowed": "没有权限", "csrf": "页面已过期或来自别的网站"},
        "why": {"cookie": "没有令牌的Cookie", "token": "令牌缺失或不符", "origin": "来自别的网站", "referer": "来自别的网站"},
        "process": {"web": "网页服务", "worker": "后台任务"},
    },
)  # fmt: skip


class VerbFilter(DropdownFilter):
    title = "动作"
    parameter_name = "verb"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What has happened so far, by its name in the journal; verbs of one name stand beside each other."""
        return sorted(((verb, verb_label(verb)) for verb in verbs()), key=lambda pair: (pair[1], pair[0]))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(verb=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(TimelinePages, ProofPages, PrintedPages, RevealRecords, KeepersAdmin):
    """Every filter and search has an index in the order of the list: newest first by moment, pages by key."""

    change_form_template = "backoffice/journal_event.html"
    list_display = ("moment", "actor_label", "what", "on_what", "reason_short", "result", "address")
    list_display_links = ("moment",)
    list_filter = (VerbFilter, ("actor", RelatedFilter), ("at", MomentFilter), ("result", ChoiceFilter))
    link_filters = ("target_type", "target_id", "batch_id", "request_id")
    keyset = ("-at", "-id")
    search_fields = ("target_id",)
    search_help_text = "审计事件编号、对象编号、批次号或请求编号"
    fields = (
        "number", "moment", "actor_label", "what", "on_what", "reason", "content", "result", "batch_id",
        "request_id", "address", "place",
    )  # fmt: skip
    changeable = addable = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, term: str
    ) -> tuple[QuerySet, bool]:
        """By numbers, each of which has an index; the journal is never searched by its texts."""
        term = term.strip()
        if not term:
            return queryset, False
        if term.isdigit() and len(term) < 19:
            number = int(term)
            by_key, by_batch = queryset.filter(pk=number), queryset.filter(batch_id=number)
            return by_key | by_batch | queryset.filter(target_id=term), False
        return queryset.filter(request_id=term), False

    def own_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("timeline/person/<int:key>/", view(self.person_view), name="audit_event_person"),
            path("timeline/object/<slug:kind>/<str:key>/", view(self.object_view), name="audit_event_object"),
            path("timeline/request/<slug:key>/", view(self.request_view), name="audit_event_request"),
            path("proof/", view(self.proof_view), name="audit_event_proof"),
            path("printed/", view(self.printed_view), name="audit_event_printed"),
            path("reveals/", view(self.reveals_view), name="audit_event_reveals"),
        ]

    def page_context(self, request: HttpRequest, obj: Event) -> dict[str, Any]:
        return {"object_url": Told.of(obj).object_url}

    @admin.display(description="链上位置")
    def place(self, event: Event) -> str:
        seal = Seal.objects.filter(event_id=event.pk).first()
        if seal is None:
            return "尚未封存(通常一分钟内封存)"
        return f"第{seal.position}位，{seal.algorithm}，链值 {bytes(seal.hash).hex()}"

    @admin.display(description="编号")
    def number(self, event: Event) -> str:
        return str(event.pk)

    @admin.display(description="时间")
    def moment(self, event: Event) -> str:
        return wording.of_moment(event.at)

    @admin.display(description="动作")
    def what(self, event: Event) -> str:
        return verb_label(event.verb)

    @admin.display(description="对象")
    def on_what(self, event: Event) -> str:
        if not event.target_type:
            return ""
        # All that the journal knows about the thing; its own page may be none of the auditor's.
        query = urlencode({"target_type": event.target_type, "target_id": event.target_id})
        return format_html(
            '<a class="bo-link" href="{}?{}">{} {}</a>',
            reverse("admin:audit_event_changelist"),
            query,
            kind_label(event.target_type),
            event.target_label or event.target_id,
        )

    @admin.display(description="理由")
    def reason_short(self, event: Event) -> str:
        return event.reason if len(event.reason) <= 40 else f"{event.reason[:39]}…"

    @admin.display(description="内容")
    def content(self, event: Event) -> str:
        pairs = [(data_label(key), data_value(key, value)) for key, value in event.data.items()]
        return format_html_join("", "<div>{}：{}</div>", pairs) if pairs else "—"


register_group("审计", [Item("审计事件", "policy", Event), Item("链头", "link", Head)], order=95)
