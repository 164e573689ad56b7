"""What a report on performance must say, and what it must not [impl]: 全部履行 leaves nothing unfulfilled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from credit_records.rules.faults import Fault, reject
from credit_records.rules.text import clean_text

from .fields import text_faults

FULL, PART, NONE = "full", "part", "none"
STATUSES = {FULL: "全部履行", PART: "部分履行", NONE: "全部未履行"}
_LONGEST = 4000


@dataclass(frozen=True)
class Report:
    """A report on performance as it was filled in; texts are cleaned."""

    status: str
    determined_on: date | None
    unfulfilled: str = ""
    liability_pursued: str = ""


def parse_status(raw: object) -> str | Fault:
    """The status as it is written in files."""
    text = clean_text(raw)
    for key, title in STATUSES.items():
        if text == title:
            return key
    return reject("performance.status", f"承诺履行状态应是{'、'.join(STATUSES.values())}之一，请核对。")


def faults_of(report: Report, *, made_on: date, today: date) -> list[Fault]:
    """Everything that is wrong with a report on a commitment made on a day; empty when it may stand."""
    found = []
    if report.status not in STATUSES:
        found.append(reject("performance.status", "请选择承诺履行状态。"))
    elif report.status == FULL:
        if report.unfulfilled or report.liability_pursued:
            found.append(
                reject(
                    "performance.full_with_shortfall",
                    "全部履行的，未履行的承诺内容和违诺责任追究内容应留空；确有未履行的请改选履行状态。",
                )
            )
    else:
        title = STATUSES[report.status]
        if not report.unfulfilled:
            found.append(reject("performance.unfulfilled_missing", f"{title}的，必须写明未履行的承诺内容。"))
        if not report.liability_pursued:
            found.append(reject("performance.liability_missing", f"{title}的，必须写明违诺责任追究内容。"))
    found += text_faults("未履行的承诺内容", report.unfulfilled, _LONGEST)
    found += text_faults("违诺责任追究内容", report.liability_pursued, _LONGEST)
    found += _day(report.determined_on, made_on, today)
    return found


def _day(determined_on: date | None, made_on: date, today: date) -> list[Fault]:
    if determined_on is None:
        return [reject("field.required", "认定日期必须填写。")]
    if determined_on > today:
        return [reject("performance.in_future", f"认定日期{determined_on}晚于今天，请核对。")]
    if determined_on < made_on:
        return [
            reject(
                "performance.before_commitment",
                f"认定日期{determined_on}早于承诺作出日期{made_on}，请核对。",
            )
        ]
    return []
