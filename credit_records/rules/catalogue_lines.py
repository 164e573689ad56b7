"""Options, refused values and conditions of a catalogue field as lines of text, for editing by the office.

    法人及非法人组织 = 法人 | 非法人组织          an option with its other spellings
    自然人 | 个人 = 请改用自然人模板报送           values refused, with the sentence for the clerk
    处罚类别 含 罚款 | 没收违法所得 : 必填          a condition: 为, 含, 结尾为, 未填; 必填, 须说明, 提示

Columns are named by title or by code. What cannot be read is said in a sentence with the number of its line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from credit_records.rules.field_specs import ConditionKind


class LinesError(ValueError):
    """Lines that cannot be read; `problems` holds one Chinese sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


_CONDITION_WORDS: dict[ConditionKind, str] = {
    ConditionKind.EQUALS: "为",
    ConditionKind.CONTAINS: "含",
    ConditionKind.ENDS_WITH: "结尾为",
    ConditionKind.MISSING: "未填",
}
_WEIGHTS = {"reject": "必填", "hold": "须说明", "hint": "提示"}
_KIND_OF = {word: kind for kind, word in _CONDITION_WORDS.items()}
_WEIGHT_OF = {word: weight for weight, word in _WEIGHTS.items()}
_CONDITION = re.compile(
    r"(?P<field>.+?)\s+(?P<word>为|含|结尾为|未填)(?:\s+(?P<values>[^:：\s].*?))?"
    r"(?:\s*[:：]\s*(?P<weight>必填|须说明|提示))?"
).fullmatch


def _lines(text: str) -> list[tuple[int, str]]:
    return [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.replace("｜", "|").split("|") if part.strip()]


def option_lines(options: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(
        f"{option['value']} = {' | '.join(option['accepts'])}"
        if option.get("accepts")
        else str(option["value"])
        for option in options
    )


def options_from(text: str) -> list[dict[str, Any]]:
    options: list[dict[str, Any]] = []
    problems = []
    for number, line in _lines(text):
        value, _, accepts = line.partition("=")
        if not value.strip():
            problems.append(f"选项第{number}行没有选项值，请写作“选项 = 其他写法 | 其他写法”")
            continue
        options.append({"value": value.strip(), "accepts": _parts(accepts)})
    if problems:
        raise LinesError(problems)
    return options


def refusal_lines(refused: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(f"{' | '.join(one['accepts'])} = {one['message']}" for one in refused)


def refusals_from(text: str) -> list[dict[str, Any]]:
    refused: list[dict[str, Any]] = []
    problems = []
    for number, line in _lines(text):
        values, _, message = line.partition("=")
        if not _parts(values) or not message.strip():
            problems.append(f"不收取值第{number}行缺少取值或说明，请写作“取值 | 取值 = 给录入员的说明”")
            continue
        refused.append({"accepts": _parts(values), "message": message.strip()})
    if problems:
        raise LinesError(problems)
    return refused


def condition_lines(condition: Any, titles: Mapping[str, str]) -> str:
    """`titles` gives the title of each column code of the version."""
    several = condition if isinstance(condition, list) else [condition] if condition else []
    lines = []
    for one in several:
        weight = _WEIGHTS.get(str(one.get("severity", "reject")), "必填")
        if "missing" in one:
            code, word, values = str(one["missing"]), _CONDITION_WORDS[ConditionKind.MISSING], ""
        else:
            kind = next((kind for kind in ConditionKind if kind in one), ConditionKind.EQUALS)
            code, word = str(one.get("field", "")), _CONDITION_WORDS[kind]
            values = " " + " | ".join(str(value) for value in one.get(kind, ()))
        lines.append(f"{titles.get(code, code)} {word}{values} : {weight}")
    return "\n".join(lines)


def conditions_from(text: str, codes: Mapping[str, str]) -> list[dict[str, Any]] | None:
    """`codes` gives the code of each column title. An unknown name stays: the check of the item names it."""
    conditions: list[dict[str, Any]] = []
    problems = []
    for number, line in _lines(text):
        read = _CONDITION(line)
        if read is None:
            problems.append(
                f"必填条件第{number}行“{line}”看不懂，"
                "请写作“栏目 为|含|结尾为|未填 取值 | 取值 : 必填|须说明|提示”"
            )
            continue
        kind = _KIND_OF[read["word"]]
        named = read["field"].strip()
        code = codes.get(named, named)
        values = _parts(read["values"] or "")
        if (kind is ConditionKind.MISSING) == bool(values):
            problems.append(
                f"必填条件第{number}行：“未填”后面不写取值" if values else f"必填条件第{number}行没有写取值"
            )
            continue
        one: dict[str, Any] = (
            {"missing": code} if kind is ConditionKind.MISSING else {"field": code, kind: values}
        )
        weight = _WEIGHT_OF[read["weight"] or "必填"]
        if weight != "reject":
            one["severity"] = weight
        conditions.append({str(key): value for key, value in one.items()})
    if problems:
        raise LinesError(problems)
    return conditions or None
