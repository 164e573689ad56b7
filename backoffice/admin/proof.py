"""Exports of the journal with their proof: each event with its place in the chain, and the newest exported head.

Whoever has such a file and the head can show with a hash program alone that the rows are those that were written
(docs/manual/audit.md says how).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse

from audit import canonical
from audit.acts import note
from audit.clock import today
from audit.models import Head, Seal
from audit.rows import COLUMNS

from .. import wording
from ..exports import FORMATS, LIMIT, Watermark, as_csv, to_save
from ..labels import kind_label, verb_label
from .timelines import require_auditor

HEADERS = (
    "编号", "时间", "操作人", "动作", "动作代码", "对象类型", "对象编号", "对象", "理由", "结果", "批次", "请求编号", "来源地址",
    "链上位置", "算法", "前一链值", "事件摘要", "链值", "规范内容",
)  # fmt: skip
_PIECE = 2000
_RESULTS = {"done": "完成", "refused": "被拒绝"}


class ProofPages:
    """The part of the journal's admin that exports what the list shows."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        query = request.GET.urlencode()
        context = {
            "export_url": reverse("admin:audit_event_proof") + (f"?{query}" if query else ""),
            "export_formats": [(name, f"{title}，附证明") for name, (_, _, title) in FORMATS.items()],
        }
        return super().changelist_view(request, context | (extra_context or {}))  # type: ignore[misc]

    def proof_view(self, request: HttpRequest) -> HttpResponse:
        require_auditor(request)
        if request.method not in ("POST", "GET", "HEAD"):
            return HttpResponseNotAllowed(["POST"])
        query = request.GET.urlencode()
        listed = reverse("admin:audit_event_changelist") + (f"?{query}" if query else "")
        if request.method != "POST":
            return self.nothing_done(request, listed)  # type: ignore[attr-defined,no-any-return]
        write, content_type, _ = FORMATS.get(request.POST.get("format", "csv"), FORMATS["csv"])
        ending = "csv" if write is as_csv else "xlsx"
        events = self.get_changelist_instance(request).queryset.order_by("at", "id")  # type: ignore[attr-defined]
        count = events.order_by()[: LIMIT + 1].count()
        if count > LIMIT:
            text = f"符合条件的事件超过{LIMIT:,}个，一次最多导出{LIMIT:,}个。请用筛选缩小范围后再导出。"
            self.message_user(request, text, messages.WARNING)  # type: ignore[attr-defined]
            return HttpResponseRedirect(listed)
        head = Head.objects.first()
        with transaction.atomic():
            event = note(
                "event.export",
                actor=request.user,
                data={
                    "rows": count,
                    "format": ending,
                    "filters": query[:2000],
                    **({"position": head.position, "hash": head.hash} if head else {}),
                },
            )
            watermark = Watermark.of(request.user, rows=count, event=event)
            # The export's own event is none of what was asked for, whatever the filters say.
            body = write(HEADERS, _lines(events.exclude(pk=event.pk), head), watermark)
        name = f"审计事件-{today():%Y%m%d}.{ending}"
        return to_save(body, name, content_type)


def _lines(events: QuerySet, head: Head | None) -> Iterator[list[Any]]:
    names = [name if name != "data" else "data_text" for name in COLUMNS]
    rows = events.annotate(data_text=Cast("data", TextField())).values_list(*names)
    found = rows.iterator(chunk_size=_PIECE)
    while piece := list(islice(found, _PIECE)):
        seals = {seal.event_id: seal for seal in Seal.objects.filter(event_id__in=[row[0] for row in piece])}
        before = Seal.objects.in_bulk([seal.position - 1 for seal in seals.values()])
        for row in piece:
            event = dict(zip(COLUMNS, row, strict=True))
            event["data"] = canonical.parsed(event["data"])
            yield _line(event, seals.get(event["id"]), before)
    yield []
    if head is not None:
        yield [
            f"链头：{head.day} 导出，第{head.position}位，{head.algorithm}，链值 {head.hash}，"
            f"文件 {head.file_name}，文件摘要(SHA-256) {head.file_digest}"
        ]
    else:
        yield ["链头：尚未导出"]


def _line(event: dict[str, Any], seal: Seal | None, before: dict[int, Seal]) -> list[Any]:
    told = [
        event["id"], f"{wording.of_moment(event['at'])}", event["actor_label"], verb_label(event["verb"]), event["verb"],
        kind_label(event["target_type"]), event["target_id"], event["target_label"], event["reason"],
        _RESULTS.get(event["result"], event["result"]), event["batch_id"], event["request_id"], event["address"],
    ]  # fmt: skip
    form = canonical.event_form(event, seal.form if seal else canonical.FORM).decode()
    if seal is None:
        return [*told, "未封存", "", "", "", "", form]
    previous = before.get(seal.position - 1)
    return [
        *told,
        seal.position,
        seal.algorithm,
        bytes(previous.hash).hex() if previous else canonical.GENESIS.hex(),
        bytes(seal.digest).hex(),
        bytes(seal.hash).hex(),
        form,
    ]
