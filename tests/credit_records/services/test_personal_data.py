"""Minors stay out of the file by every way in, and a version of the catalogue asks for no more than it may."""

from __future__ import annotations

from datetime import date

import pytest

from audit.acts import act
from audit.faults import Refused
from credit_records.models import CatalogueField, CatalogueItem, IntakeFinding, Record, Subject
from credit_records.services.catalogue import draft_version, put_in_force
from credit_records.services.drafting import create_item
from credit_records.services.opening import NewSubject, judged

from ..decided import breach_values, enter_breach

pytestmark = pytest.mark.django_db
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def number_of(born: date) -> str:
    first = f"640104{born:%Y%m%d}001"
    return first + "10X98765432"[sum(int(d) * w for d, w in zip(first, _WEIGHTS, strict=True)) % 11]


def values_of(born: date, **more: str) -> dict[str, str]:
    return breach_values(
        WN_XDR_MC="示例人丁", WN_XDR_LB="自然人", WN_XDR_SHXYM="", WN_FRDB="", WN_XDR_ZJLX="身份证",
        WN_XDR_ZJHM=number_of(born), **more,
    )  # fmt: skip


def test_a_decided_record_about_a_minor_is_refused_with_the_reason(city, catalogue):
    with pytest.raises(Refused) as refusal:
        enter_breach(city, values=values_of(date(2008, 6, 11)))
    assert "未满18周岁" in refusal.value.message
    assert not Record.objects.exists()
    assert not Subject.objects.filter(kind="natural_person").exists()


def test_on_the_eighteenth_birthday_a_person_is_of_age(city, catalogue):
    assert enter_breach(city, values=values_of(date(2008, 6, 10))).subject.kind == "natural_person"


def test_a_file_with_a_minor_is_answered_with_the_code_at_the_number(city, catalogue, report):
    row = {
        "行政相对人名称": "示例人戊", "行政相对人类别": "自然人", "证件类型": "身份证", "证件号码": number_of(date(2010, 1, 1)),
        "行政处罚决定书文号": "银市监罚〔2026〕9号", "处罚决定日期": "2026/06/01",
    }  # fmt: skip
    item = CatalogueItem.objects.get(code="penalty-person")
    titles = CatalogueField.objects.filter(version__item=item).values_list("title", flat=True)
    batch = report(dict.fromkeys(titles) | row, item=item)
    found = IntakeFinding.objects.get(batch=batch, code="personal.minor")
    assert (found.severity, found.column) == ("reject", "证件号码")
    assert "2010" not in found.value


def test_no_subject_is_opened_for_a_minor():
    new = NewSubject(
        kind="natural_person", name="示例人己", code="", id_type="身份证", number=number_of(date(2015, 1, 1))
    )
    with pytest.raises(Refused) as refusal:
        judged(new, today=date(2026, 6, 1))
    assert refusal.value.code == "personal.minor"
    judged(new, today=date(2033, 1, 1))


@pytest.fixture
def draft(city, catalogue):
    item = CatalogueItem.objects.get(code="penalty-person")
    return draft_version(item, actor=city.officer, in_force_from=date(2027, 1, 1), reason="调整")


def change(draft, actor, code, **values):
    with act("test", actor=actor):
        field = CatalogueField.objects.get(version=draft, code=code)
        for name, value in values.items():
            setattr(field, name, value)
        field.save()


@pytest.mark.parametrize(
    ("code", "values", "said"),
    [
        ("BZ", {"title": "宗教信仰"}, "catalogue.forbidden_field"),
        ("BZ", {"aliases": ["健康状况"]}, "catalogue.forbidden_field"),
        ("BZ", {"title": "联系电话"}, "catalogue.no_purpose"),
        ("CF_XDR_ZJHM", {"purpose": ""}, "catalogue.no_purpose"),
        ("CF_XDR_ZJHM", {"sensitivity": "none"}, "catalogue.no_purpose"),
    ],
)
def test_what_may_not_be_collected_is_not_put_in_force(draft, city, code, values, said):
    change(draft, city.officer, code, **values)
    with pytest.raises(Refused) as refusal:
        put_in_force(draft, actor=city.approver, reason="通过")
    assert refusal.value.code == said
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_draft_that_says_why_comes_into_force(draft, city):
    change(draft, city.officer, "BZ", title="联系电话", sensitivity="personal", purpose="通知当事人领取文书")
    assert put_in_force(draft, actor=city.approver, reason="通过").state == "in_force"


def test_an_item_about_what_is_forbidden_is_not_even_drafted(city):
    with pytest.raises(Refused) as refusal:
        create_item(
            actor=city.officer, code="belief", name="宗教信仰登记", kind="confirmation", in_force_from=date(2027, 1, 1),
            legal_basis="示例依据", subject_kinds=["natural_person"], disclosure="public", cycle="within_7_working_days",
        )  # fmt: skip
    assert refusal.value.code == "catalogue.forbidden_field"
    assert "征信业管理条例" in refusal.value.message
