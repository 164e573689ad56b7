"""What is told of the rows behind a figure, by their kind; natural persons are masked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from audit.clock import local_day
from casework.models import CaseRound
from casework.selectors.pages import page_of
from commitments.models import Commitment, Performance
from credit_records.models import DuplicateCodeEntry, IntakeBatch, IntakeFinding, Record, Subject, ZeroReport
from exchange.models import Entry
from supervision.models import MonthlyProduction

Column = tuple[str, Callable[[Any], Any]]


def _admin(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def _then(name: str, now: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What the row said on the day asked about (`supervision.selectors.reporting`); asked about today, what it says."""

    def read(row: Any) -> Any:
        known = f"known_{name}"
        return getattr(row, known) if known in row.__dict__ else now(row)

    return read


class Listing:
    """How rows of one model are fetched, ordered, linked and told."""

    def __init__(
        self,
        related: tuple[str, ...],
        order: tuple[str, ...],
        columns: tuple[Column, ...],
        link: Callable[[Any], str] = _admin,
        dress: Callable[[Sequence[Any]], None] = lambda rows: None,
    ) -> None:
        self.related, self.order, self.columns, self.link = related, order, columns, link
        self.dress = dress
        """Gives the rows of a page what their columns ask for, in a fixed number of queries."""

    def fetched(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related(*self.related).order_by(*self.order)


LISTINGS: dict[type, Listing] = {
    Record: Listing(
        ("subject", "department", "item"),
        ("-decision_date", "-pk"),
        (
            ("文号", lambda one: one.document_number),
            ("主体", lambda one: one.subject.listed_name),
            ("事项", lambda one: one.item.name),
            ("决定日期", lambda one: one.decision_date),
            ("来源单位", lambda one: one.department.short_name or one.department.name),
            ("状态", lambda one: one.get_state_display()),
        ),
    ),
    IntakeBatch: Listing(
        ("department", "item"),
        ("-uploaded_at", "-pk"),
        (
            ("文件", lambda one: one.file_name),
            ("单位", lambda one: one.department.short_name or one.department.name),
            ("事项", lambda one: one.item.name),
            ("行数", _then("rows", lambda one: one.rows)),
            ("合规", _then("good", lambda one: one.created + one.updated + one.unchanged)),
            ("存疑", _then("held", lambda one: one.held)),
            ("拒绝", _then("rejected", lambda one: one.rejected)),
        ),
    ),
    Subject: Listing(
        (),
        ("pk",),
        (
            ("名称", lambda one: one.listed_name),
            ("代码", lambda one: one.code or "—"),
            ("状态", lambda one: one.get_state_display()),
        ),
    ),
    CaseRound: Listing(
        ("case__subject", "case__owning_body"),
        ("-closed_on", "-pk"),
        (
            ("案件编号", lambda one: one.case.number),
            ("主体", lambda one: one.case.subject.listed_name),
            ("轮次", lambda one: one.round),
            ("办结", lambda one: one.closed_on),
            ("应办结", lambda one: one.due_on or "—"),
            ("工作日", lambda one: one.net_days),
            ("含停时", lambda one: one.gross_days),
        ),
        link=lambda one: page_of(one.case),
    ),
    Entry: Listing(
        ("record",),
        ("-pk",),
        (
            ("依据", lambda one: one.reference),
            ("应同步", lambda one: one.due_on),
            ("状态", lambda one: one.get_state_display()),
            ("记录", lambda one: one.record.document_number if one.record else "—"),
        ),
    ),
    Commitment: Listing(
        ("subject", "department"),
        ("-pk",),
        (
            ("承诺编码", lambda one: one.code),
            ("承诺人", lambda one: one.subject.listed_name),
            ("类型", lambda one: one.get_kind_display()),
            ("作出日期", lambda one: one.made_on),
            ("受理单位", lambda one: one.department.short_name or one.department.name),
        ),
    ),
    Performance: Listing(
        ("commitment__subject", "commitment__department"),
        ("-pk",),
        (
            ("承诺编码", lambda one: one.commitment.code),
            ("承诺人", lambda one: one.commitment.subject.listed_name),
            ("履行状态", lambda one: one.get_status_display()),
            ("认定日期", lambda one: one.determined_on),
        ),
        link=lambda one: _admin(one.commitment),
    ),
    MonthlyProduction: Listing(
        ("department", "item", "entered_by"),
        ("-month", "-pk"),
        (
            ("月份", lambda one: f"{one.month:%Y-%m}"),
            ("单位", lambda one: one.department.short_name or one.department.name),
            ("事项", lambda one: one.item.name),
            ("产生", _then("produced", lambda one: one.produced)),
            ("不予报送", _then("exempt", lambda one: one.exempt)),
            ("依据和理由", lambda one: _then("exempt_reason", lambda it: it.exempt_reason)(one) or "—"),
            ("填报人", _then("entered_by", lambda one: str(one.entered_by))),
        ),
    ),
    ZeroReport: Listing(
        ("department", "item", "reported_by"),
        ("-month", "-pk"),
        (
            ("月份", lambda one: f"{one.month:%Y-%m}"),
            ("单位", lambda one: one.department.short_name or one.department.name),
            ("事项", lambda one: one.item.name),
            ("报送人", lambda one: str(one.reported_by)),
        ),
    ),
    IntakeFinding: Listing(
        ("batch__department", "batch__item"),
        ("-batch", "row", "pk"),
        (
            ("文件", lambda one: one.batch.file_name),
            ("单位", lambda one: one.batch.department.short_name or one.batch.department.name),
            ("事项", lambda one: one.batch.item.name),
            ("行号", lambda one: one.row),
            ("栏目", lambda one: one.column or "整行"),
            ("问题和改法", lambda one: one.message),
        ),
        link=lambda one: _admin(one.batch),
    ),
    DuplicateCodeEntry: Listing(
        ("first", "second", "batch__department"),
        ("-pk",),
        (
            ("名称", lambda one: one.name),
            ("代码", lambda one: f"{one.first.code or '—'} / {one.second.code or '—'}"),
            ("状态", lambda one: one.get_state_display()),
            ("发现", lambda one: local_day(one.found_at)),
            ("来源", lambda one: str(one.batch.department) if one.batch else "—"),
        ),
    ),
}
