"""What a batch page shows of uploaded commitments and reports: where each stands, and what a change would change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse

from audit.models import Event
from commitments.models import Commitment, Performance
from credit_records.models import IntakeBatch, IntakeRow
from credit_records.rules.dates import LONG_TERM
from credit_records.selectors.row_views import Words


def _codes(batch: IntakeBatch, rows: Sequence[IntakeRow]) -> dict[int, str]:
    """Row number → code that the row brought, was found by or was given."""
    numbers = [one.row for one in rows]
    found = IntakeRow.objects.filter(batch=batch, row__in=numbers).exclude(document_key="")
    return dict(found.values_list("row", "document_key"))


def _urls(batch: IntakeBatch, rows: Sequence[IntakeRow]) -> dict[int, str]:
    codes = _codes(batch, rows)
    # Only what the department keeps: a code of another one leads nowhere from here.
    found = Commitment.objects.filter(code__in=codes.values(), department=batch.department_id)
    pages = {
        code: reverse("admin:commitments_commitment_change", args=[pk])
        for pk, code in found.values_list("pk", "code")
    }
    return {row: pages[code] for row, code in codes.items() if code in pages}


def _as_they_were(batch: IntakeBatch, model: Any, ids: Iterable[int]) -> list[Any]:
    """The rows of a table as they are, or as they were before the batch was published."""
    published = Event.objects.filter(verb="batch.publish", batch_id=batch.pk).order_by("-pk").first()
    if published is None:
        return list(model.objects.filter(pk__in=list(ids)))
    history = model.history.model.objects.filter(id__in=list(ids), event_id__lt=published.pk)
    return list(history.order_by("id", "-history_id").distinct("id"))


class CommitmentRows:
    words = Words(
        noun="承诺",
        number="承诺编码",
        day="承诺作出日期",
        kind="承诺类型",
        decided=False,
        create="发布后登记为新承诺的行；没有编码的，发布时自动编码。",
        update="与已登记承诺的编码相同（没有编码的，承诺人、作出日期和事由相同）而内容不同的行：左为现有内容，右为文件内容。",
        submit="可入库的行交审核员审核，发布后登记为承诺；存疑、拒绝的行不入库，可改正后另行上传。",
        publish="本批次的承诺全部登记，没有编码的自动编码，并各派一项核查；按公开类型公开。",
        published="本批次承诺已登记。",
        take_back="整批不再报送，没有承诺因此登记。",
        returned="整批退回录入员，请写明要改正什么。",
        last_step="登记",
    )

    def urls(self, batch: IntakeBatch, rows: Sequence[IntakeRow]) -> Mapping[int, str]:
        return _urls(batch, rows)

    def contents_before(self, batch: IntakeBatch, rows: Sequence[IntakeRow]) -> Mapping[int, dict[str, Any]]:
        codes = _codes(batch, rows)
        ids = Commitment.objects.filter(code__in=codes.values()).values_list("pk", flat=True)
        known = {one.code: one for one in _as_they_were(batch, Commitment, ids)}
        return {
            one.row: {**one.details, **_said_by(known[codes[one.row]], one.details)}
            for one in rows
            if codes.get(one.row) in known
        }


def _said_by(one: Any, details: Mapping[str, Any]) -> dict[str, Any]:
    """A commitment in the columns of the file that an upload may change; other columns say which commitment it is."""
    until = one.valid_until.isoformat() if one.valid_until else None
    if until is None and details.get("CN_YXQ") == LONG_TERM.isoformat():
        until = LONG_TERM.isoformat()
    return {
        "CN_CNR_MC": one.subject_name,
        "CN_LX": Commitment(kind=one.kind, kind_other=one.kind_other).kind_in_words,
        "CN_SY": one.cause,
        "CN_NR": one.content,
        "CN_WNZR": one.liability,
        "CN_YXQ": until,
        "CN_GKLX": Commitment.Disclosure(one.disclosure).label,
        "BZ": one.remark or None,
    }


class PerformanceRows:
    words = Words(
        noun="履约报告",
        number="承诺编码",
        day="认定日期",
        kind="履行状态",
        decided=False,
        create="发布后成为承诺的新一次履约践诺的行。",
        update="同一承诺、同一天认定而内容不同的行：左为现有内容，右为文件内容。",
        submit="可入库的行交审核员审核，发布后记入所属承诺；存疑、拒绝的行不入库，可改正后另行上传。",
        publish="本批次的履约报告全部记入所属承诺，最后一次认定为准。",
        published="本批次履约报告已记入承诺。",
        take_back="整批不再报送，没有履约报告因此记入。",
        returned="整批退回录入员，请写明要改正什么。",
        last_step="记入",
    )

    def urls(self, batch: IntakeBatch, rows: Sequence[IntakeRow]) -> Mapping[int, str]:
        return _urls(batch, rows)

    def contents_before(self, batch: IntakeBatch, rows: Sequence[IntakeRow]) -> Mapping[int, dict[str, Any]]:
        codes = _codes(batch, rows)
        standing = (
            Performance.objects.filter(
                commitment__code__in=codes.values(),
                determined_on__in={one.decision_date for one in rows},
                withdrawn_at=None,
            )
            .order_by("number")
            .values_list("pk", "commitment__code", "determined_on")
        )
        ids = {(code, day): pk for pk, code, day in standing}
        known = {one.id: one for one in _as_they_were(batch, Performance, ids.values())}
        before = {}
        for one in rows:
            report = known.get(ids.get((codes.get(one.row, ""), one.decision_date), 0))
            if report is not None:
                before[one.row] = {
                    **one.details,
                    "LY_ZT": Performance.Status(report.status).label,
                    "LY_WLXNR": report.unfulfilled or None,
                    "LY_ZRZJ": report.liability_pursued or None,
                }
        return before
