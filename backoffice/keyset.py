"""Lists of big tables: pages by key instead of OFFSET, and never a count."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.admin.views.main import ORDER_VAR
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import BooleanField, F, Field, Func, Model, QuerySet, Value
from django.http import HttpRequest
from unfold.views import ChangeList

from accounts.grants.reach import granted_until

AFTER, BEFORE = "after", "before"


class _Exact(DjangoJSONEncoder):
    """Moments to the microsecond: Django cuts them to milliseconds, and rows of the same one would be passed over."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


class RowComparison(Func):
    """`ROW(a, b) < ROW(x, y)`: one range of the index on these columns, which chained ORs would not be."""

    def __init__(self, fields: Sequence[Field], values: Sequence[Any], operator: str) -> None:
        super().__init__(
            *(F(field.attname) for field in fields),
            *(Value(value, output_field=field) for field, value in zip(fields, values, strict=True)),
            output_field=BooleanField(),
        )
        self.operator = operator

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        parts = [compiler.compile(expression) for expression in self.get_source_expressions()]
        half = len(parts) // 2
        left, right = (", ".join(text for text, _ in side) for side in (parts[:half], parts[half:]))
        return f"ROW({left}) {self.operator} ROW({right})", [p for _, params in parts for p in params]


class HouseChangeList(ChangeList):
    """A small list with numbered pages; sorted columns are marked when the user has sorted them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        # The whole table is not counted; without this the theme's title would promise a comparison.
        self.full_result_count = self.result_count
        self.mark_let_in(request)

    def mark_let_in(self, request: HttpRequest) -> None:
        """Rows that the reader sees by a grant know until when; asks no query, and nothing of people without grants."""
        if request.user.holdings.grants:
            for row in self.result_list:
                row.let_in_until = granted_until(request.user, row)

    def get_ordering_field_columns(self) -> dict[int, str]:
        return super().get_ordering_field_columns() if ORDER_VAR in self.params else {}


class KeysetPages:
    """What the theme asks of a paginator: only its template."""

    template_name = "backoffice/keyset_pages.html"
    count = 0


class KeysetChangeList(HouseChangeList):
    """A change list that knows its first page, the next and the one before, and no total."""

    @property
    def keyset(self) -> Sequence[str]:
        return self.model_admin.keyset

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet:
        # Pages are no filters: Django would look for columns of these names.
        for name in (AFTER, BEFORE):
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        return super().get_queryset(request, exclude_parameters)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> list[str]:
        return list(self.keyset)

    def get_results(self, request: HttpRequest) -> None:
        columns = [name.removeprefix("-") for name in self.keyset]
        fields = [
            self.lookup_opts.pk if name == "pk" else self.lookup_opts.get_field(name) for name in columns
        ]
        falling = self.keyset[0].startswith("-")
        after = self._key(request.GET.get(AFTER, ""), fields)
        before = None if after else self._key(request.GET.get(BEFORE, ""), fields)
        rows = self.queryset
        if after is not None:
            rows = rows.filter(RowComparison(fields, after, "<" if falling else ">"))
        elif before is not None:
            rows = rows.filter(RowComparison(fields, before, ">" if falling else "<")).reverse()
        found = list(rows[: self.list_per_page + 1])
        more = len(found) > self.list_per_page
        found = found[: self.list_per_page]
        if before is not None:
            found.reverse()
        self.result_list = found
        self.mark_let_in(request)
        self.has_previous_page = after is not None or (before is not None and more)
        self.has_next_page = more if before is None else True
        self._first = self._token(found[0], fields) if found else ""
        self._last = self._token(found[-1], fields) if found else ""
        self.result_count = self.full_result_count = len(found)
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        self.paginator = KeysetPages()

    @property
    def first_page_url(self) -> str:
        return self.get_query_string()

    @property
    def previous_page_url(self) -> str:
        return self.get_query_string({BEFORE: self._first})

    @property
    def next_page_url(self) -> str:
        return self.get_query_string({AFTER: self._last})

    @staticmethod
    def _token(obj: Model, fields: Sequence[Field]) -> str:
        values = [getattr(obj, field.attname) for field in fields]
        return base64.urlsafe_b64encode(json.dumps(values, cls=_Exact).encode()).decode().rstrip("=")

    @staticmethod
    def _key(token: str, fields: Sequence[Field]) -> list[Any] | None:
        """The key a page begins after; a token that is none of ours means the first page."""
        if not token or len(token) > 500:
            return None
        try:
            values = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
            if not isinstance(values, list) or len(values) != len(fields) or None in values:
                return None
            return [field.to_python(value) for field, value in zip(fields, values, strict=True)]
        except (binascii.Error, ValueError, TypeError, ValidationError):
            return None
