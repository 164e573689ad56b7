"""Search of the record list: what people type, and what it must not show."""

from __future__ import annotations

import pytest

from accounts.policy import policy_for
from credit_records.models import Record, SubjectName
from credit_records.selectors import search
from credit_records.selectors.search import search_records

from .builders import company_code, penalty

pytestmark = pytest.mark.django_db
NAME, CODE, NUMBER = "行政相对人名称", "行政相对人代码_1(统一社会信用代码)", "行政处罚决定书文号"
DAY = "处罚决定日期"


@pytest.fixture
def companies(report):
    """Four records; the third company was once reported under another name."""
    report(
        penalty(1, **{NAME: "银川示例安邦商贸有限公司", NUMBER: "银市监罚〔2026〕1号", DAY: "2026/05/01"}),
        penalty(
            2, **{NAME: "金凤示例顺泰建材(集团)有限公司", NUMBER: "银市监罚〔2026〕12号", DAY: "2026/05/02"}
        ),
        penalty(
            3,
            **{
                NAME: "贺兰示例旧名食品厂",
                NUMBER: "银市监罚〔2025〕3号",
                DAY: "2025/05/03",
                "公示截止期": None,
            },
        ),
        submit=True,
    )
    report(
        penalty(3, **{NAME: "贺兰示例新号食品厂", NUMBER: "银市监罚〔2026〕33号", DAY: "2026/05/04"}),
        submit=True,
    )


def numbers(text, records=None):
    found = search_records(Record.objects.all() if records is None else records, text)
    return [record.document_number.split("〕")[1] for record in found]


@pytest.mark.parametrize("few", [500, 0], ids=["rare", "common"])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("安邦", ["1号"]),
        ("顺泰建材", ["12号"]),
        ("建材（集团）", ["12号"]),
        ("  建材 ( 集团 )", ["12号"]),
        ("示例", ["33号", "12号", "1号", "3号"]),
        ("邦安", []),
        ("安商", []),
        ("金", ["12号"]),
        ("厂", []),
        ("银市", ["33号", "12号", "1号", "3号"]),
        ("食品厂", ["33号", "3号"]),
        ("旧名", ["33号", "3号"]),
        ("新号", ["33号", "3号"]),
        ("没有", []),
        ("%", []),
        ("_", []),
        ("示_", []),
        ("%邦", []),
        ("示%商贸", []),
        ("\\", []),
    ],
)
def test_names_are_found_by_their_characters(companies, monkeypatch, few, text, found):
    """Both ways, that for rare names and that for common ones, find the same."""
    monkeypatch.setattr(search, "FEW", few)
    assert numbers(text) == found


@pytest.mark.parametrize("few", [500, 0], ids=["rare", "common"])
@pytest.mark.parametrize(
    "text",
    [
        company_code(2),
        company_code(2).lower(),
        f" {company_code(2)} ",
        "".join(chr(ord(sign) + 0xFEE0) for sign in company_code(2)),
        company_code(2)[:17],
    ],
)
def test_codes_are_found_in_any_writing(companies, monkeypatch, few, text):
    monkeypatch.setattr(search, "FEW", few)
    assert numbers(text) == ["12号"]


@pytest.mark.parametrize("few", [500, 0], ids=["rare", "common"])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("银市监罚〔2026〕1号", ["1号"]),
        ("银市监罚[2026]1号", ["1号"]),
        ("银市监罚(2026)1号", ["1号"]),
        ("银市监罚【2026】 1号", ["1号"]),
        ("银市监罚〔2026〕1", ["12号", "1号"]),
        ("银市监罚〔2025", ["3号"]),
        ("银市监罚_2026", []),
        ("银市监罚%", []),
    ],
)
def test_document_numbers_are_found_by_their_beginning(companies, monkeypatch, few, text, found):
    monkeypatch.setattr(search, "FEW", few)
    assert numbers(text) == found


def test_blank_text_leaves_the_list_as_it_is(companies):
    assert numbers("  ") == ["33号", "12号", "1号", "3号"]


@pytest.mark.parametrize("few", [500, 0], ids=["rare", "common"])
@pytest.mark.parametrize("text", ["安邦", "示例", company_code(1), "银市监罚〔2026〕1号"])
def test_a_stranger_finds_nothing_of_another_department(companies, city, monkeypatch, few, text):
    monkeypatch.setattr(search, "FEW", few)
    policy = policy_for(Record)
    assert numbers(text, policy.scope(city.stranger, "view")) == []
    assert "1号" in numbers(text, policy.scope(city.clerk, "view"))


def test_a_search_keeps_the_filters_and_the_order_of_the_list(companies):
    list_shown = Record.objects.filter(document_key__contains="2026").order_by("decision_date")
    assert numbers("示例", list_shown) == ["1号", "12号", "33号"]


@pytest.mark.parametrize(
    ("text", "queries"),
    [
        ("安邦", 2),
        ("示例", 2),
        (company_code(1), 1),
        ("DEM0", 3),
        ("银市监罚〔2026〕1号", 2),
        ("银", 2),
        ("", 0),
    ],
)
def test_a_search_asks_little_before_the_list_itself(companies, django_assert_num_queries, text, queries):
    with django_assert_num_queries(queries):
        search_records(Record.objects.all(), text)


def test_the_second_company_name_of_the_fixture_is_a_name_of_one_subject(companies):
    assert SubjectName.objects.filter(subject__code=company_code(3)).count() == 2
