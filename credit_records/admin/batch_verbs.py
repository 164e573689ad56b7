"""The steps of a batch as buttons: each is one service function, with what its dialog asks and says."""

from __future__ import annotations

from typing import Any

from django import forms

from backoffice.verbs import Verb
from credit_records import tasks
from credit_records.models import CatalogueItem, IntakeBatch
from credit_records.selectors.row_views import RECORDS, words_of
from credit_records.services import batches
from credit_records.services.batch_steps import obstacle, reachable

CHECKED_AT_ONCE = 1024 * 1024
"""Files up to here (some 5,000 rows, a second) are checked while the clerk waits, others by the worker."""


def start_check(batch: IntakeBatch, *, actor: Any) -> str:
    """Check a small file now, have a large one checked in the background; the page afterwards is the same."""
    if batch.file_size <= CHECKED_AT_ONCE:
        batches.check(batch, actor=actor)
        return "检查完毕。"
    tasks.queue_check(batch, actor=actor)
    return "已排队检查；可以关闭网页，检查在后台继续。"


def _explain(batch: IntakeBatch, *, actor: Any, row: int, explanation: str) -> str:
    batches.explain(batch, row, actor=actor, explanation=explanation)
    return f"第{row}行已说明，计入可入库。"


def in_the_way(batch: IntakeBatch, verb: str, user: Any) -> str:
    """Why the page does not offer the step; stricter than the service: no older file undoes a newer."""
    replaced_by = getattr(batch, "replaced_by", None)
    if verb == "submit" and replaced_by is not None and batch.state == IntakeBatch.State.CHECKED:
        return f"已上传改正后的文件“{replaced_by.file_name}”，请在新批次提交。"
    return obstacle(batch, verb, actor=user)


def confirmations(item: CatalogueItem) -> dict[str, str]:
    """What the dialog of a verb says before it is done, in the words of the item's kind."""
    words = words_of(item)
    return {
        "submit": words.submit,
        "publish": words.publish,
        "return": words.returned,
        "take-back": words.take_back,
    }


def _verb(name: str, label: str, function: Any, **options: Any) -> Verb:
    return Verb(
        name=name.replace("_", "-"),
        rule=name,
        label=label,
        function=function,
        obstacle=lambda batch, user: in_the_way(batch, name, user),
        reachable=lambda batch: reachable(batch, name),
        **options,
    )


VERBS = (
    _verb(
        "submit",
        "提交审核",
        batches.submit,
        takes_reason=False,
        tone="primary",
        confirm=RECORDS.submit,
        done="已提交审核：{obj}。请由本单位审核员发布。",
        order=10,
    ),
    _verb(
        "publish",
        "发布",
        batches.publish,
        tone="primary",
        confirm=RECORDS.publish,
        done="已发布：{obj}",
        order=20,
    ),
    _verb(
        "return",
        "退回",
        batches.send_back,
        needs_reason=True,
        confirm=RECORDS.returned,
        done="已退回：{obj}",
        order=30,
    ),
    _verb(
        "check",
        "重新检查",
        start_check,
        takes_reason=False,
        confirm="按现在的目录和数据重新检查全部行；说明过、内容没有变的存疑行不用再说明。",
        order=40,
    ),
    _verb(
        "take_back",
        "撤销批次",
        batches.take_back,
        needs_reason=True,
        tone="danger",
        confirm=RECORDS.take_back,
        done="已撤销：{obj}",
        order=50,
    ),
    _verb(
        "explain",
        "说明",
        _explain,
        takes_reason=False,
        extra_fields=(
            ("row", forms.IntegerField(min_value=1, widget=forms.HiddenInput)),
            (
                "explanation",
                forms.CharField(
                    label="仍需报送的理由和依据",
                    max_length=1000,
                    widget=forms.Textarea(attrs={"rows": 3}),
                    error_messages={"required": "请写明仍需报送的理由和依据。"},
                ),
            ),
        ),
    ),
)
