"""`manage.py intake`: the same path as the upload page, for scripts and for a look before uploading."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.db.models.fields.files import FieldFile

from accounts.policy import NotAllowed
from accounts.services import actor_named
from audit.faults import Refused
from credit_records.intake.annotation import annotate
from credit_records.models import CatalogueItem, IntakeBatch, IntakeFinding
from credit_records.services import batches

logger = logging.getLogger(__name__)

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
        self.kept: FieldFile | None = None
        committed = False
        try:
            with transaction.atomic():
                batch = self._run(options)
                if options["annotated"]:
                    annotate(batch, options["annotated"])
                if options["commit"] and (batch.created or batch.updated):
                    batch = batches.submit(batch, actor=batch.uploaded_by)
                    committed = True
                answer = {**_outcome(batch), "committed": committed}
                if committed:
                    answer["batch"] = batch.pk
                else:
                    transaction.set_rollback(True)
        except (_Unusable, Refused, NotAllowed) as refusal:
            committed = False
            code, message = getattr(refusal, "code", "not_allowed"), getattr(refusal, "message", str(refusal))
            self._say_unusable(code, message, options["as_json"])
            raise SystemExit(UNUSABLE) from None
        except OSError as error:
            committed = False
            self._say_unusable(
                "file.cannot_write", f"批注工作簿写不到{options['annotated']}：{error}", options["as_json"]
            )
            raise SystemExit(UNUSABLE) from None
        except Exception:
            # A script that reads the answer must get one; what went wrong is told to the operator.
            committed = False
            logger.exception("intake of %s failed", options["file"])
            self._say_unusable(
                "internal.error",
                "检查时发生内部错误，没有写入任何内容，请联系系统管理员。",
                options["as_json"],
            )
            raise SystemExit(UNUSABLE) from None
        finally:
            if not committed and self.kept is not None:
                self.kept.storage.delete(self.kept.name)
        self._say(answer, options["as_json"])
        whole = answer["accepted"] == answer["rows"] and not batch.layout.get("other_tables")
        raise SystemExit(ALL_ACCEPTED if whole else SOME_NOT_ACCEPTED)

    def _run(self, options: dict[str, Any]) -> IntakeBatch:
        actor = actor_named(options["actor"])
        if actor is None:
            raise _Unusable("actor.unknown", f"没有名为“{options['actor']}”的在用账号。")
        if actor.department is None:
            raise _Unusable("actor.no_department", f"账号“{actor.username}”不属于任何报送单位。")
        item = CatalogueItem.objects.filter(code=options["item"]).first()
        if item is None:
            reported = CatalogueItem.objects.exclude(kind__in=CatalogueItem.BY_DECISION)
            known = "、".join(reported.values_list("code", flat=True))
            raise _Unusable("item.unknown", f"目录里没有“{options['item']}”，可用：{known}。")
        try:
            with options["file"].open("rb") as stream:
                batch = batches.upload(
                    File(stream, name=options["file"].name),
                    actor=actor,
                    department=actor.department,
                    item=item,
                )
        except OSError:
            raise _Unusable("file.unreadable", f"打不开文件{options['file']}，请核对路径和权限。") from None
        self.kept = batch.file
        batch = batches.check(batch, actor=actor)
        if batch.state == IntakeBatch.State.REFUSED:
            raise _Unusable(batch.refusal_code, batch.refusal)
        return batch

    def _say_unusable(self, code: str, message: str, as_json: bool) -> None:
        if as_json:
            nothing = dict.fromkeys(
                ("rows", "accepted", "created", "updated", "unchanged", "held", "rejected"), 0
            )
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
            place = f"第{error['row']}行 {error['column']} " if error["row"] else ""
            self.stdout.write(place + "[{severity} {code}] {message}".format(**error))
        self.stdout.write("已提交审核。" if answer["committed"] else "仅检查，未写入任何记录。")


def _outcome(batch: IntakeBatch) -> dict[str, Any]:
    unread = [
        {
            "row": None,
            "column": None,
            "code": "file.other_table",
            "severity": "hold",
            "message": f"工作表“{name}”也有同样的表头，其中的行没有读取，请另存为单独的文件上传。",
        }
        for name in batch.layout.get("other_tables", [])
    ]
    findings = IntakeFinding.objects.filter(batch=batch).order_by("row", "column_index", "id")
    return {
        "rows": batch.rows,
        "accepted": batch.accepted,
        "created": batch.created,
        "updated": batch.updated,
        "unchanged": batch.unchanged,
        "held": batch.held,
        "rejected": batch.rejected,
        "errors": unread + list(findings.values("row", "column", "code", "severity", "message")),
    }
