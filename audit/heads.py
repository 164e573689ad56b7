"""Exported heads: the end of the chain in a file, so that whoever owns the database cannot rewrite or cut off what lies before.

A head is worth what its keeper is worth: the product keeps the files in the files folder; the auditor takes copies away.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from . import canonical, keys
from .acts import act
from .clock import local_day, now
from .faults import Refused
from .models import Checkpoint, Head, Seal
from .sealing import latest

FOLDER = "audit-heads"
KIND = "xinheng-audit-head/1"


@dataclass(frozen=True)
class HeadFile:
    """What a head says; `signature` is over the rest, in the written form of `canonical`."""

    kind: str
    day: str
    made_at: str
    position: int
    count: int
    event_id: int
    hash: str
    algorithm: str
    settled: int
    previous_file: str
    """SHA-256 of the head file before it: taking one out shows as well."""
    signature: str = ""

    def form(self) -> bytes:
        told = asdict(self)
        del told["signature"]
        return canonical.written(told).encode()

    def text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n"

    def file_digest(self) -> str:
        """SHA-256 of the file, as its row has it."""
        return hashlib.sha256(self.text().encode()).hexdigest()


class UnreadableHead(ValueError):
    """The file is no head of a chain; the message says why."""


def parse(text: str) -> HeadFile:
    try:
        told: Any = json.loads(text)
        head = HeadFile(**told)
    except (ValueError, TypeError) as error:
        raise UnreadableHead("不是链头文件") from error
    numbers = (head.position, head.count, head.event_id, head.settled)
    texts = (head.kind, head.day, head.made_at, head.hash, head.algorithm, head.previous_file, head.signature)
    if (
        head.kind != KIND
        or not all(type(n) is int for n in numbers)
        or not all(type(t) is str for t in texts)
    ):
        raise UnreadableHead("不是链头文件")
    return head


def sign(form: bytes) -> str:
    """HMAC-SHA-256 under the first key of `XINHENG_AUDIT_KEYS`; empty without one."""
    for name, key in keys.known():
        return f"hmac-sha256/{name}:{hmac.digest(key, form, 'sha256').hex()}"
    return ""


def signature_holds(head: HeadFile) -> bool | None:
    """None: not signed, or under a key that is not among those given."""
    name, _, value = head.signature.removeprefix("hmac-sha256/").partition(":")
    key = dict(keys.known()).get(name)
    if not head.signature or key is None:
        return None
    return hmac.compare_digest(hmac.digest(key, head.form(), "sha256").hex(), value)


def export_head(*, actor: Any, moment: datetime | None = None) -> Head:
    """Write the present head into a file of the files folder, and its row; what is not sealed yet is not in it.

    Raises `Refused` (`audit.empty`) while nothing is sealed. The same head twice is the same file.
    """
    seal = Seal.objects.order_by("-position").first()
    if seal is None:
        raise Refused(
            "audit.empty", "审计日志还没有封存的事件，暂无链头可导出。请稍后再试，或先运行封存命令。"
        )
    known = Head.objects.filter(position=seal.position).order_by("-id").first()
    if known is not None and known.day == local_day(moment or now()):
        return known
    at = moment or now()
    before = Head.objects.order_by("-id").first()
    made = HeadFile(
        kind=KIND,
        day=local_day(at).isoformat(),
        made_at=canonical.moment(at),
        position=seal.position,
        count=seal.position,
        event_id=seal.event_id,
        hash=bytes(seal.hash).hex(),
        algorithm=seal.algorithm,
        settled=latest(Checkpoint.Kind.EVENTS).settled,
        previous_file=before.file_digest if before else "",
    )
    made = HeadFile(**{**asdict(made), "signature": sign(made.form())})
    content = made.text().encode()
    name = f"{made.day}-{made.position}.json"
    with act("audit.export_head", actor=actor, data={"day": made.day, "position": made.position}):
        head = Head.objects.create(
            day=local_day(at), at=at, position=made.position, event_id=made.event_id, algorithm=made.algorithm,
            hash=made.hash, file_name=name, file_digest=made.file_digest(),
            signed=bool(made.signature),
        )  # fmt: skip
        default_storage.save(f"{FOLDER}/{name}", ContentFile(content))
    return head


def content_of(head: Head) -> bytes:
    """The file as it lies in the files folder; raises `Refused` (`audit.head_missing`, `audit.head_changed`)."""
    path = f"{FOLDER}/{head.file_name}"
    if not default_storage.exists(path):
        raise Refused(
            "audit.head_missing", "链头文件不在文件目录中。请用自己保存的副本核验，并报告系统运维人员。"
        )
    with default_storage.open(path) as file:
        content: bytes = file.read()
    if hashlib.sha256(content).hexdigest() != head.file_digest:
        raise Refused(
            "audit.head_changed", "链头文件与登记的摘要不一致，可能被改动。请用自己保存的副本核验。"
        )
    return content


def folder() -> Path:
    return Path(settings.MEDIA_ROOT) / FOLDER


def files(places: Iterable[Path]) -> Iterator[tuple[str, HeadFile | UnreadableHead]]:
    """The heads that lie in folders or are named themselves, by file name."""
    for place in places:
        for path in sorted(place.glob("*.json")) if place.is_dir() else [place]:
            try:
                yield path.name, parse(path.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError) as error:
                yield path.name, UnreadableHead(f"读不出来：{error.__class__.__name__}")
            except UnreadableHead as error:
                yield path.name, error


def newest_before(heads: Iterable[HeadFile], day: date) -> HeadFile | None:
    """The head to begin from when only what came since a day is checked."""
    earlier = [head for head in heads if head.day <= day.isoformat()]
    return max(earlier, key=lambda head: head.position, default=None)
