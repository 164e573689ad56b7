"""People at the pages: signing in, and uploading as the clerk does."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from credit_records.models import IntakeBatch

from .batch_pages import UPLOAD, text_of, workbook


@pytest.fixture
def as_user(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def clerk(as_user, city):
    return as_user(city.clerk)


@pytest.fixture
def send(clerk, penalties):
    """Upload rows through the page as the clerk; the batch it became."""

    def run(*rows, name="处罚.xlsx", file=None, **more):
        data = {"item": penalties.pk, "file": file or workbook(*rows, name=name), **more}
        data.setdefault("department", _department_of(clerk))
        response = clerk.post(reverse(UPLOAD), data, follow=True)
        assert response.status_code == 200, text_of(response)[:2000]
        return IntakeBatch.objects.order_by("-pk").first()

    return run


def _department_of(client):
    return User.objects.get(pk=client.session["_auth_user_id"]).department_id
