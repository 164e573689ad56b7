"""Whoever owns the tables changes rows of histories and of other tables that only grow, or their triggers: found, and named."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from accounts.models import Department
from audit import growing
from audit.clock import now
from audit.models import Event, HistorySeal
from credit_records.models import Correction

from .conftest import by_owner, checked


def first() -> tuple[str, int | None]:
    found = checked().first
    assert found is not None
    return found.code, found.event_id


@pytest.fixture
def with_history(journal, city):
    for number in range(3):
        journal.rename(city.scjg, f"示例{number}")
    journal.seal(history=True)
    assert not checked().findings
    return journal


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_historicaldepartment SET short_name = 'x' WHERE history_id = %s",
        "UPDATE accounts_historicaldepartment SET history_date = now() WHERE history_id = %s",
        "UPDATE accounts_historicaldepartment SET history_change_reason = '' WHERE history_id = %s",
        "DELETE FROM accounts_historicaldepartment WHERE history_id = %s",
    ],
)
def test_a_changed_history_row_is_found(with_history, statement):
    row = Department.history.order_by("history_id").first()
    by_owner(statement, row.history_id)
    found = checked().first
    assert found.code == "history_changed"
    assert "accounts_historicaldepartment" in found.message


def test_the_last_history_row_that_is_gone_is_found(with_history):
    top = Department.history.latest("history_id").history_id
    by_owner("DELETE FROM accounts_historicaldepartment WHERE history_id = %s", top)
    assert checked().first.code == "history_changed"


@pytest.mark.parametrize("place", ["hole", "below"])
def test_an_inserted_history_row_is_found(journal, city, place):
    """Into a number that a rolled-back transaction has used up, or below the first."""
    with transaction.atomic():
        journal.rename(city.scjg, "示例零")
        hole = Department.history.latest("history_id").history_id
        transaction.set_rollback(True)
    journal.rename(city.scjg, "示例一")
    journal.seal(history=True)
    assert not checked().findings
    columns = sorted(
        f.column for f in Department.history.model._meta.concrete_fields if f.column != "history_id"
    )
    listed = ", ".join(columns)
    by_owner(
        f"INSERT INTO accounts_historicaldepartment (history_id, {listed}) SELECT %s, {listed}"
        " FROM accounts_historicaldepartment ORDER BY history_id LIMIT 1",
        hole if place == "hole" else -5,
    )
    assert checked().first.code == "history_changed"


def test_two_history_rows_that_changed_places_are_found(with_history):
    one, other = Department.history.order_by("history_id").values_list("history_id", flat=True)[:2]
    table = "accounts_historicaldepartment"
    by_owner(f"UPDATE {table} SET history_id = -1 WHERE history_id = %s", one)
    by_owner(f"UPDATE {table} SET history_id = %s WHERE history_id = %s", one, other)
    by_owner(f"UPDATE {table} SET history_id = %s WHERE history_id = -1", other)
    assert checked().first.code == "history_changed"


def test_a_history_table_that_was_emptied_is_found_and_the_event_is_named(with_history):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE accounts_historicaldepartment DISABLE TRIGGER append_only_table")
        cursor.execute("TRUNCATE accounts_historicaldepartment")
        cursor.execute("ALTER TABLE accounts_historicaldepartment ENABLE TRIGGER append_only_table")
    found = checked().first
    assert found.code == "history_changed"
    assert Event.objects.get(pk=found.event_id).verb == "audit.seal_history"


# --- columns that come later, tables that are no history ------------------------------------------------------------


def _add_column(kind: str) -> None:
    """What a later migration does, in the database and in the model; rolled back with the test."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE accounts_historicaldepartment ADD COLUMN later {kind}")


@pytest.fixture
def later(monkeypatch):
    """The model knows a column more from here on."""
    known = growing.columns_of

    def columns_of(model):
        more = ["later"] if model._meta.db_table == "accounts_historicaldepartment" else []
        return sorted(known(model) + more)

    monkeypatch.setattr("audit.growing.columns_of", columns_of)
    monkeypatch.setattr("audit.history_sealing.columns_of", columns_of)


@pytest.mark.parametrize("kind", ["text", "boolean NOT NULL DEFAULT false", "jsonb", "bigint"])
def test_a_column_that_a_later_migration_adds_breaks_no_older_range(with_history, city, later, kind):
    _add_column(kind)
    assert not checked().findings
    with_history.rename(city.scjg, "示例以后")
    with_history.seal(history=True)
    assert not checked().findings
    newest = HistorySeal.objects.filter(table="accounts_historicaldepartment").latest("last")
    assert "later" in newest.columns
    assert not HistorySeal.objects.filter(table=newest.table, columns__contains=["later"], first=1).exists()


@pytest.mark.parametrize(
    ("kind", "forged"), [("text", "'x'"), ("boolean NOT NULL DEFAULT false", "true"), ("jsonb", "'[]'")]
)
def test_such_a_column_cannot_be_filled_in_older_rows(with_history, later, kind, forged):
    _add_column(kind)
    row = Department.history.order_by("history_id").values_list("history_id", flat=True)[0]
    by_owner(f"UPDATE accounts_historicaldepartment SET later = {forged} WHERE history_id = %s", row)
    found = checked().first
    assert (found.code, "later" in found.message) == ("history_changed", True)


def test_a_column_that_is_gone_is_a_remark_and_no_finding(with_history):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE accounts_historicaldepartment DROP COLUMN short_name CASCADE")
    report = checked()
    assert not report.findings
    assert any("short_name" in remark for remark in report.remarks)


@pytest.fixture
def with_corrections(journal):
    """Rows as the product writes them; what they point at is no matter here."""
    relations = [f.attname for f in Correction._meta.concrete_fields if f.is_relation]
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for number in range(3):
            Correction.objects.create(
                **dict.fromkeys(relations, 1),
                field_code="amount",
                wrong_text=str(number),
                right_text="2",
                at=now(),
            )
        cursor.execute("RESET session_replication_role")
    journal.seal(history=True)
    assert not checked().findings
    return journal


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credit_records_correction SET wrong_text = 'x' WHERE wrong_text = '1'",
        "DELETE FROM credit_records_correction WHERE wrong_text = '2'",
    ],
)
def test_rows_of_append_only_tables_that_are_no_history_are_under_the_chain_as_well(
    with_corrections, statement
):
    assert by_owner(statement) == 1
    found = checked().first
    assert found.code == "history_changed"
    assert "credit_records_correction" in found.message


def test_every_table_that_only_grows_is_under_the_chain(db):
    """Those with triggers in the database are those the migrations tell of, and each is either sealed or the chain itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'append_only%%'"
        )
        guarded = {row[0] for row in cursor.fetchall()}
    sealed = {model._meta.db_table for model in growing.sealed_models()}
    assert guarded == set(growing.append_only_tables()) == sealed | growing.CHAINED
    assert {"credit_records_correction", "commitments_publication", "accounts_historicaluser"} <= sealed


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_historyseal WHERE \"table\" = 'accounts_historicaluser'",
        "UPDATE audit_historyseal SET digest = '\\x00'",
        "UPDATE audit_historyseal SET event_id = event_id - 1",
        "UPDATE audit_historyseal SET count = count + 1",
    ],
)
def test_the_list_of_ranges_cannot_be_bent_either(with_history, statement):
    assert by_owner(statement) > 0
    assert any(finding.code.startswith("history_") for finding in checked().findings)


def test_an_event_deleted_before_it_was_sealed_leaves_its_history_behind(journal, city):
    journal.rename(city.scjg, "示例")
    gone = Event.objects.filter(verb="test.rename").latest("pk")
    by_owner("DELETE FROM audit_event WHERE id = %s", gone.pk)
    journal.seal(history=True)
    assert first() == ("history_orphan", gone.pk)


@pytest.mark.parametrize(
    "table", ["audit_event", "audit_seal", "accounts_historicaluser", "credit_records_correction"]
)
@pytest.mark.parametrize(
    "change", ["DROP TRIGGER append_only_row ON {}", "ALTER TABLE {} DISABLE TRIGGER append_only_table"]
)
def test_a_trigger_that_was_switched_off_is_told(journal, table, change):
    by_owner(change.format(table))
    found = checked().first
    assert (found.code, table in found.message) == ("trigger_off", True)


@pytest.mark.parametrize(
    "change",
    [
        "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "DROP TRIGGER append_only_row ON audit_event; CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON audit_event"
        " FOR EACH ROW WHEN (OLD.id < 0) EXECUTE FUNCTION audit_refuse_change()",
        "DROP TRIGGER append_only_row ON audit_event; CREATE TRIGGER append_only_row BEFORE UPDATE OF mark OR DELETE ON audit_event"
        " FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()",
        "DROP TRIGGER append_only_row ON audit_event; CREATE TRIGGER append_only_row BEFORE DELETE ON audit_event"
        " FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()",
        "CREATE RULE nothing AS ON DELETE TO audit_event DO INSTEAD NOTHING",
        "DROP TRIGGER never_deleted_row ON accounts_user",
        "CREATE SCHEMA aside; CREATE FUNCTION aside.audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN NEW; END $$; DROP TRIGGER append_only_row ON audit_event; CREATE TRIGGER append_only_row"
        " BEFORE UPDATE OR DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION aside.audit_refuse_change()",
        "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; CREATE TRIGGER swallow"
        " BEFORE INSERT ON audit_event FOR EACH ROW WHEN (NEW.verb = 'account.sign_in') EXECUTE FUNCTION swallow()",
        "DROP TRIGGER reply_frozen ON oversight_reply",
        "ALTER TABLE oversight_directive DISABLE TRIGGER directive_frozen",
        "DROP TRIGGER reply_frozen ON oversight_reply; CREATE TRIGGER reply_frozen BEFORE UPDATE ON oversight_reply"
        " FOR EACH ROW WHEN (OLD.round <> NEW.round) EXECUTE FUNCTION audit_refuse_change()",
    ],
    ids=[
        "function replaced", "condition", "one column", "deletes alone", "rule", "never deleted",
        "namesake in another schema", "events swallowed", "issued text", "issued letter", "issued rounds alone",
    ],
)  # fmt: skip
def test_triggers_that_are_there_and_do_nothing_are_told(journal, change):
    by_owner(change)
    assert [finding.code for finding in checked().findings] == ["trigger_off"]
