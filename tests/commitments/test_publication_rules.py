"""What the public is told of a commitment, as a table; nothing of a person leaves that the disclosure does not allow."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from commitments.rules.publication import (
    Report,
    Shown,
    ShownMatter,
    Standing,
    matter_payload,
    public_payload,
    retraction,
    standing_on,
)

DAY = date(2026, 11, 16)
NUMBER = "110101199003070011"
BODY = Shown(
    code="64010020261116000001", person=False, subject_name="银川示例1号有限公司", file_name="银川示例1号有限公司", subject_category="法人",
    subject_code="91640100DEM000010P", id_masked="", kind="审批替代型", cause="食品经营许可", content="承诺符合条件。",
    liability="依法撤销。", made_on=DAY, valid_until=None, department="银川市市场监督管理局",
    department_code="11640100DEP00001XK", disclosure="public", disclosure_title="可向社会公开", withdrawn=False,
)  # fmt: skip
PERSON = replace(
    BODY, person=True, subject_name="欧阳示例", file_name="欧阳示例", subject_category="自然人", subject_code="", id_masked="110***********0011",
    content="欧阳示例承诺按期还款。", cause="欧阳示例申请",
)  # fmt: skip
SHORT = Report(1, "部分履行", "欧阳示例尚欠一期。", "责令限期改正", DAY, "某局", "1")


@pytest.mark.parametrize(
    ("changes", "day", "standing"),
    [
        ({}, DAY, Standing.PUBLIC),
        ({"disclosure": "limited"}, DAY, Standing.NOT_DISCLOSED),
        ({"disclosure": "closed"}, DAY, Standing.NOT_DISCLOSED),
        ({"withdrawn": True}, DAY, Standing.WITHDRAWN),
        ({"withdrawn": True, "disclosure": "closed"}, DAY, Standing.WITHDRAWN),
        ({"valid_until": date(2026, 12, 31)}, date(2026, 12, 31), Standing.PUBLIC),
        ({"valid_until": date(2026, 12, 31)}, date(2027, 1, 1), Standing.ENDED),
        ({"valid_until": date(2026, 12, 31), "disclosure": "closed"}, date(2027, 1, 1), Standing.NOT_DISCLOSED),
    ],
)  # fmt: skip
def test_disclosure_state_and_validity_decide(changes, day, standing):
    one = replace(BODY, **changes)
    found = standing_on(day, disclosure=one.disclosure, withdrawn=one.withdrawn, valid_until=one.valid_until)
    assert found is standing
    assert (public_payload(one, on=day) is not None) == (standing is Standing.PUBLIC)


def test_a_body_is_told_as_it_is_written():
    told = public_payload(BODY, on=DAY)
    assert (told["subject_name"], told["subject_code"]) == ("银川示例1号有限公司", "91640100DEM000010P")
    assert (told["made_on"], told["valid_until"], told["performances"]) == ("2026-11-16", "", [])
    assert set(told) == {
        "commitment_code", "subject_name", "subject_category", "subject_code", "kind", "cause", "content", "liability",
        "made_on", "valid_until", "department", "department_code", "disclosure", "performances",
    }  # fmt: skip


def test_a_persons_name_and_number_are_masked_wherever_they_stand():
    told = public_payload(replace(PERSON, liability=f"证件{NUMBER}。", reports=(SHORT,)), on=DAY)
    assert (told["subject_name"], told["subject_code"]) == ("欧阳**", "110***********0011")
    assert (told["content"], told["cause"]) == ("欧阳**承诺按期还款。", "欧阳**申请")
    assert told["performances"][0]["unfulfilled"] == "欧阳**尚欠一期。"
    whole = json.dumps(told, ensure_ascii=False)
    assert "示例" not in whole
    assert NUMBER not in whole


def test_a_person_who_has_another_name_on_file_is_covered_under_both_and_in_the_kind_too():
    """Who was corrected on the commitment alone, or has changed the name since, still stands in the texts."""
    renamed = replace(
        PERSON, subject_name="欧阳示", content="欧阳示例和欧阳示是同一人。", kind="其他-欧阳示例还款"
    )
    told = public_payload(renamed, on=DAY)
    assert (told["content"], told["kind"]) == ("欧阳**和欧阳*是同一人。", "其他-欧阳**还款")


def test_a_number_in_a_bodys_text_is_masked_too():
    assert NUMBER not in public_payload(replace(BODY, content=f"法定代表人{NUMBER}。"), on=DAY)["content"]


def test_reports_go_out_with_their_commitment():
    told = public_payload(replace(BODY, reports=(SHORT, replace(SHORT, number=2, status="全部履行"))), on=DAY)
    assert [(one["number"], one["status"]) for one in told["performances"]] == [
        (1, "部分履行"),
        (2, "全部履行"),
    ]


def test_the_same_commitment_gives_the_same_payload_on_every_day_of_its_validity():
    one = replace(BODY, valid_until=date(2026, 12, 31))
    assert public_payload(one, on=DAY) == public_payload(one, on=date(2026, 12, 31))


@pytest.mark.parametrize(
    ("standing", "why"),
    [
        (Standing.WITHDRAWN, "承诺已撤回"),
        (Standing.NOT_DISCLOSED, "公开类型改为不向社会公开"),
        (Standing.ENDED, "承诺有效期已满"),
    ],
)
def test_a_retraction_says_why_in_the_products_words(standing, why):
    assert retraction(BODY.code, standing) == {"commitment_code": BODY.code, "reason": why}


MATTER = ShownMatter(
    "7", "食品经营许可告知承诺", "审批替代型", "示例条例第一条", "某局", "1", DAY, ended=False
)


@pytest.mark.parametrize(
    ("changes", "told"), [({}, True), ({"published_on": None}, False), ({"ended": True}, False)]
)
def test_matters_are_told_while_they_are_published(changes, told):
    assert (matter_payload(replace(MATTER, **changes)) is not None) == told
