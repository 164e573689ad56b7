"""Whether the journal is as it was written: every position of the chain, what lies outside, the heads, the history tables.

Reads a piece at a time, in the order of the chain; each finding names the position and the event. The first one is what to look at:
later ones often follow from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from django.db import connection

from . import canonical, heads, keys, rows, sealing
from .clock import CHINA
from .findings import MOST, Finding, Report
from .heads import HeadFile
from .models import Checkpoint, Head, Seal
from .verifying_history import check_history
from .verifying_triggers import check_triggers

STEP = 2000


def verify(*, since: date | None = None, places: Sequence[Path] = (), step: int = STEP) -> Report:
    """Check the whole chain, or what was sealed since a day; against the heads of the files folder and of `places`."""
    report = Report()
    known = _heads(report, places)
    start, previous = _beginning(report, since, known)
    last = Seal.objects.order_by("-position").values_list("position", flat=True).first() or 0
    _chain(report, start, previous, last, known, step)
    _outside(report)
    _heads_beyond(report, known, last)
    check_history(report, after_position=start, step=step)
    check_triggers(report)
    left = sealing.tail()
    report.tail, report.tail_age_seconds = left.count, int(left.age.total_seconds())
    # What the chain tells comes in its order, whichever check saw it; the rest keeps its place after it.
    report.findings.sort(key=lambda f: f.position if f.position is not None else 1 << 62)
    return report


# --- heads ----------------------------------------------------------------------------------------------------


def _heads(report: Report, places: Sequence[Path]) -> list[tuple[str, HeadFile]]:
    """The heads that can be relied on, by position; what is wrong with the others is told."""
    known: list[tuple[str, HeadFile]] = []
    own = heads.folder()
    ours = {path.name for path in own.glob("*.json")} if own.is_dir() else set()
    for name, head in heads.files([*([own] if own.is_dir() else []), *places]):
        if isinstance(head, heads.UnreadableHead):
            report.add(Finding("head_unreadable", f"链头文件 {name}：{head}"))
            continue
        holds = heads.signature_holds(head)
        if holds is False:
            report.add(Finding("head_forged", f"链头文件 {name} 的签名不符，内容被改动", head.position))
            continue
        if keys.known() and holds is None:
            report.remarks.append(f"链头文件 {name} 没有签名，或签名密钥不在 XINHENG_AUDIT_KEYS 中")
        report.heads += 1
        report.heads_signed += holds is True
        known.append((name, head))
    _registered(report, dict(known), ours)
    return sorted(known, key=lambda pair: pair[1].position)


def _registered(report: Report, found: dict[str, HeadFile], ours: set[str]) -> None:
    """The list of heads in the database against the files: neither is without the other, and both say the same."""
    names = set()
    for row in Head.objects.order_by("id").iterator(chunk_size=STEP):
        names.add(row.file_name)
        head = found.get(row.file_name)
        if head is None:
            report.add(
                Finding("head_missing", f"已登记的链头文件 {row.file_name} 缺失或不可用", row.position)
            )
            continue
        told = (head.position, head.event_id, head.algorithm, head.hash, head.day, head.file_digest())
        if told != (
            row.position, row.event_id, row.algorithm, row.hash, row.day.isoformat(), row.file_digest,
        ):  # fmt: skip
            report.add(Finding("head_row", f"链头 {row.file_name} 的登记与文件不一致：登记或者文件被改动"))
    for name in sorted(ours & found.keys() - names):
        report.add(Finding("head_row", f"链头文件 {name} 没有登记：登记被删除，或者数据库恢复到更早的备份"))


def _beginning(report: Report, since: date | None, known: list[tuple[str, HeadFile]]) -> tuple[int, bytes]:
    """Where the check begins, and the hash that is believed there: an exported head's when there is one."""
    if since is None:
        return 0, canonical.GENESIS
    head = heads.newest_before((head for _, head in known), since)
    if head is not None:
        report.since = head.position
        return head.position, bytes.fromhex(head.hash)
    begin = datetime.combine(since, time(), CHINA)
    point = Checkpoint.objects.filter(kind=Checkpoint.Kind.EVENTS, at__lt=begin).order_by("-id").first()
    seal = Seal.objects.filter(position=point.position).first() if point is not None else None
    if seal is None:
        return 0, canonical.GENESIS
    report.since = seal.position
    report.remarks.append("起点之前没有导出的链头，起点的链值取自数据库本身")
    return seal.position, bytes(seal.hash)


def _heads_beyond(report: Report, known: list[tuple[str, HeadFile]], last: int) -> None:
    """The tail was cut off: a head, or the product's own notes of its runs, tell of positions that are not there."""
    point = Checkpoint.objects.order_by("-position").first()
    if point is not None and point.position > last:
        said = f"封存记录记载到第{point.position}位，现存只到第{last}位"
        report.add(Finding("truncated", f"链尾被截断：{said}", last + 1, _unsealed_near(1 << 62)))
    beyond = [(name, head) for name, head in known if head.position > last]
    if beyond:
        name, head = beyond[0]
        left = _unsealed_near(head.event_id + 1)
        if left is None and head.position == last + 1:
            left = head.event_id
        said = f"链头文件 {name} 记载到第{head.position}位(审计事件{head.event_id})，现存只到第{last}位"
        report.add(Finding("truncated", f"链尾被截断：{said}", last + 1, left))


# --- the chain ------------------------------------------------------------------------------------------------


@dataclass
class _Anchors:
    """What is known of positions passed: up to which number nothing could come any more, and the heads."""

    settled: int = 0
    settled_at: int = 0
    agreed: int = 0
    rewritten: bool = False


def _chain(
    report: Report, start: int, previous: bytes, last: int, known: list[tuple[str, HeadFile]], step: int
) -> None:
    marker = keys.marker()
    strength = _NO_MARK
    expected, anchors = start + 1, _Anchors(agreed=start)
    points = _checkpoints(start, step)
    point = next(points, None)
    by_position: dict[int, list[tuple[str, HeadFile]]] = {}
    for pair in known:
        by_position.setdefault(pair[1].position, []).append(pair)
    stored, first_event = previous, True
    for position, event_id, algorithm, form, digest, value, event in rows.sealed(start, last, step):
        while point is not None and point[0] < position:
            if point[1] > anchors.settled:
                anchors.settled, anchors.settled_at = point[1], point[0]
            point = next(points, None)
        at = event["at"] if event else None
        if position != expected:
            report.add(
                Finding(
                    "gap", f"第{expected}位到第{position - 1}位的链节缺失", expected, _unsealed_near(event_id)
                )
            )
        if event is None:
            report.add(Finding("deleted", f"审计事件{event_id}已被删除", position, event_id))
        else:
            try:
                content_holds = canonical.digest(algorithm, canonical.event_form(event, form)) == digest
            except ValueError as error:
                content_holds = False
                report.remarks.append(f"第{position}位：{error}")
            if not content_holds:
                report.add(
                    Finding("changed", f"审计事件{event_id}的内容与封存时不符", position, event_id, at)
                )
            strength = _mark(report, marker, event, position, strength)
        if not _link_holds(algorithm, position, event_id, stored, digest, value):
            first = position == start + 1 and first_event and start
            what = "起点链头对不上" if first else "链值与前一位、摘要对不上：链节被改动、替换或调换次序"
            report.add(Finding("broken", f"第{position}位{what}", position, event_id, at))
        if event_id <= anchors.settled:
            report.add(
                Finding(
                    "inserted", f"审计事件{event_id}在第{anchors.settled_at}位封存之后才出现，是事后插入的",
                    position, event_id, at,
                )
            )  # fmt: skip
        for name, head in by_position.get(position, ()):
            _compare(report, name, head, event_id, value, anchors)
        report.checked += 1
        report.position, report.hash = position, value.hex()
        expected, stored, first_event = position + 1, value, False
    if expected <= last:
        report.add(Finding("gap", f"第{expected}位到第{last}位的链节缺失", expected))


def _link_holds(
    algorithm: str, position: int, event_id: int, previous: bytes, digest: bytes, value: bytes
) -> bool:
    try:
        return canonical.link(algorithm, position, event_id, previous, digest) == value
    except ValueError:
        return False


def _compare(
    report: Report, name: str, head: HeadFile, event_id: int, value: bytes, anchors: _Anchors
) -> None:
    if head.hash == value.hex() and head.event_id == event_id and head.count == head.position:
        report.anchored = head.position
        anchors.agreed = head.position
        # A head says it too, from outside of the database.
        if head.settled > anchors.settled:
            anchors.settled, anchors.settled_at = head.settled, head.position
        return
    if anchors.rewritten:
        return  # every later head differs as well
    anchors.rewritten = True
    # Consistently computed anew: the chain itself shows no break, only that it is another one from somewhere on.
    begin = anchors.agreed + 1
    first = Seal.objects.filter(position=begin).values_list("event_id", flat=True).first()
    message = f"第{begin}位(审计事件{first})到第{head.position}位(审计事件{event_id})之间被整段改写：链值与导出的链头 {name} 不符"
    report.add(Finding("rewritten", message, begin, first))


_NO_MARK, _PLAIN, _KEYED = 0, 1, 2


def _mark(
    report: Report, marker: canonical.Marker, event: dict[str, Any], position: int, strength: int
) -> int:
    """Check the mark the event was written with; marks never get weaker along the chain. Returns their strength from here on."""
    mark, number = event["mark"], event["id"]
    own = _KEYED if marker.is_keyed(mark) else _PLAIN if mark else _NO_MARK
    if own < strength:
        said = "没有密钥标记" if strength == _KEYED else "没有写入标记"
        report.add(
            Finding("unmarked", f"审计事件{number}{said}：不是本系统写入的", position, number, event["at"])
        )
        return strength
    if not mark:
        return strength  # written before marks were
    holds = marker.checks(canonical.content_form(event), mark)
    if holds is None:
        report.marks_unchecked += 1
        return strength
    if not holds:
        said = "写入后、封存前被改动，或不是本系统写入的"
        report.add(
            Finding("forged", f"审计事件{number}的写入标记不符：{said}", position, number, event["at"])
        )
        return strength
    return own


def _checkpoints(after: int, step: int) -> Iterator[tuple[int, int]]:
    points = Checkpoint.objects.filter(kind=Checkpoint.Kind.EVENTS).order_by("position", "id")
    # What was settled before the beginning holds from the beginning on.
    earlier = points.filter(position__lte=after).order_by("-settled").first()
    if earlier is not None:
        yield after, earlier.settled
    seen = (after, 0)
    while True:
        found = list(
            points.filter(position__gt=seen[0]).values_list("position", "settled", "id")[:step]
            if not seen[1]
            else points.extra(where=["(position, id) > (%s, %s)"], params=list(seen)).values_list(
                "position", "settled", "id"
            )[:step]
        )
        yield from ((position, settled) for position, settled, _ in found)
        if len(found) < step:
            return
        seen = (found[-1][0], found[-1][2])


def _unsealed_near(event_id: int) -> int | None:
    """The lowest settled event without a seal below another: most likely the one whose seal is gone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(e.id) FROM audit_event e LEFT JOIN audit_seal s ON s.event_id = e.id"
            " WHERE s.event_id IS NULL AND e.id < %s",
            [event_id],
        )
        return cursor.fetchone()[0]


def _outside(report: Report) -> None:
    """Events below the settled mark that stand nowhere in the chain, and unsealed ones whose mark does not fit."""
    point = Checkpoint.objects.filter(kind=Checkpoint.Kind.EVENTS).order_by("-settled").first()
    report.settled = point.settled if point is not None else 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.id, e.at FROM audit_event e LEFT JOIN audit_seal s ON s.event_id = e.id"
            " WHERE s.event_id IS NULL AND e.id <= %s ORDER BY e.id LIMIT %s",
            [report.settled, MOST],
        )
        for number, at in cursor.fetchall():
            report.add(
                Finding(
                    "outside", f"审计事件{number}不在链上：封存之后插入，或其链节被删除", None, number, at
                )
            )
    marker, after = keys.marker(), report.settled
    while found := rows.unsealed(after, STEP):
        for event in found:
            if event["mark"] and marker.checks(canonical.content_form(event), event["mark"]) is False:
                report.add(
                    Finding(
                        "forged",
                        f"未封存的审计事件{event['id']}的写入标记不符",
                        None,
                        event["id"],
                        event["at"],
                    )
                )
        after = found[-1]["id"]
