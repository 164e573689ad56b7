"""Check the journal: the chain, what lies outside of it, the exported heads, the history tables and their triggers."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from audit import canonical
from audit.findings import Finding, Report
from audit.tasks import note_verification
from audit.verifying import verify


class Command(BaseCommand):
    help = (
        "Checks that the journal is as it was written and names the first bad event. "
        "Exit status: 0 everything fits, 1 something was changed, removed or inserted, 2 wrong arguments."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", type=date.fromisoformat, metavar="YYYY-MM-DD",
                            help="only what was sealed since this day, from the last head exported before it")  # fmt: skip
        parser.add_argument("--heads", type=Path, action="append", default=[], metavar="PATH",
                            help="a folder of head files, or one, kept elsewhere; may be given several times")  # fmt: skip
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument("--note", action="store_true", help="write the result into the journal")

    def handle(self, *args: Any, **options: Any) -> None:
        for place in options["heads"]:
            if not place.exists():
                self.stderr.write(f"没有这个文件或文件夹：{place}")
                sys.exit(2)
        report = verify(since=options["since"], places=options["heads"])
        if options["note"]:
            note_verification(report)
        if options["json"]:
            self.stdout.write(json.dumps(_told(report), ensure_ascii=False, indent=2))
        else:
            self._say(report)
        if report.findings:
            sys.exit(1)

    def _say(self, report: Report) -> None:
        say = self.stdout.write
        say(f"已核验{report.checked}个事件，链尾第{report.position}位，链值 {report.hash or '—'}")
        say(f"链头文件{report.heads}个(有效签名{report.heads_signed}个)，可由链头证明到第{report.anchored}位")
        say(f"未封存{report.tail}个，最早的已等待{report.tail_age_seconds}秒；历史表{report.history_rows}行")
        if report.marks_unchecked:
            say(f"{report.marks_unchecked}个事件的标记密钥不在 XINHENG_AUDIT_KEYS 中，未核对标记")
        for remark in report.remarks[:20]:
            say(f"说明：{remark}")
        if report.first is None:
            say("没有发现改动、缺失或插入。")
            return
        say(f"发现{len(report.findings) + report.more}处不符，首处：{_line(report.first)}")
        for finding in report.findings[1:]:
            say(f"  {_line(finding)}")
        if report.more:
            say(f"  另有{report.more}处")


def _line(finding: Finding) -> str:
    return f"[{finding.code}] {finding.message}"


def _told(report: Report) -> dict[str, Any]:
    told = asdict(report)
    told["ok"] = not report.findings
    for finding in told["findings"]:
        finding["at"] = canonical.moment(finding["at"]) if finding["at"] else None
    told["first"] = told["findings"][0] if told["findings"] else None
    return told
