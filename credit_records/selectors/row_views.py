"""How the rows of a batch are shown, by the kind of its item: as records, unless an app has said otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from credit_records.models import CatalogueItem, IntakeBatch, IntakeRow


@dataclass(frozen=True)
class Words:
    """What the page of a batch calls things."""

    noun: str = "记录"
    number: str = "文号"
    day: str = "决定日期"
    kind: str = "类别"
    decided: bool = True
    """The rows are decisions: fine and publicity have columns of their own."""
    create: str = "提交后成为新记录的行。"
    update: str = "与现有记录的文号和主体相同而内容不同的行：左为现有内容，右为文件内容。"
    submit: str = "可入库的行将成为待审核记录；存疑、拒绝的行不入库，可改正后另行上传。"
    publish: str = "本批次待审核的记录全部生效；社会公开的记录按公示期对外公示。"
    published: str = "本批次记录已生效。"
    take_back: str = "整批不再报送；已提交未发布的记录转为草稿。"
    returned: str = "本批次待审核的记录全部退回录入员，请写明要改正什么。"
    last_step: str = "公示"


class RowView(Protocol):
    """Rows of a kind whose rows become no records."""

    words: Words

    def urls(self, batch: IntakeBatch, rows: Sequence[IntakeRow]) -> Mapping[int, str]:
        """The page of what a row has become or would change, by row number."""

    def contents_before(self, batch: IntakeBatch, rows: Sequence[IntakeRow]) -> Mapping[int, dict[str, Any]]:
        """What stands, or stood before the batch was published, by row number and field code as rows keep it."""


RECORDS = Words()
_VIEWS: dict[str, RowView] = {}


def register(kind: str, view: RowView) -> None:
    _VIEWS[kind] = view


def view_of(item: CatalogueItem) -> RowView | None:
    """None for records."""
    return _VIEWS.get(item.kind)


def words_of(item: CatalogueItem) -> Words:
    view = view_of(item)
    return view.words if view is not None else RECORDS
