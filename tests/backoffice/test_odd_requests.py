"""Addresses and forms that nobody writes by hand: refused in Chinese, never a failure, never a change."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from .conftest import page, text_of
from .test_verbs import everything


def addresses():
    listed = page("changelist")
    suggest = reverse("admin:autocomplete")
    return [
        f"{listed}?state__exact=%00",
        f"{listed}?q=%00",
        f"{listed}?%00=1",
        f"{listed}%00/change/",
        f"{suggest}?app_label=credit_records&model_name=record&field_name=subject&term=%00",
    ]


@pytest.mark.parametrize("number", range(5))
def test_a_nul_in_an_address_is_a_bad_request_with_a_page(signed_in, record, number):
    response = signed_in("clerk").get(addresses()[number])
    assert response.status_code == 400
    assert "地址或内容有误" in text_of(response)
    assert 'href="/admin/"' in text_of(response)


def test_a_nul_in_a_form_is_a_bad_request_and_changes_nothing(signed_in, record):
    client = signed_in("reviewer")
    before = everything()
    for form in ({"reason": "核对\x00"}, {"rea\x00son": "核对"}):
        response = client.post(page("verb", record.pk, "publish"), form)
        assert response.status_code == 400
        assert "地址或内容有误" in text_of(response)
    assert everything() == before


def test_a_nul_in_the_session_cookie_is_a_bad_request(db):
    client = Client()
    client.cookies["sessionid"] = "abc\x00defghi"
    assert client.get(reverse("admin:index")).status_code == 400


def test_a_condition_that_no_filter_offers_is_told_in_chinese(signed_in, record):
    response = signed_in("clerk").get(page("changelist") + "?department__name=x")
    assert response.status_code == 400
    assert "地址或内容有误" in text_of(response)
    assert "Bad Request" not in text_of(response)


@pytest.mark.parametrize("day", ["9999-12-31", "9999-12-30", "0001-01-01", "没有"])
def test_the_journal_takes_the_first_and_the_last_of_all_days(signed_in, city, day):
    listed = reverse("admin:audit_event_changelist")
    for query in (f"at_to={day}", f"at_from={day}"):
        assert signed_in("auditor").get(f"{listed}?{query}").status_code == 200
