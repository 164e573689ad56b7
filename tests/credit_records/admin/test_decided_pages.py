"""The record of a breach on the pages: listed, filtered, exported and searched like any other, and nowhere to be typed or uploaded."""

from __future__ import annotations

import pytest
from django.urls import reverse

from credit_records.models import CatalogueItem, Record

from ..builders import penalty
from ..decided import enter_breach
from .pages import as_user, text_of, url

pytestmark = pytest.mark.django_db
CODE, NUMBER = "commitment-breach", "银诺认〔2026〕2号"


@pytest.fixture
def record(report, city) -> Record:
    """Beside a penalty of another company."""
    report(penalty(1), publish=True)
    return enter_breach(city, 2)


def test_it_is_listed_filtered_searched_and_shown_on_the_pages_of_record_and_subject(record, city):
    reader = as_user(city.clerk)
    for query in ({}, {"item": CODE}, {"q": NUMBER}):
        shown = text_of(reader.get(url("record", "changelist"), query))
        assert NUMBER in shown
        assert ("银市监罚〔2026〕1号" in shown) is (query == {})
    page = text_of(reader.get(url("record", "change", record.pk)))
    for word in ("违反信用承诺", "怎么认定的", "未履行承诺", "失信程度由认定决定确定为一般"):
        assert word in page
    assert NUMBER in text_of(reader.get(url("subject", "change", record.subject_id)))
    for stranger in (city.stranger, city.strange_reviewer):
        assert as_user(stranger).get(url("record", "change", record.pk)).status_code == 404
        assert NUMBER not in text_of(as_user(stranger).get(url("record", "changelist")))


def test_it_is_exported_with_the_others(record, city):
    taken = as_user(city.clerk).post(f"{url('record', 'export')}?item={CODE}", {"format": "csv"})
    rows = (b"".join(taken) if taken.streaming else taken.content).decode("utf-8-sig")
    assert NUMBER in rows
    assert "银市监罚〔2026〕1号" not in rows


def test_its_department_is_offered_neither_mending_nor_classifying(record, city):
    edit = url("record", "edit", record.pk)
    assert edit not in text_of(as_user(city.clerk).get(url("record", "change", record.pk)))
    assert "只由认定决定产生" in text_of(as_user(city.clerk).get(edit, follow=True))
    shown = text_of(as_user(city.reviewer).get(url("record", "change", record.pk)))
    assert "认定失信程度" not in shown
    assert "来源单位不能自行撤回" in shown


def test_there_is_no_way_in_beside_the_decision(record, city):
    clerk = as_user(city.clerk)
    item = CatalogueItem.objects.get(code=CODE)
    for page in ("intakebatch_add", "intakebatch_templates", "record_add", "zeroreport_add"):
        assert item.name not in text_of(clerk.get(reverse(f"admin:credit_records_{page}")))
    assert clerk.get(reverse("admin:credit_records_intakebatch_template", args=[CODE])).status_code == 404
    sent = clerk.post(
        reverse("admin:credit_records_intakebatch_add"),
        {"item": item.pk, "department": city.scjg.pk},
    )
    assert sent.status_code == 422
    assert "不能报送" in text_of(sent)
    by_key = text_of(as_user(city.reviewer).get(reverse("admin:credit_records_record_by_key")))
    assert item.name not in by_key
