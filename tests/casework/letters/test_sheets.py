"""Templates and sheets, without a database: what may stand in a template, and what comes of it."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date

import pytest

from casework.letters.sheet import Sheet, SheetUnreadable, date_words, plain
from casework.letters.shipped import shipped
from casework.letters.templates import (
    NAMES,
    TemplateFaulty,
    ValueMissing,
    compose,
    number_of,
    template_from_dict,
    worded,
)
from casework.models.letters import LetterKind

from .sheets import DAY, OFFICE, VALUES, plain_sheet, sheet_of_kind

KINDS = ("acceptance", "refusal", "correction", "extension", "verification", "decision", "termination")
FAULTLESS = {
    "key": "demo",
    "kind": "acceptance",
    "case_kind": "objection",
    "title": "示例通知书",
    "register": "demo",
    "number_pattern": "银信示〔{year}〕{serial}号",
    "in_force_from": "2026-04-01",
    "in_force_to": None,
    "source": "示例",
    "form": "letter",
    "paragraphs": [
        {"text": "案件{case_number}应于{due}前办结。"},
        {"text": "理由：{reasons}", "when": "reasons"},
    ],
}


def with_changes(**changes):
    return template_from_dict({**deepcopy(FAULTLESS), **changes})


def texts(sheet: Sheet) -> list[str]:
    return [one.text for one in sheet.paragraphs]


def composed(template, **values):
    return compose(template, worded(values), head=OFFICE, number="示例", dated=DAY, addressee="示例公司")


def test_every_kind_is_shipped_with_its_source():
    found = [template_from_dict(data) for data in shipped()]
    assert {one.kind for one in found} == set(LetterKind.values)
    assert all(one.source for one in found)
    assert len({one.register for one in found}) == len(found)
    assert len({one.key for one in found}) == len(found)


@pytest.mark.parametrize("kind", KINDS)
def test_a_shipped_letter_says_who_what_and_when(kind):
    sheet = sheet_of_kind(kind)
    whole = "".join(texts(sheet))
    assert VALUES["case_number"] in whole
    assert not set("{}") & set(whole)
    assert sheet.number.endswith("〔2026〕12号")
    assert sheet.dated_words == "2026年11月22日"


@pytest.mark.parametrize(
    ("kind", "day"),
    [
        ("acceptance", "2026年11月25日"),
        ("acceptance", "2026年11月30日"),
        ("correction", "2026年11月27日"),
        ("extension", "2026年11月23日"),
        ("extension", "2026年11月25日"),
        ("verification", "2026年11月24日"),
    ],
)
def test_deadlines_stand_in_the_letter(kind, day):
    assert day in "".join(texts(sheet_of_kind(kind)))


@pytest.mark.parametrize("kind", ["refusal", "decision"])
def test_remedies_stand_in_what_refuses_or_decides(kind):
    whole = "".join(texts(sheet_of_kind(kind)))
    for remedy in (
        VALUES["upper_body"],
        "行政复议法",
        VALUES["review_body"],
        "行政诉讼法",
        "六十日",
        "六个月",
    ):
        assert remedy in whole


@pytest.mark.parametrize("kind", ["refusal", "decision"])
def test_review_and_suit_are_named_only_where_the_office_says_who_takes_them(kind):
    whole = "".join(texts(sheet_of_kind(kind, review_body="", court="")))
    assert "行政复议法" not in whole
    assert "行政诉讼法" not in whole
    assert VALUES["upper_body"] in whole


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"paragraphs": [{"text": "{unknown}"}]}, "{unknown} is unknown"),
        ({"paragraphs": [{"text": "{case.number}"}]}, "a brace that is no gap"),
        ({"paragraphs": [{"text": "{case_number!r}"}]}, "a brace that is no gap"),
        ({"paragraphs": [{"text": "{due:%Y}"}]}, "a brace that is no gap"),
        ({"paragraphs": [{"text": "{0}"}]}, "a brace that is no gap"),
        ({"paragraphs": [{"text": "{{due}}"}]}, "a brace that is no gap"),
        ({"paragraphs": [{"text": "好", "when": "weather"}]}, "when 'weather' is unknown"),
        ({"paragraphs": [{"text": "好", "style": "bold"}]}, "style 'bold' is unknown"),
        ({"paragraphs": [{"text": "好", "html": "x"}]}, "html is unknown"),
        ({"paragraphs": ["好"]}, "a passage without text"),
        ({"titles": [{"text": "好"}]}, "one of the titles does not say when it stands"),
        ({"titles": [{"text": "好", "when": "weather"}]}, "when 'weather' is unknown"),
        ({"paragraphs": []}, "there is no text"),
        ({"number_pattern": "银信示〔{year}〕号"}, "number_pattern"),
        ({"number_pattern": "银信示〔{year}〕{serial}{serial}号"}, "number_pattern"),
        ({"register": ""}, "register is missing"),
        ({"source": ""}, "source is missing"),
        ({"form": "poster"}, "form 'poster' is unknown"),
        ({"deadline": "tomorrow"}, "deadline 'tomorrow' is no day"),
        ({"in_force_from": "2026-13-01"}, "in_force_from is no day"),
        ({"in_force_to": "2026-03-31"}, "in_force_to lies before in_force_from"),
        ({"colour": "red"}, "colour is unknown"),
    ],
)
def test_a_faulty_template_does_not_load(changes, problem):
    with pytest.raises(TemplateFaulty) as caught:
        with_changes(**changes)
    assert problem in "; ".join(caught.value.problems)


def test_what_is_missing_is_named_in_chinese():
    with pytest.raises(ValueMissing) as caught:
        composed(with_changes(), case_number="YY-2026-0001", due="")
    assert caught.value.label == "办结期限"


def test_a_passage_without_its_condition_is_left_out():
    template = with_changes()
    days = {"case_number": "YY-2026-0001", "due": DAY}
    assert len(composed(template, **days).paragraphs) == 1
    assert texts(composed(template, **days, reasons="好"))[1] == "理由：好"


def test_a_brace_typed_by_a_clerk_stays_a_brace():
    sheet = composed(
        with_changes(), case_number="{due}{applicant.password}", due=DAY, reasons="{reasons} {0} {{"
    )
    assert texts(sheet) == [
        "案件{due}{applicant.password}应于2026年11月22日前办结。",
        "理由：{reasons} {0} {{",
    ]


def test_lines_of_a_value_become_paragraphs_of_their_own():
    sheet = composed(with_changes(), case_number="甲", due=DAY, reasons="一\r\n\r\n  二\n")
    assert texts(sheet)[1:] == ["理由：一", "二"]


def test_an_unknown_value_is_an_error_of_the_caller():
    with pytest.raises(KeyError):
        worded({"password": "x"})


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("罚款\u202e000,5\u202c元", "罚款000,5元"),
        ("甲\u200b乙\ufeff丙\x00丁", "甲乙丙丁"),
        ("甲\t乙", "甲 乙"),
        ("\ue000甲", "甲"),
        ("\ud800甲", "甲"),
        ("  ", ""),
    ],
)
def test_invisible_and_turning_characters_do_not_reach_the_paper(typed, printed):
    assert plain(typed) == printed


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (date(2026, 1, 2), "2026年1月2日"),
        ("2026-11-22", "2026年11月22日"),
        ("收到之日起五日内", "收到之日起五日内"),
        (None, ""),
    ],
)
def test_days_are_written_in_full_without_leading_zeros(value, printed):
    assert worded({"due": value})["due"] == printed


def test_the_number_has_no_leading_zeros():
    assert number_of(with_changes(), year=2026, serial=7) == "银信示〔2026〕7号"


def test_a_sheet_survives_its_storage():
    for kind in (*KINDS, "delivery"):
        sheet = sheet_of_kind(kind)
        assert Sheet.from_json(json.loads(json.dumps(sheet.as_json()))) == sheet


@pytest.mark.parametrize(
    "change", [{"layout": 99}, {"form": "poster"}, {"stranger": 1}, {"paragraphs": [{"words": "x"}]}]
)
def test_what_is_no_sheet_is_refused(change):
    with pytest.raises(SheetUnreadable):
        Sheet.from_json({**plain_sheet("好").as_json(), **change})


def test_every_name_has_a_chinese_label():
    assert all(label and not label.isascii() for label in NAMES.values())
    assert date_words(date(2026, 12, 1)) == "2026年12月1日"
