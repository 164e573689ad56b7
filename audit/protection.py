"""Append-only tables, by the database's own means."""

from __future__ import annotations

from django.db import migrations

FUNCTION = "audit_refuse_change"
BODY = """
BEGIN
    RAISE EXCEPTION 'table % is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END """
"""What the function does; the verification of the journal looks whether it still does that."""
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $${BODY}$$;
"""


class AppendOnlyFunction(migrations.RunSQL):
    """Creates the trigger function that refuses every change."""

    def __init__(self) -> None:
        super().__init__(_FUNCTION, "DROP FUNCTION IF EXISTS audit_refuse_change() CASCADE")

    def deconstruct(self):
        return self.__class__.__name__, [], {}


class AppendOnly(migrations.RunSQL):
    """Refuses UPDATE, DELETE and TRUNCATE on a table, whoever asks."""

    def __init__(self, *tables: str) -> None:
        self.tables = tables
        create = "\n".join(
            f'CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON "{t}" '
            f"FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();\n"
            f'CREATE TRIGGER append_only_table BEFORE TRUNCATE ON "{t}" '
            f"FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();"
            for t in tables
        )
        drop = "\n".join(
            f'DROP TRIGGER append_only_row ON "{t}"; DROP TRIGGER append_only_table ON "{t}";' for t in tables
        )
        super().__init__(create, drop)

    def deconstruct(self):
        return self.__class__.__name__, list(self.tables), {}


class NeverDeleted(migrations.RunSQL):
    """Refuses DELETE and TRUNCATE on tables whose rows others name without a foreign key of the database."""

    def __init__(self, *tables: str) -> None:
        self.tables = tables
        create = "\n".join(
            f'CREATE TRIGGER never_deleted_row BEFORE DELETE ON "{t}" '
            f"FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();\n"
            f'CREATE TRIGGER never_deleted_table BEFORE TRUNCATE ON "{t}" '
            f"FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();"
            for t in tables
        )
        drop = "\n".join(
            f'DROP TRIGGER never_deleted_row ON "{t}"; DROP TRIGGER never_deleted_table ON "{t}";'
            for t in tables
        )
        super().__init__(create, drop)

    def deconstruct(self):
        return self.__class__.__name__, list(self.tables), {}


class Frozen(migrations.RunSQL):
    """Refuses UPDATE of some columns once a row says that it has left the house (`once`, a condition on OLD); the others go on."""

    def __init__(
        self, table: str, trigger: str, columns: tuple[str, ...], once: str = "true", or_if: str = "false"
    ) -> None:
        self.table, self.trigger, self.columns, self.once, self.or_if = table, trigger, columns, once, or_if
        old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
        create = (
            f'CREATE TRIGGER {trigger} BEFORE UPDATE ON "{table}" FOR EACH ROW '
            f"WHEN (({once}) AND (({old}) IS DISTINCT FROM ({new})) OR ({or_if})) EXECUTE FUNCTION {FUNCTION}();"
        )
        super().__init__(create, f'DROP TRIGGER {trigger} ON "{table}";')

    def deconstruct(self):
        return self.__class__.__name__, [self.table, self.trigger, self.columns, self.once, self.or_if], {}
