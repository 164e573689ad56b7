"""`manage.py intake`: the same path as the upload page, for scripts and for a look before uploading."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from accounts.policy import NotAllowed
from accounts.services import actor_named
from audit.faults import Refused
from credit_records.intake.annotation import annotate
from credit_records.models import CatalogueItem, IntakeBatch, IntakeFinding
from credit_records.services import batches

ALL_ACCEPTED, SOME_NOT_ACCEPTED, UNUSABLE = 0, 1, 2


class _Unusable(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Command(BaseCommand):
    help = (
        "Checks a file of records and shows what it would change; with --commit hands the accepted rows to review. "
        "Exit status: 0 all rows accepted, 1 some not, 2 the file cannot be used."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--item", required=True, help="catalogue item, for instance penalty-org")
        parser.add_argument("--actor", required=True, help="username of the clerk who reports")
        parser.add_argument("--commit", action="store_true", help="submit the accepted rows for review")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print the outcome as JSON")
        parser.add_argument("--annotated", type=Path, help="write the workbook with every error marked")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                batch = self._run(options)
                answer = _outcome(batch)
                if options["annotated"]:
                    annotate(batch, options["annotated"])
                committed = options["commit"] and batch.accepted > 0
                if committed:
                    batch = batches.submit(batch, actor=batch.uploaded_by)
                    answer["batch"] = batch.pk
                else:
                    transaction.set_rollback(True)
            if not committed:
                batch.file.storage.delete(batch.file.name)
            answer["committed"] = committed
        except (_Unusable, Refused, NotAllowed) as refusal:
            self._say_unusable(refusal, options["as_json"])
            raise SystemExit(UNUSABLE) from None
        self._say(answer, options["as_json"])
        raise SystemExit(ALL_ACCEPTED if answer["accepted"] == answer["rows"] else SOME_NOT_ACCEPTED)

    def _run(self, options: dict[str, Any]) -> IntakeBatch:
        actor = actor_named(options["actor"])
        if actor is None:
            raise _Unusable("actor.unknown", f"没有名为“{options['actor']}”的在用账号。")
        if actor.department is None:
            raise _Unusable("actor.no_department", f"账号“{actor.username}”不属于任何报送单位。")
        item = CatalogueItem.objects.filter(code=options["item"]).first()
        if item is None:
            known = "、".join(CatalogueItem.objects.values_list("code", flat=True))
            raise _Unusable("item.unknown", f"目录里没有“{options['item']}”，可用：{known}。")
        try:
            with options["file"].open("rb") as stream:
                batch = batches.upload(
                    File(stream, name=options["file"].name), actor=actor, department=actor.department, item=item
                )
        except OSError as error:
            raise _Unusable("file.unreadable", f"打不开文件{options['file']}:{error.strerror}。") from None
        batch = batches.check(batch, actor=actor)
        if batch.state == IntakeBatch.State.REFUSED:
            batch.file.storage.delete(batch.file.name)
            raise _Unusable(batch.refusal_code, batch.refusal)
        return batch

    def _say_unusable(self, refusal: Any, as_json: bool) -> None:
        code, message = getattr(refusal, "code", "not_allowed"), getattr(refusal, "message", str(refusal))
        if as_json:
            nothing = dict.fromkeys(("rows", "accepted", "created", "updated", "unchanged", "held", "rejected"), 0)
            error = {"row": None, "column": None, "code": code, "severity": "reject", "message": message}
            self.stdout.write(json.dumps({**nothing, "errors": [error]}, ensure_ascii=False, indent=1))
        else:
            self.stderr.write(f"{message}({code})")

    def _say(self, answer: dict[str, Any], as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=1))
            return
        self.stdout.write(
            "共{rows}行 · 可入库{accepted}(新增{created} / 更新{updated} / 无变化{unchanged})"
            " · 存疑{held} · 拒绝{rejected}".format(**answer)
        )
        for error in answer["errors"]:
            self.stdout.write("第{row}行 {column} [{severity} {code}] {message}".format(**error))
        self.stdout.write("已提交审核。" if answer["committed"] else "仅检查，未写入任何记录。")


def _outcome(batch: IntakeBatch) -> dict[str, Any]:
    findings = IntakeFinding.objects.filter(batch=batch).order_by("row", "column_index", "id")
    return {
        "rows": batch.rows,
        "accepted": batch.accepted,
        "created": batch.created,
        "updated": batch.updated,
        "unchanged": batch.unchanged,
        "held": batch.held,
        "rejected": batch.rejected,
        "errors": list(findings.values("row", "column", "code", "severity", "message")),
    }
