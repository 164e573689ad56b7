"""How topics and contents of messages read in Chinese; rooms that put messages name theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_topics: dict[str, str] = {
    "repair.granted": "信用修复决定",
    "repair.revoked": "撤销信用修复决定",
    "repair.shielded": "屏蔽失信信息",
    "repair.shielding_ended": "结束屏蔽失信信息",
}
_names: dict[str, str] = {
    "case": "案件编号",
    "case_number": "案件编号",
    "reference": "案件编号",
    "letter": "决定书",
    "letter_number": "决定书文号",
    "decided_on": "决定日期",
    "subject": "主体",
    "subject_name": "主体名称",
    "subject_code": "统一社会信用代码",
    "code": "统一社会信用代码",
    "name": "名称",
    "record": "记录",
    "records": "记录",
    "record_key": "记录标识",
    "document_number": "决定文书号",
    "department": "来源单位",
    "department_code": "来源单位代码",
    "item": "事项",
    "item_code": "事项代码",
    "decision_date": "行政决定日期",
    "source_name": "来源单位",
    "source_code": "来源单位代码",
    "on": "生效日期",
    "items": "事项",
    "points": "异议点",
    "number": "序号",
    "ground": "异议事由",
    "field": "栏目",
    "before": "原值",
    "after": "更正后的值",
    "outcome": "结论",
    "reasons": "理由",
    "reason": "理由",
    "effective_on": "生效日期",
    "fulfilled_on": "履行完毕日期",
    "publicity": "公示",
    "public": "是否公示",
    "office": "决定机关",
    "body": "决定机关",
    "decided_by": "决定机关",
    "rule_set": "适用规则",
    "class": "失信程度",
    "state": "记录状态",
}
_values: dict[str, dict[str, str]] = {}


def name_topics(labels: Mapping[str, str]) -> None:
    """Say how topics read, for instance `{"repair.granted": "信用修复决定"}`."""
    _topics.update(labels)


def name_contents(
    labels: Mapping[str, str], *, values: Mapping[str, Mapping[str, str]] | None = None
) -> None:
    """Say how the names in payloads read, and the values of names whose values are codes."""
    _names.update(labels)
    for name, labels_of in (values or {}).items():
        _values.setdefault(name, {}).update(labels_of)


def topic_label(topic: str) -> str:
    return _topics.get(topic, topic)


def named_topics() -> dict[str, str]:
    return dict(_topics)


@dataclass(frozen=True)
class ContentLine:
    """One line of a message as it reads: how deep it stands, what it is, what it says."""

    depth: int
    label: str
    value: str


def readable(payload: Mapping[str, Any], depth: int = 0) -> Iterator[ContentLine]:
    """A payload line by line; what nobody has named keeps its own name.

    The database keeps no order of names: plain values come first, each group in the order in which names were declared.
    """
    declared = {name: position for position, name in enumerate(_names)}

    def place(pair: tuple[str, Any]) -> tuple[bool, int, str]:
        return _nested(pair[1]), declared.get(pair[0], len(declared)), pair[0]

    for name, value in sorted(payload.items(), key=place):
        yield from _lines(_names.get(name, name), name, value, depth)


def _lines(label: str, name: str, value: Any, depth: int) -> Iterator[ContentLine]:
    if isinstance(value, Mapping):
        yield ContentLine(depth, label, "")
        yield from readable(value, depth + 1)
    elif _nested(value):
        for position, one in enumerate(value, 1):
            yield from _lines(f"{label}{position}", name, one, depth)
    elif isinstance(value, list | tuple):
        yield ContentLine(depth, label, "、".join(_said(name, one) for one in value) or "—")
    else:
        yield ContentLine(depth, label, _said(name, value))


def _nested(value: Any) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, list | tuple) and any(isinstance(one, Mapping | list) for one in value)
    )


def _said(name: str, value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    return _values.get(name, {}).get(str(value), str(value))
