"""Substitutes: arranged by an officer for oneself or by the approver, ended early, seen by the office alone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils.html import strip_tags

from audit.models import Event
from casework.models import Substitution

from .work import TODAY

LIST, ADD = "admin:casework_substitution_changelist", "admin:casework_substitution_add"


def shown(response) -> str:
    return re.sub(r"\s+", " ", strip_tags(response.content.decode()))


def arrange(client, person, by, *, since=TODAY, until=TODAY + timedelta(days=3), reason="年休假"):
    data = {"person": person.pk, "substitute": by.pk, "since": since, "until": until, "reason": reason}
    return client.post(reverse(ADD), data)


def test_an_officer_arranges_for_oneself_and_ends_it(work, city, signed_in):
    client = signed_in("officer")
    assert client.get(reverse(LIST)).status_code == 200
    form = client.get(reverse(ADD))
    assert form.status_code == 200
    assert "沈示例" in shown(form)
    assert arrange(client, city.officer, work.second).status_code == 302
    made = Substitution.objects.get()
    assert (made.person, made.substitute, made.reason) == (city.officer, work.second, "年休假")
    assert Event.objects.filter(verb="case.substitute").count() == 1
    page = shown(client.get(reverse(LIST)))
    assert "● 代办中" in page
    assert "年休假" in page
    one = reverse("admin:casework_substitution_change", args=[made.pk])
    assert "终止代办" in shown(client.get(one))
    done = client.post(
        reverse("admin:casework_substitution_verb", args=[made.pk, "end"]), {"reason": "提前返岗"}
    )
    assert done.status_code == 302
    made.refresh_from_db()
    assert made.until == TODAY
    assert Event.objects.get(verb="case.end_substitution").reason == "提前返岗"


def test_an_officer_arranges_for_nobody_else_the_approver_for_all(work, city, signed_in):
    refused = arrange(signed_in("officer"), work.second, city.officer)
    assert refused.status_code == 200
    assert not Substitution.objects.exists()
    assert arrange(signed_in("approver"), work.second, city.officer).status_code == 302
    made = Substitution.objects.get()
    ended = signed_in("officer").post(reverse("admin:casework_substitution_verb", args=[made.pk, "end"]))
    assert ended.status_code in (302, 403)
    made.refresh_from_db()
    assert made.until == TODAY + timedelta(days=3)


@pytest.mark.parametrize(
    ("days", "why"),
    [((-5, -1), "代办期间已经过去"), ((3, 1), "截止日期不得早于起始日期")],
)
def test_days_that_cannot_be_are_said(work, city, signed_in, days, why):
    since, until = (TODAY + timedelta(days=n) for n in days)
    response = arrange(signed_in("officer"), city.officer, work.second, since=since, until=until)
    assert why in shown(response)
    assert not Substitution.objects.exists()


def test_oneself_is_no_substitute(work, city, signed_in):
    assert "代办人不能是本人" in shown(arrange(signed_in("officer"), city.officer, city.officer))


def test_what_is_over_cannot_be_ended(work, city, signed_in):
    arrange(signed_in("officer"), city.officer, work.second, until=TODAY)
    made = Substitution.objects.get()
    client = signed_in(work.second)
    response = client.post(reverse("admin:casework_substitution_verb", args=[made.pk, "end"]))
    assert response.status_code in (302, 403)
    assert "办理完成" not in " ".join(map(str, get_messages(response.wsgi_request)))
    assert not Event.objects.filter(verb="case.end_substitution", result="done").exists()


@pytest.mark.parametrize(
    ("who", "list_", "add"),
    [("supervisor", 200, 403), ("clerk", 403, 403), ("stranger", 403, 403), ("auditor", 403, 403)],
)
def test_others_look_or_not_even_that(work, signed_in, who, list_, add):
    client = signed_in(who)
    assert client.get(reverse(LIST)).status_code == list_
    assert client.get(reverse(ADD)).status_code == add
