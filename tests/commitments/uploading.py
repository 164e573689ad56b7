"""Files of commitments and of reports on performance about invented companies, taken in as by the clerk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.core.files import File

from credit_records.models import CatalogueItem, IntakeBatch
from credit_records.services import batches

from ..credit_records.builders import SOURCE, company_code, write_xlsx
from .counter import at


def commitment(number: int = 1, **changes: object) -> dict[str, object]:
    """One good row of the commitment template, without a code of its own; `changes` by column title replace cells."""
    row: dict[str, object] = {
        "承诺编码": None,
        "承诺人名称": f"银川示例第{number}商贸有限公司",
        "承诺人类别": "法人及非法人组织",
        "承诺人代码": company_code(number),
        "承诺人证件类型": None,
        "承诺人证件号码": None,
        "承诺类型": "审批替代型",
        "承诺事项": None,
        "承诺事由": "食品经营许可",
        "承诺内容": "承诺符合食品经营许可条件。",
        "违诺责任": "承诺不实的，依法撤销许可。",
        "承诺作出日期": "2026/11/10",
        "承诺有效期": None,
        "容缺材料": None,
        "承诺受理单位": SOURCE[0],
        "承诺受理单位统一社会信用代码": SOURCE[1],
        "公开类型": "可向社会公开",
        "备注": None,
    }
    unknown = set(changes) - set(row)
    assert not unknown, unknown
    return {**row, **changes}


def performance(code: object, number: int = 1, **changes: object) -> dict[str, object]:
    """One good row on the commitment of that code by the company of that number."""
    row: dict[str, object] = {
        "承诺编码": code,
        "承诺人名称": f"银川示例第{number}商贸有限公司",
        "承诺履行状态": "全部履行",
        "未履行的承诺内容": None,
        "违诺责任追究内容": None,
        "认定日期": "2026/11/16",
        "认定单位": SOURCE[0],
        "认定单位统一社会信用代码": SOURCE[1],
    }
    unknown = set(changes) - set(row)
    assert not unknown, unknown
    return {**row, **changes}


class Upload:
    """Uploads and checks rows as the clerk; `submit` and `publish` go on from there."""

    def __init__(self, city: Any, folder: Any) -> None:
        self.city = city
        self.folder = folder

    def __call__(
        self,
        *rows: Mapping[str, Any],
        item: str = "commitment",
        actor: Any = None,
        corrects: IntakeBatch | None = None,
        submit: bool = False,
        publish: bool = False,
    ) -> IntakeBatch:
        actor = actor or self.city.clerk
        path = write_xlsx(self.folder / f"{item}.xlsx", rows)
        with path.open("rb") as stream:
            batch = batches.upload(
                File(stream, name=path.name),
                actor=actor,
                department=actor.department,
                item=CatalogueItem.objects.get(code=item),
                corrects=corrects,
                now=at(20),
            )
        batch = batches.check(batch, actor=actor, now=at(20))
        if submit or publish:
            batch = batches.submit(batch, actor=actor, now=at(20, 11))
        if publish:
            batch = batches.publish(batch, actor=self.reviewer_of(actor), now=at(20, 12))
        return batch

    def reviewer_of(self, actor: Any) -> Any:
        own = self.city.reviewer.department_id == actor.department_id
        return self.city.reviewer if own else self.city.strange_reviewer

    def performances(self, *rows: Mapping[str, Any], **options: Any) -> IntakeBatch:
        return self(*rows, item="performance", **options)


@pytest.fixture
def upload(city: Any, catalogue: Any, tmp_path: Any) -> Upload:
    """Files of commitments and reports, as the clerk uploads them."""
    return Upload(city, tmp_path)


def codes_of(batch: IntakeBatch) -> list[str]:
    """The remarks on a batch that keep rows out, by row."""
    found = batch.findings.exclude(severity="hint").order_by("row", "id")
    return list(found.values_list("code", flat=True))


def figures(batch: IntakeBatch) -> tuple[int, int, int, int, int]:
    """Created, updated, unchanged, held, rejected."""
    return batch.created, batch.updated, batch.unchanged, batch.held, batch.rejected
