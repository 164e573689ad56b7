"""Buttons, dialogs and bulk pages: every change is a POST through the service, asked once more under lock."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.urls import reverse

from audit.models import Event
from backoffice.verb_pages import BULK_LIMIT
from credit_records.models import Record

from . import stage
from .conftest import page, text_of
from .test_writing import assert_history_equals_row

EVERY_VERB = sorted(
    {
        (model._meta.label_lower, verb.name)
        for site in (stage.site, admin.site)
        for model, model_admin in site._registry.items()
        for verb in model_admin.verbs
    }
)


def said(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def everything() -> str:
    """What the business tables and the journal hold, as one fingerprint; sessions and what was refused aside."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(md5(t::text), '' ORDER BY md5(t::text)) FROM ("
            " SELECT r::text FROM credit_records_record r UNION ALL SELECT u::text FROM accounts_user u"
            " UNION ALL SELECT m::text FROM accounts_membership m UNION ALL SELECT e::text FROM audit_event e"
            " WHERE e.result = 'done'"
            ") t"
        )
        return cursor.fetchone()[0]


def test_there_are_verbs_to_try():
    assert len(EVERY_VERB) >= 7


NOTHING_DONE = "登录已失效或地址不完整，刚才的操作没有办理，请重新点击。"


@pytest.mark.parametrize("who", ["reviewer", "secadmin"])
def test_trap_3_opening_the_address_of_a_verb_changes_nothing(signed_in, record, who):
    """Every verb of every registered admin: it takes a POST, whoever asks and however else it is put.

    As everybody else, and at every place, the matrix opens the same addresses (`tests/permissions/matrix`).
    """
    client = signed_in(who)
    before = everything()
    for label, name in EVERY_VERB:
        stem = f"admin:{label.replace('.', '_')}"
        for url in (reverse(f"{stem}_verb", args=[record.pk, name]), reverse(f"{stem}_bulk", args=[name])):
            asked = f"{url}?reason=x&_selected_action={record.pk}"
            for method in ("get", "head"):
                assert getattr(client, method)(asked).status_code in (302, 403, 404)
            for method in ("put", "delete"):
                assert getattr(client, method)(asked).status_code == 405
    assert everything() == before


def test_trap_3_after_a_new_sign_in_one_learns_that_nothing_was_done(signed_in, record):
    """The sign-in page sends on by GET to where the form had been posted."""
    client = signed_in("reviewer")
    before = everything()
    kept = "?_changelist_filters=q%3D2026"
    for url, back in (
        (page("verb", record.pk, "publish") + kept, page("change", record.pk) + kept),
        (page("bulk", "publish") + kept, page("changelist") + "?q=2026"),
        (page("export") + "?q=2026", page("changelist") + "?q=2026"),
    ):
        response = client.get(url)
        assert (response.status_code, response.url) == (302, back)
        assert said(response) == NOTHING_DONE
        assert NOTHING_DONE in text_of(client.get(back))
    assert everything() == before
    assert signed_in("stranger").get(page("verb", record.pk, "publish")).status_code == 404
    assert signed_in("sysadmin").get(page("bulk", "publish")).status_code == 403
    assert signed_in("sysadmin").get(page("export")).status_code == 403


def test_trap_3_a_verb_without_the_csrf_token_changes_nothing(city, record):
    client = Client(enforce_csrf_checks=True)
    client.force_login(city.reviewer)
    assert client.post(page("verb", record.pk, "publish")).status_code == 403
    assert client.post(page("bulk", "publish"), {"_selected_action": record.pk}).status_code == 403
    record.refresh_from_db()
    assert record.state == "submitted"


def test_trap_3_none_of_the_themes_own_actions_is_declared():
    for site in (stage.site, admin.site):
        for model_admin in site._registry.values():
            for kind in ("actions_list", "actions_detail", "actions_row", "actions_submit_line"):
                assert not getattr(model_admin, kind), (model_admin, kind)


def test_a_verb_is_done_by_the_service_and_told(signed_in, city, record):
    response = signed_in("reviewer").post(page("verb", record.pk, "publish"), {"reason": "核对无误"})
    assert response.status_code == 302
    assert response.url == page("change", record.pk)
    record.refresh_from_db()
    assert (record.state, record.reviewed_by) == ("published", city.reviewer)
    assert "发布完成" in said(response)
    assert_history_equals_row(record)
    event = Event.objects.order_by("-pk").first()
    assert (event.verb, event.reason) == ("record.publish", "核对无误")


def test_a_refusal_is_a_message_and_nothing_stays_written(signed_in, record):
    response = signed_in("reviewer").post(page("verb", record.pk, "doubt"), {"reason": "试"})
    assert "示例规则不允许这样做" in said(response)
    record.refresh_from_db()
    assert record.state_reason == ""
    assert record.history.count() == 1


@pytest.mark.parametrize("answers", [{}, {"reason": " "}, {"reason": "有理由"}, {"legal_basis": "有依据"}])
def test_a_dialog_without_its_answers_comes_back_with_the_question(signed_in, desk, answers):
    record = desk.record(state="published")
    response = signed_in("reviewer").post(page("verb", record.pk, "withdraw"), answers)
    assert response.status_code == 422
    assert 'role="alert"' in text_of(response)
    record.refresh_from_db()
    assert record.state == "published"


def test_further_answers_reach_the_service(signed_in, desk):
    record = desk.record(state="published")
    signed_in("reviewer").post(
        page("verb", record.pk, "withdraw"), {"reason": "决定已撤销", "legal_basis": "银市监撤〔2026〕1号"}
    )
    record.refresh_from_db()
    assert record.state == "withdrawn"
    assert "银市监撤〔2026〕1号" in record.state_reason


def test_a_verb_that_is_not_declared_is_404(signed_in, record):
    assert signed_in("reviewer").post(page("verb", record.pk, "delete")).status_code == 404
    assert signed_in("reviewer").post(page("bulk", "withdraw")).status_code == 404


def test_the_page_offers_what_can_be_done_and_greys_the_rest_with_the_reason(signed_in, desk, record):
    shown = text_of(signed_in("reviewer").get(page("change", record.pk)))
    assert 'data-dialog="verb-publish"' in shown
    assert 'data-dialog="verb-withdraw"' not in shown
    assert re.search(r"disabled[^>]*>撤回</button>", shown)
    assert "只有“已发布、公示终止、暂停公示、已修复”的记录可以撤回" in shown
    # Each dialog is a form of its own that posts to the verb's address with a token.
    form = re.search(r'<form method="post" action="([^"]+verb/publish/)"[^>]*>(.*?)</form>', shown, re.S)
    assert form
    assert "csrfmiddlewaretoken" in form[2]
    clerk = text_of(signed_in("clerk").get(page("change", record.pk)))
    assert "verb-publish" not in clerk


def test_after_a_verb_the_list_is_where_it_was(signed_in, record):
    client = signed_in("reviewer")
    kept = "?_changelist_filters=q%3D2026%26after%3Dx"
    shown = text_of(client.get(page("change", record.pk) + kept))
    action = re.search(r'action="([^"]+verb/publish/[^"]*)"', shown)[1].replace("&amp;", "&")
    response = client.post(action, {})
    assert response.url == page("change", record.pk) + kept


# --- many rows ---------------------------------------------------------------------------------------------


def _choose(client, records, **extra):
    return client.post(
        page("changelist") + "?q=2026",
        {"action": "publish", "_selected_action": [record.pk for record in records], **extra},
    )


def test_a_bulk_action_shows_each_row_with_its_verdict_before_anything_happens(signed_in, city, desk):
    good, done, own = (
        desk.record(),
        desk.record(state="published"),
        desk.record(entered_by=city.reviewer),
    )
    client = signed_in("reviewer")
    before = everything()
    response = _choose(client, [good, done, own])
    assert response.status_code == 200
    verdicts = {verdict.obj: verdict.obstacle for verdict in response.context["verdicts"]}
    assert verdicts[good] == ""
    assert "已发布" in verdicts[done]
    assert "您是录入人" in verdicts[own]
    shown = text_of(response)
    assert f'name="_selected_action" value="{good.pk}"' in shown
    assert f'value="{own.pk}"' not in shown
    assert everything() == before


def test_a_bulk_verb_does_those_that_can_and_tells_of_the_rest(signed_in, city, desk):
    good, done = desk.record(), desk.record(state="published")
    other = desk.record(department=city.sthj)
    client = signed_in("reviewer")
    url = re.search(
        r'<form method="post" action="([^"]+)" class="bo-card"', text_of(_choose(client, [good]))
    )[1]
    response = client.post(url, {"_selected_action": [good.pk, done.pk, other.pk, "x"], "reason": "一并核对"})
    assert response.url == page("changelist") + "?q=2026"
    assert "已办理1条" in said(response)
    assert done.document_number in said(response)
    assert other.document_number not in said(response)
    states = dict(Record.objects.values_list("pk", "state"))
    assert states == {good.pk: "published", done.pk: "published", other.pk: "submitted"}
    good.refresh_from_db()
    assert_history_equals_row(good)


def test_a_bulk_action_that_the_user_may_not_do_is_not_there(signed_in, record):
    client = signed_in("clerk")
    shown = text_of(client.get(page("changelist")))
    assert 'value="publish"' not in shown
    response = client.post(page("bulk", "publish"), {"_selected_action": [record.pk]})
    assert response.status_code == 403
    record.refresh_from_db()
    assert record.state == "submitted"


def test_a_bulk_action_asks_the_right_in_one_query_for_all_rows(signed_in, desk, django_assert_num_queries):
    chosen = [desk.record() for _ in range(8)]
    client = signed_in("reviewer")
    with django_assert_num_queries(7):  # session, user, roles, notices, first page, chosen rows, the right
        assert len(_choose(client, chosen).context["verdicts"]) == 8


def test_a_row_that_is_no_key_is_a_bad_request(signed_in, record):
    response = signed_in("reviewer").post(page("changelist"), {"action": "publish", "_selected_action": "x"})
    assert response.status_code == 400


def test_more_rows_than_anyone_reads_are_refused(signed_in, desk, monkeypatch):
    monkeypatch.setattr("backoffice.verb_pages.BULK_LIMIT", 2)
    chosen = [desk.record() for _ in range(3)]
    response = _choose(signed_in("reviewer"), chosen)
    assert response.status_code == 302
    assert "一次最多办理2条" in said(response)
    assert BULK_LIMIT == 200
