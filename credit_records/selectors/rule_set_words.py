"""What a draft changes against the rule set it was made from, sentence by sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CLASSES = {"minor": "轻微", "general": "一般", "serious": "严重"}
_PUBLICATION = {"always": "公示", "on_need": "确有必要才公示", "never": "不公示"}
_REPAIR = {
    "source": "修复依据", "duties_source": "履行义务的依据", "commitment_source": "公开承诺的依据",
    "bar_months": "提供虚假材料后不受理的月数", "bar_source": "不受理的依据", "shielding_source": "破产重整屏蔽的依据",
}  # fmt: skip


def differences(base: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Every difference of content in a sentence; title, source and days are told elsewhere."""
    return [
        *_of_classes(_by(base, "classes", "severity"), _by(new, "classes", "severity")),
        *_of_kinds(_by(base, "kinds", "value"), _by(new, "kinds", "value")),
        *_of_choice(base, new, "other_kinds", "未列入的处罚类别"),
        *_of_choice(base, new, "simple_procedure", "以简易程序作出的"),
        *_of_lists("数额规则", _amounts(base), _amounts(new)),
        *_of_lists("领域规则", _sectors(base), _sectors(new)),
        *_of_repair(base.get("repair") or {}, new.get("repair") or {}),
        *_of_lists("说明", list(base.get("notes") or ()), list(new.get("notes") or ())),
    ]


def _by(data: Mapping[str, Any], part: str, key: str) -> dict[str, Mapping[str, Any]]:
    return {row[key]: row for row in data.get(part) or ()}


def _of_classes(base: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    told = []
    for severity, after in new.items():
        before = base.get(severity, {})
        name = _CLASSES.get(severity, severity)
        if before.get("title") != after["title"]:
            told.append(f"{name}：名称由“{before.get('title', '')}”改为“{after['title']}”")
        if before.get("publication") != after["publication"]:
            was, is_now = (_PUBLICATION.get(str(one.get("publication")), "") for one in (before, after))
            told.append(f"{name}：由“{was}”改为“{is_now}”")
        for field, words in (("minimum_months", "最短公示期"), ("maximum_months", "最长公示期")):
            if before.get(field) != after[field]:
                told.append(f"{name}：{words}由{before.get(field, '—')}个月改为{after[field]}个月")
    return told


def _of_kinds(base: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    told = [
        f"新列入处罚类别“{kind}”，按{_CLASSES[new[kind]['severity']]}" for kind in new if kind not in base
    ]
    told += [f"不再列入处罚类别“{kind}”" for kind in base if kind not in new]
    for kind in new:
        if kind in base and base[kind]["severity"] != new[kind]["severity"]:
            was, is_now = _CLASSES[base[kind]["severity"]], _CLASSES[new[kind]["severity"]]
            told.append(f"处罚类别“{kind}”由{was}改为{is_now}")
    return told


def _of_choice(base: Mapping[str, Any], new: Mapping[str, Any], field: str, words: str) -> list[str]:
    if base.get(field) == new.get(field):
        return []
    was, is_now = (_CLASSES.get(str(one.get(field)), "") for one in (base, new))
    return [f"{words}由{was}改为{is_now}"]


def _of_lists(words: str, base: list[str], new: list[str]) -> list[str]:
    return [f"增加{words}：{one}" for one in new if one not in base] + [
        f"取消{words}：{one}" for one in base if one not in new
    ]


def _amounts(data: Mapping[str, Any]) -> list[str]:
    return [
        f"{row['kind']}{row['at_least']}万元以上"
        + (f"(处罚依据含{'、'.join(row['basis_keywords'])})" if row.get("basis_keywords") else "")
        + f"按{_CLASSES[row['severity']]}"
        for row in data.get("amounts") or ()
    ]


def _sectors(data: Mapping[str, Any]) -> list[str]:
    return [
        f"{row['title']}最短公示{row['minimum_months']}个月(处罚依据含{'、'.join(row.get('basis_keywords') or ())})"
        for row in data.get("sectors") or ()
    ]


def _of_repair(base: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    told = [
        f"{words}由“{base.get(field, '')}”改为“{new.get(field, '')}”"
        for field, words in _REPAIR.items()
        if base.get(field) != new.get(field)
    ]
    told += _of_lists("不予修复的情形", *(
        [f"{row['title']}(决定内容含{'、'.join(row['words'])})" for row in one.get("unrepairable") or ()]
        for one in (base, new)
    ))  # fmt: skip
    for words, name, read in (
        ("须由上级审核的", "upper_review", _review),
        ("两书同达", "served_notice", _served),
    ):
        was, is_now = (read(part.get(name) or {}) for part in (base, new))
        if was != is_now:
            told.append(f"{words}由“{was}”改为“{is_now}”")
    return told


def _review(part: Mapping[str, Any]) -> str:
    words = [_CLASSES[one] for one in part.get("severities") or ()]
    if part.get("minimum_months"):
        words.append(f"最短公示期{part['minimum_months']}个月以上")
    return "、".join(words) or "没有"


def _served(part: Mapping[str, Any]) -> str:
    return f"{part.get('since')}起的决定{part.get('days')}个工作日内" if part else "没有"
