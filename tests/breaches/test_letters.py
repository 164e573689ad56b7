"""What a letter quotes: the law, never the notes of what is the office's own definition."""

from __future__ import annotations

import pytest

from breaches.models import Measure
from breaches.rules.degrees import read
from breaches.selectors.letters import OUR_OWN, kept, measure_lines, quoted
from breaches.services.shipped import shipped

LAW = "《中华人民共和国行政许可法》第六十九条"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (LAW, LAW),
        (f"{LAW}。", LAW),
        (f"{LAW}（期限为本系统口径）", LAW),
        (f"{LAW}(期限为本系统口径)第二款", f"{LAW}第二款"),
        (f"{LAW}（适用程度（一般、严重）为本系统口径）", LAW),
        (f"{LAW}（以一般（本系统口径）为限）", f"{LAW}（以一般为限）"),
        (f"{LAW}；程度划分为本系统口径", LAW),
        (f"程度划分为本系统口径；{LAW}", LAW),
        (f"{LAW};期限为本系统口径。示例条例第一条。", f"{LAW};示例条例第一条"),
        (f"{LAW}，期限为本系统口径，可以修改", LAW),
        ("国办发〔2020〕42号三（二）：不适用告知承诺制（范围为本系统口径）", "国办发〔2020〕42号三（二）：不适用告知承诺制"),
        ("本系统口径", ""),
        ("（本系统口径）", ""),
    ],
)  # fmt: skip
def test_what_is_marked_as_our_own_is_not_quoted(source, said):
    assert quoted(source) == said


def test_nothing_that_is_shipped_tells_a_subject_of_our_own_definitions():
    marked = 0
    for data in shipped("degree-rules"):
        rules = read(data["body"])
        for grade in (*rules.grades, rules.otherwise):
            marked += OUR_OWN in grade.source
            assert quoted(grade.source).startswith("国办发〔")
            assert OUR_OWN not in quoted(grade.source)
    for data in shipped("measures"):
        marked += OUR_OWN in data["legal_basis"]
        line = measure_lines([kept(Measure(**data))])
        law = line.split("法律依据：")[1]
        assert OUR_OWN not in line
        assert len(law) > 15
        assert ("修复或者撤回时止" in line) == (data["effect"] == "no_commitment")
        assert ("期限12个月" in line) == (data["effect"] == "inspection")
    assert marked == 6  # the shipped texts keep the mark, for the office
