"""How forms write: locked, named columns, with a reason, as one act; and never by another way."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from accounts.models import Department
from audit.acts import act
from audit.models import Event
from backoffice.writing import SEEN
from credit_records.models import CatalogueField, CatalogueVersion, Record

from .conftest import page, text_of


def form_of(record, **changes):
    return {
        "document_number": record.document_number,
        "department": record.department_id,
        "subject": record.subject_id,
        "fine": str(record.fine),
        "authority_name": record.authority_name,
        "change_reason": "按更正决定改正",
        **changes,
    }


def assert_history_equals_row(obj):
    """Trap 19: the newest history row says what the table says, column by column."""
    row = type(obj)._base_manager.get(pk=obj.pk)
    newest = obj.history.model.objects.filter(id=obj.pk).order_by("-history_id").first()
    for field in row._meta.concrete_fields:
        if hasattr(newest, field.attname):
            assert getattr(newest, field.attname) == getattr(row, field.attname), field.name


def test_a_change_without_a_reason_is_not_saved(signed_in, record):
    response = signed_in("clerk").post(
        page("change", record.pk), form_of(record, fine="3", change_reason="  ")
    )
    assert response.status_code == 200
    assert "请写明修改理由" in text_of(response)
    record.refresh_from_db()
    assert record.fine == Decimal("0.5")


def test_a_change_leaves_history_and_an_event_with_actor_and_reason(signed_in, city, record):
    before = Event.objects.count()
    response = signed_in("clerk").post(page("change", record.pk), form_of(record, fine="0.3"))
    assert response.status_code == 302
    record.refresh_from_db()
    assert record.fine == Decimal("0.3")
    assert_history_equals_row(record)
    event = Event.objects.order_by("-pk").first()
    assert Event.objects.count() == before + 2  # the sign-in of the test client and the change
    assert (event.verb, event.actor, event.reason) == ("record.change", city.clerk, "按更正决定改正")
    assert event.target_id == str(record.pk)
    assert event.data == {"fields": ["罚款金额(万元)"]}
    newest = record.history.first()
    assert (newest.event_id, newest.history_user_id, newest.history_change_reason) == (
        event.pk,
        city.clerk.pk,
        "按更正决定改正",
    )


def test_trap_19_only_the_changed_columns_of_the_locked_row_are_written(signed_in, record):
    client = signed_in("clerk")
    with CaptureQueriesContext(connection) as queries:
        client.post(page("change", record.pk), form_of(record, fine="0.3"))
    written = [q["sql"] for q in queries if q["sql"].startswith('UPDATE "credit_records_record"')]
    assert len(written) == 1
    assert written[0].startswith('UPDATE "credit_records_record" SET "fine" = ')
    assert written[0].count("=") == 2  # the fine, and the key
    locks = [i for i, q in enumerate(queries) if 'FOR UPDATE OF "credit_records_record"' in q["sql"]]
    assert locks
    assert locks[0] < queries.captured_queries.index(next(q for q in queries if q["sql"] == written[0]))


def test_saving_without_a_change_writes_nothing(signed_in, record):
    client = signed_in("clerk")
    before = Event.objects.count(), record.history.count()
    assert client.post(page("change", record.pk), form_of(record)).status_code == 302
    assert (Event.objects.count(), record.history.count()) == before


def test_a_form_older_than_a_colleagues_change_is_not_saved_over_it(signed_in, city, record):
    client = signed_in("clerk")
    drawn = client.get(page("change", record.pk))
    seen = drawn.context["seen"]
    assert f'name="{SEEN}" value="{seen}"' in text_of(drawn)
    with act("record.change", actor=city.second_clerk, on=record, reason="同事先改"):
        record.fine = Decimal("9")
        record.save(update_fields=["fine"])
    response = client.post(page("change", record.pk), form_of(record, fine="0.3", **{SEEN: seen}))
    assert response.status_code == 200
    assert "已被修改" in text_of(response)
    record.refresh_from_db()
    assert record.fine == Decimal("9")
    # Having been told, the user may save.
    again = form_of(record, fine="0.3", **{SEEN: response.context["seen"]})
    assert client.post(page("change", record.pk), again).status_code == 302
    record.refresh_from_db()
    assert record.fine == Decimal("0.3")


def test_nobody_moves_a_thing_out_of_their_own_sight(signed_in, city, record):
    response = signed_in("clerk").post(page("change", record.pk), form_of(record, department=city.sthj.pk))
    assert response.status_code == 403
    record.refresh_from_db()
    assert record.department == city.scjg
    assert record.history.count() == 1


def test_a_database_conflict_comes_back_as_a_sentence(signed_in, city, catalogue):
    client = signed_in("sysadmin")
    form = {"name": "示例新局", "code": city.scjg.code, "level": "city", "division": "640100", "active": "on"}
    response = client.post(reverse("admin:accounts_department_add"), form)
    assert response.status_code == 200
    assert not Department.objects.filter(name="示例新局").exists()


def test_djangos_own_log_stays_empty(signed_in, record):
    signed_in("clerk").post(page("change", record.pk), form_of(record, fine="0.3"))
    assert not LogEntry.objects.exists()


def test_nothing_can_be_deleted(signed_in, record):
    with pytest.raises(NoReverseMatch):
        page("delete", record.pk)
    client = signed_in("clerk")
    assert client.post(f"{page('changelist')}{record.pk}/delete/", {"post": "yes"}).status_code == 404
    client.post(
        page("changelist"), {"action": "delete_selected", "_selected_action": record.pk, "post": "yes"}
    )
    assert Record.objects.filter(pk=record.pk).exists()


def test_inline_rows_are_written_under_the_same_act_with_named_columns(signed_in, desk):
    version = desk.version
    _draft(version)
    field = version.fields.order_by("position").first()
    client = signed_in("officer")
    url = reverse("admin:credit_records_catalogueversion_change", args=[version.pk])
    drawn = client.get(url)
    formset = drawn.context["inline_admin_formsets"][0].formset
    data = {f"{formset.prefix}-{name}": value for name, value in formset.management_form.initial.items()}
    for number, row in enumerate(formset.forms):
        for name in ("position", "code", "title", "type"):
            data[f"{formset.prefix}-{number}-{name}"] = row.initial[name]
        data[f"{formset.prefix}-{number}-id"] = row.instance.pk
    first = next(n for n, row in enumerate(formset.forms) if row.instance.pk == field.pk)
    data[f"{formset.prefix}-{first}-title"] = "改过的名称"
    before = Event.objects.count()
    response = client.post(url, {**data, "legal_basis": version.legal_basis, "change_reason": "试改栏目"})
    assert response.status_code == 302, response.context["errors"]
    field.refresh_from_db()
    assert field.title == "改过的名称"
    assert_history_equals_row(field)
    assert Event.objects.count() == before + 1
    assert CatalogueField.objects.filter(version=version).count() == len(formset.forms)


def test_an_inline_row_that_the_policy_closes_is_not_written(signed_in, desk):
    """A version in force is never edited: neither is its page a form, nor does a posted row change."""
    version = desk.version
    assert version.state == CatalogueVersion.State.IN_FORCE
    url = reverse("admin:credit_records_catalogueversion_change", args=[version.pk])
    response = signed_in("officer").post(url, {"legal_basis": "改", "change_reason": "改"})
    assert response.status_code == 403


def _draft(version):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE credit_records_catalogueversion SET state = 'draft' WHERE id = %s", [version.pk]
        )
    version.refresh_from_db()
