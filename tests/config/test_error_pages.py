"""What a person reads when something is forbidden, missing, too old or broken: Chinese, with a way back."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views.defaults import permission_denied, server_error

from credit_records.admin.batches import BatchAdmin

WAY_BACK = 'href="/admin/"'


@pytest.mark.django_db
def test_what_one_may_not_see_is_said_not_to_be_there(city, client):
    client.force_login(city.clerk)
    answer = client.get(reverse("admin:credit_records_record_change", args=[987654]))
    shown = answer.content.decode()
    assert answer.status_code == 404
    assert "没有找到" in shown
    assert WAY_BACK in shown


@pytest.mark.django_db
def test_a_missing_right_is_named(city, client):
    client.force_login(city.auditor)
    answer = client.get(reverse("admin:credit_records_record_add"))
    shown = answer.content.decode()
    assert answer.status_code == 403
    assert "只有录入员可以录入记录。" in shown
    assert WAY_BACK in shown


def test_a_refusal_without_a_sentence_gets_one():
    shown = permission_denied(RequestFactory().get("/"), PermissionDenied()).content.decode()
    assert "您没有办理这一步或者查看这一页的权限。" in shown


@pytest.mark.django_db
def test_a_form_of_an_older_sign_in_is_explained(city):
    client = Client(enforce_csrf_checks=True)
    client.force_login(city.clerk)
    answer = client.post(reverse("admin:logout"))
    shown = answer.content.decode()
    assert answer.status_code == 403
    assert "页面已过期" in shown
    assert WAY_BACK in shown


def test_the_page_of_a_failure_needs_neither_database_nor_context():
    # Without the mark of pytest-django any query would fail here.
    answer = server_error(RequestFactory().get("/"))
    shown = answer.content.decode()
    assert answer.status_code == 500
    assert "系统出错" in shown
    assert WAY_BACK in shown


@pytest.mark.django_db
def test_a_failure_of_a_page_is_told_without_its_inside(city, client, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("示例内部错误")

    monkeypatch.setattr(BatchAdmin, "get_queryset", broken)
    client.force_login(city.clerk)
    client.raise_request_exception = False
    answer = client.get(reverse("admin:credit_records_intakebatch_changelist"))
    shown = answer.content.decode()
    assert answer.status_code == 500
    assert "系统出错" in shown
    assert "示例内部错误" not in shown
