"""Lists of a catalogue field as lines of text: what the shipped catalogue holds comes back unchanged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import credit_records
from credit_records.rules.catalogue_lines import (
    LinesError,
    condition_lines,
    conditions_from,
    option_lines,
    options_from,
    refusal_lines,
    refusals_from,
)
from credit_records.rules.fields import item_spec_from_dict
from credit_records.rules.questions import Question, by_question, title_of

SHIPPED = sorted((Path(credit_records.__file__).parent / "data" / "catalogue").glob("*.json"))


def versions(path):
    data = json.loads(path.read_text(encoding="utf-8"))
    head = {key: value for key, value in data.items() if key != "versions"}
    return [{**head, **version} for version in data["versions"]]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_list_of_the_shipped_catalogue_survives_the_lines(path):
    for version in versions(path):
        titles = {field["code"]: field["title"] for field in version["fields"]}
        codes = {title: code for code, title in titles.items()}
        for field in version["fields"]:
            options = [
                {"value": one["value"], "accepts": one.get("accepts", [])}
                for one in field.get("options") or []
            ]
            assert options_from(option_lines(options)) == options
            refused = field.get("refused") or []
            assert refusals_from(refusal_lines(refused)) == refused
            condition = field.get("condition")
            several = condition if condition is None or isinstance(condition, list) else [condition]
            assert conditions_from(condition_lines(condition, titles), codes) == several


def test_conditions_name_columns_by_title_or_code_and_weigh_by_words():
    codes = {"处罚类别": "CF_CFLB"}
    assert conditions_from(
        "处罚类别 含 罚款 | 警告 : 须说明\n\nCF_CFLB 未填:提示\n名称 结尾为 公司", codes
    ) == [
        {"field": "CF_CFLB", "contains": ["罚款", "警告"], "severity": "hold"},
        {"missing": "CF_CFLB", "severity": "hint"},
        {"field": "名称", "ends_with": ["公司"]},
    ]
    assert conditions_from(" \n", codes) is None


@pytest.mark.parametrize(
    ("read", "text", "sentence"),
    [
        (lambda text: conditions_from(text, {}), "处罚类别 大于 3", "第1行"),
        (lambda text: conditions_from(text, {}), "处罚类别 含 : 必填", "没有写取值"),
        (lambda text: conditions_from(text, {}), "处罚类别 未填 罚款 : 必填", "不写取值"),
        (options_from, "罚款\n= 警告", "第2行没有选项值"),
        (refusals_from, "自然人", "缺少取值或说明"),
    ],
)
def test_lines_that_cannot_be_read_are_said_with_their_number(read, text, sentence):
    with pytest.raises(LinesError, match=sentence):
        read(text)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_column_answers_exactly_one_question(path):
    for version in versions(path):
        spec = item_spec_from_dict(version)
        groups = by_question(spec)
        placed = [field.code for fields in groups.values() for field in fields]
        assert sorted(placed) == sorted(field.code for field in spec.fields)
        for question in (Question.WHO, Question.BASIS, Question.DECISION, Question.WHEN, Question.BY_WHOM):
            assert groups[question], question


def test_facts_stand_before_the_basis_and_the_decision_after_it():
    path = next(path for path in SHIPPED if path.stem == "penalty-org")
    groups = by_question(item_spec_from_dict(versions(path)[0]))
    titles = {question: [field.title for field in fields] for question, fields in groups.items()}
    assert titles[Question.WHAT] == ["违法行为类型", "违法事实"]
    assert titles[Question.BASIS] == ["行政处罚决定书文号", "处罚依据"]
    assert "处罚内容" in titles[Question.DECISION]
    assert "公示截止期" in titles[Question.WHEN]
    assert title_of(Question.DECISION, "penalty") == "怎么处罚的"
