"""What waits, as a file for reporting by hand (人工报送); every export stands in the journal with the file's digest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from accounts.models import User
from accounts.policy import NotAllowed, policy_for
from audit.acts import event_of
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from backoffice import wording
from backoffice.exports import FORMATS, Watermark
from exchange.models import Entry
from exchange.selectors.outbox import as_document
from exchange.topics import topic_label

from .canonical import canonical, digest_of

LIMIT = 5_000
_LONGEST_CELL = 32_000
HEADERS = (
    "事项",
    "依据",
    "产生时间",
    "应同步日期",
    "状态",
    "最近一次错误",
    "幂等键",
    "内容摘要(SHA-256)",
    "内容(JSON)",
)


@dataclass(frozen=True)
class Exported:
    """A file, and by what it is recognised."""

    name: str
    content_type: str
    body: bytes
    digest: str
    count: int


def export_waiting(*, actor: User, kind: str, now: datetime | None = None) -> Exported:
    """Everything the platform has not got yet, oldest first, as `xlsx`, `csv` or `json`.

    Refused: `outbox.nothing_waits`, `outbox.too_many`.
    """
    if not policy_for(Entry).may(actor, "export"):
        raise NotAllowed("只有经办人和审批人可以导出待报送的事项。")
    moment = now or present()
    rows = list(policy_for(Entry).scope(actor, "export").pending().order_by("pk")[: LIMIT + 1])
    if not rows:
        raise Refused("outbox.nothing_waits", "没有待同步的事项，不用导出。")
    if len(rows) > LIMIT:
        raise Refused(
            "outbox.too_many", f"待同步的超过{LIMIT}件，请先处理上级平台的连接，或者联系系统管理员。"
        )
    # The number of the journal's event stands in the file, and the file's digest in the event: the number is drawn first.
    number = _next_event()
    watermark = Watermark(
        actor.get_full_name(), actor.department.name if actor.department else "—", moment, len(rows), number
    )
    if kind == "json":
        document = {**as_document(rows, now=moment), "watermark": str(watermark)}
        body = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True).encode()
        content_type = "application/json; charset=utf-8"
    else:
        kind = kind if kind in FORMATS else "xlsx"
        write, content_type, _ = FORMATS[kind]
        body = write(HEADERS, _cells(rows), watermark)
    digest = digest_of(body)
    event = event_of("entry.export", actor=actor, data={"rows": len(rows), "format": kind, "sha256": digest})
    event.pk = number
    event.save(force_insert=True)
    name = f"待同步事项-{local_day(moment):%Y%m%d}-{digest[:12]}.{kind}"
    return Exported(name, content_type, body, digest, len(rows))


def _next_event() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('audit_event', 'id'))")
        return int(cursor.fetchone()[0])


def _cells(rows: Sequence[Entry]) -> list[list[str]]:
    return [
        [
            topic_label(entry.topic),
            entry.reference,
            wording.of_moment(entry.made_at),
            entry.due_on.isoformat(),
            entry.get_state_display(),
            entry.last_error,
            entry.key,
            entry.digest,
            _content(entry),
        ]
        for entry in rows
    ]


def _content(entry: Entry) -> str:
    """A cell holds so much and no more; a text cut off would no longer fit its digest."""
    text = canonical(entry.payload).decode()
    return text if len(text) <= _LONGEST_CELL else "内容超过一格的长度，请导出JSON。"
