"""What was told reads in Chinese, in an order that makes sense, whatever the database has made of it."""

from __future__ import annotations

from exchange.topics import ContentLine, readable, topic_label


def test_plain_values_come_first_in_the_order_declared_and_lists_are_numbered():
    payload = {
        "points": [{"reasons": "甲", "number": 1}, {"number": 2, "after": None}],
        "zzz": ["a", "b"],
        "decided_on": "2026-11-20",
        "case_number": "YY-2026-0001",
        "public": False,
    }
    assert list(readable(payload)) == [
        ContentLine(0, "案件编号", "YY-2026-0001"),
        ContentLine(0, "决定日期", "2026-11-20"),
        ContentLine(0, "是否公示", "否"),
        ContentLine(0, "zzz", "a、b"),
        ContentLine(0, "异议点1", ""),
        ContentLine(1, "序号", "1"),
        ContentLine(1, "理由", "甲"),
        ContentLine(0, "异议点2", ""),
        ContentLine(1, "序号", "2"),
        ContentLine(1, "更正后的值", "—"),
    ]


def test_codes_read_as_their_labels_and_unknown_ones_as_themselves():
    shown = {line.label: line.value for line in readable({"state": "repaired", "outcome": "no such"})}
    assert shown == {"记录状态": "已修复", "结论": "no such"}
    assert topic_label("objection.decided") == "异议处理决定"
    assert topic_label("other.topic") == "other.topic"
