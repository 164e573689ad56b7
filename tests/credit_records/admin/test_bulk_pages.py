"""Many records at once: what is shown before, one act for all, and a cost that does not grow with the rows."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.acts import act
from audit.models import Event
from backoffice.verbs import Verb
from credit_records.admin.records import RecordAdmin
from credit_records.models import Record, Subject

from ..builders import penalty
from .pages import as_user, said, text_of, url

pytestmark = pytest.mark.django_db
PUBLISH_QUERIES = 17
"""Session, user, roles, form, rows, rights, the act with its locks, the move and its history, the batch."""


@pytest.fixture
def waiting(report):
    """Submitted records, so many as are asked for, in one batch."""

    def run(count, start=1):
        batch = report(*(penalty(number) for number in range(start, start + count)), submit=True)
        return list(Record.objects.filter(batch=batch).order_by("pk"))

    return run


def publish(client, chosen):
    return client.post(url("record", "bulk", "publish"), {"_selected_action": [one.pk for one in chosen]})


def confirm(client, chosen):
    chosen = [one.pk for one in chosen]
    return client.post(url("record", "changelist"), {"action": "publish", "_selected_action": chosen})


def test_the_confirmation_says_whom_and_what_each_row_is_about(waiting, city, system):
    one, other = waiting(2)
    with act("test", actor=system):
        other.subject = Subject.objects.create(
            kind="natural_person", name="欧阳示例", name_key="欧阳示例", id_masked="640***********001X"
        )
        other.save(update_fields=["subject"])
    response = confirm(as_user(city.reviewer), [one, other])
    assert {verdict.obj.pk: verdict.summary for verdict in response.context["verdicts"]} == {
        one.pk: "银川示例第1商贸有限公司 · 2026-05-20 · 罚款 · 罚款0.5万元",
        other.pk: "欧阳** · 2026-05-20 · 罚款 · 罚款0.5万元",
    }
    shown = text_of(response)
    assert "银川示例第1商贸有限公司 · 2026-05-20" in shown
    assert "欧阳示例" not in shown


def test_publishing_many_is_one_act_and_costs_the_same_for_five_as_for_fifty(waiting, city):
    client = as_user(city.reviewer)
    costs = []
    for count, start in ((5, 1), (50, 101)):
        chosen = waiting(count, start)
        before = Event.objects.count()
        with CaptureQueriesContext(connection) as queries:
            response = publish(client, chosen)
        costs.append(len(queries))
        assert f"发布：已办理{count}条。" in said(response)
        assert Event.objects.count() == before + 1
        event = Event.objects.order_by("-pk").first()
        assert (event.verb, event.actor, event.data["count"]) == ("record.publish", city.reviewer, count)
        rows = Record.history.model.objects.filter(event_id=event.pk)
        assert set(rows.values_list("id", "state")) == {(one.pk, "published") for one in chosen}
    assert costs == [PUBLISH_QUERIES] * 2


def test_one_refused_row_does_not_keep_the_others(waiting, city, monkeypatch):
    """A row that changes between the look at it and the lock refuses the set: the others are done one by one."""
    chosen = waiting(3)
    late = chosen[1]
    run_many = Verb.run_many

    def returned_meanwhile(verb, objects, **options):
        with act("test", actor=city.system):
            late.state = "returned"
            late.save(update_fields=["state"])
        return run_many(verb, objects, **options)

    monkeypatch.setattr(Verb, "run_many", returned_meanwhile)
    response = publish(as_user(city.reviewer), chosen)
    messages = " ".join(said(response))
    assert "发布：已办理2条。" in messages
    assert late.document_number in messages
    states = dict(Record.objects.values_list("pk", "state"))
    assert states == {chosen[0].pk: "published", late.pk: "returned", chosen[2].pk: "published"}


@pytest.mark.parametrize("verb", ["submit", "return", "publish"])
def test_every_bulk_verb_of_records_takes_them_all_at_once(verb):
    declared = {one.name: one for one in RecordAdmin.verbs}
    assert declared[verb].many is declared[verb].function
    assert declared["withdraw"].many is None


def test_a_stranger_publishes_nothing_of_another_department(waiting, city):
    chosen = waiting(2)
    response = publish(as_user(city.strange_reviewer), chosen)
    assert response.status_code == 302
    assert set(Record.objects.values_list("state", flat=True)) == {"submitted"}


def test_an_export_asks_for_all_rows_at_once(waiting, city):
    client = as_user(city.officer)
    costs = []
    for start in (1, 101):
        waiting(20, start)
        with CaptureQueriesContext(connection) as queries:
            assert client.post(url("record", "export"), {"format": "csv"}).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]
