"""What the page of a batch says: where it stands, what to do next, and one page of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from backoffice import wording
from credit_records.models import IntakeBatch
from credit_records.selectors import batches as read
from credit_records.selectors.batches import COUNTED_AT_MOST, Progress, Tab
from credit_records.selectors.row_views import words_of

State = IntakeBatch.State

STATE_TONES = {
    State.UPLOADED: "wait",
    State.CHECKED: "todo",
    State.REFUSED: "bad",
    State.SUBMITTED: "wait",
    State.RETURNED: "bad",
    State.PUBLISHED: "good",
    State.TAKEN_BACK: "off",
}
_TITLES = {
    Tab.REJECT: "拒绝",
    Tab.HOLD: "存疑",
    Tab.EXPLAINED: "已说明",
    Tab.UPDATE: "更新",
    Tab.CREATE: "新增",
    Tab.UNCHANGED: "无变化",
    Tab.HINT: "提示",
}
_EMPTY = {
    Tab.REJECT: "没有被拒绝的行。",
    Tab.HOLD: "没有存疑的行。",
    Tab.EXPLAINED: "没有已说明的行。",
    Tab.UPDATE: "没有要更新的{noun}。",
    Tab.CREATE: "没有新增的{noun}。",
    Tab.UNCHANGED: "没有与现有{noun}完全相同的行。",
    Tab.HINT: "没有提示。",
}
_MEANING = {
    Tab.REJECT: "这些行不能入库。请按说明改正后重新上传；最快的办法是在批注工作簿里改标色的单元格。",
    Tab.HOLD: "这些行可能有误。确认无误的请写明理由和依据，说明后计入可入库；有误的请改正后重新上传。",
    Tab.EXPLAINED: "这些行原为存疑，录入员已说明理由，请审核员核对。",
    Tab.UPDATE: "{update}",
    Tab.CREATE: "{create}",
    Tab.UNCHANGED: "与现有{noun}完全相同，不会改动任何内容。",
    Tab.HINT: "可以入库，但请顺便核对。",
}
_FIGURES = ("rows", "accepted", "held", "rejected", "created", "updated", "unchanged")
_STEPS = ("上传", "检查", "预览", "提交", "审核")
# The step at which a batch stands, and whether it has come to a halt there.
_AT = {
    State.UPLOADED: (1, False),
    State.REFUSED: (1, True),
    State.CHECKED: (2, False),
    State.SUBMITTED: (4, False),
    State.RETURNED: (4, True),
    State.PUBLISHED: (5, False),
    State.TAKEN_BACK: (None, True),
}


@dataclass(frozen=True)
class StepShown:
    title: str
    state: str
    """done, now, halted or ahead."""
    note: str


@dataclass(frozen=True)
class TabShown:
    title: str
    count: str
    url: str
    current: bool
    empty: bool


@dataclass(frozen=True)
class Notice:
    """A sentence above the rows, with the batch it speaks of."""

    tone: str
    text: str
    url: str = ""
    link: str = ""


def batch_page(batch: IntakeBatch, params: Mapping[str, str], *, now: datetime) -> dict[str, Any]:
    """The context of the page: rows of one tab, at most one page of them, whatever the size of the file."""
    under_way = read.progress(batch, now=now)
    context: dict[str, Any] = {
        "batch": batch,
        "tone": STATE_TONES[State(batch.state)],
        "steps": steps(batch, under_way),
        "progress": under_way,
        "notices": notices(batch),
        "advice": advice(batch, under_way),
        "figures": {name: f"{getattr(batch, name):,}" for name in _FIGURES},
        "judged": batch.checked_at is not None and batch.state != State.REFUSED,
        "future": batch.state in (State.CHECKED, State.SUBMITTED),
        "words": words_of(batch.item),
    }
    if context["judged"]:
        context.update(_rows(batch, params))
    return context


def _rows(batch: IntakeBatch, params: Mapping[str, str]) -> dict[str, Any]:
    counts = read.tab_counts(batch)
    tab = _wanted(params.get("tab", ""), counts)
    page = read.rows_page(
        batch, tab, after=whole_number(params.get("after")) or 0, before=whole_number(params.get("before"))
    )
    return {
        "tab": tab.value,
        "tabs": [
            TabShown(_TITLES[key], _figure(counts[key]), f"?tab={key}#rows", key is tab, not counts[key])
            for key in Tab
            if key is not Tab.EXPLAINED or counts[key]
        ],
        "page": page,
        "meaning": _MEANING[tab].format(**vars(words_of(batch.item))),
        "empty": _EMPTY[tab].format(**vars(words_of(batch.item))),
    }


def _figure(count: int) -> str:
    return f"{COUNTED_AT_MOST:,}+" if count == COUNTED_AT_MOST + 1 else f"{count:,}"


def _wanted(asked: str, counts: Mapping[Tab, int]) -> Tab:
    """The tab asked for; otherwise the first that has rows."""
    if asked in set(Tab):
        return Tab(asked)
    return next((tab for tab in Tab if counts[tab] and tab is not Tab.EXPLAINED), Tab.REJECT)


def whole_number(text: str | None) -> int | None:
    """The number in an address; None for anything that no row or remark can have."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def steps(batch: IntakeBatch, under_way: Progress | None) -> list[StepShown]:
    at, halted = _AT[State(batch.state)]
    titles = (*_STEPS, words_of(batch.item).last_step)
    reached = len(titles) if at is None else at
    shown = []
    for position, title in enumerate(titles):
        if at is None:
            state = "ahead"
        elif position < reached or (position == reached and batch.state == State.PUBLISHED):
            state = "done"
        elif position == reached:
            state = "halted" if halted else "now"
        else:
            state = "ahead"
        shown.append(StepShown(title, state, _step_note(position, batch, under_way)))
    return shown


def _step_note(position: int, batch: IntakeBatch, under_way: Progress | None) -> str:
    if position == 0:
        return f"{batch.uploaded_by} {wording.of_moment(batch.uploaded_at)}"
    if position == 1 and under_way is not None:
        return _rows_done(under_way)
    if position == 1 and batch.checked_at is not None:
        return "文件不可用" if batch.state == State.REFUSED else wording.of_moment(batch.checked_at)
    if position == 3 and batch.submitted_at is not None:
        return wording.of_moment(batch.submitted_at)
    if position == 4 and batch.reviewed_at is not None:
        return f"{batch.reviewed_by} {wording.of_moment(batch.reviewed_at)}"
    return ""


def _rows_done(under_way: Progress) -> str:
    if not under_way.done:
        return under_way.step
    return f"{under_way.rows} 行"


def notices(batch: IntakeBatch) -> list[Notice]:
    found = []
    if batch.state == State.RETURNED:
        who = f"{batch.reviewed_by} {wording.of_moment(batch.reviewed_at)} " if batch.reviewed_at else ""
        found.append(Notice("bad", f"{who}退回：{batch.state_reason}"))
    if batch.state == State.TAKEN_BACK:
        found.append(Notice("off", f"本批次已撤销：{batch.state_reason}"))
    if batch.corrects is not None:
        found.append(Notice("info", "本批次改正自", _url(batch.corrects), batch.corrects.file_name))
    replaced_by = getattr(batch, "replaced_by", None)
    if replaced_by is not None:
        text = f"已有改正后的文件({replaced_by.get_state_display()})，请在新批次办理："
        found.append(Notice("info", text, _url(replaced_by), replaced_by.file_name))
    if batch.state in (State.UPLOADED, State.CHECKED):
        earlier = read.same_file_before(batch)
        if earlier is not None:
            when = f"{wording.of_moment(earlier.uploaded_at)}({earlier.get_state_display()})"
            text = f"同一个文件已于{when}上传过；重复提交不会产生重复记录。前一次："
            found.append(Notice("info", text, _url(earlier), earlier.file_name))
    unknown = batch.layout.get("unknown") or []
    if unknown:
        found.append(Notice("info", f"以下列不属于本事项的模板，没有读取：{'、'.join(unknown[:20])}"))
    others = batch.layout.get("other_tables") or []
    if others:
        found.append(
            Notice("info", f"工作簿里还有同类表格没有读取，请分别另存后上传：{'、'.join(others[:10])}")
        )
    return found


def _advice_on_the_rest(batch: IntakeBatch) -> str:
    parts = []
    if batch.held:
        parts.append(f"存疑的{batch.held:,}行确认无误的，请先说明理由再提交")
    if batch.rejected:
        parts.append(
            f"可入库的行可以先提交，拒绝的{batch.rejected:,}行在批注工作簿中改正后再上传，已提交的行不会重复"
        )
    return "；".join(parts) + "。"


def _url(batch: IntakeBatch) -> str:
    return reverse("admin:credit_records_intakebatch_change", args=[batch.pk])


def advice(batch: IntakeBatch, under_way: Progress | None) -> str:
    """What to do next, in one sentence."""
    if under_way is not None:
        if under_way.silent:
            return "超过1分钟没有进展，后台检查可能已中断。请点“重新检查”；仍无进展的，请告知系统管理员。"
        return "正在后台检查，可以关闭网页，稍后从“报送批次”回来查看。"
    left = batch.rejected + batch.held
    if batch.state == State.CHECKED:
        if not batch.accepted:
            return "没有可入库的行。请下载批注工作簿，改正标色的单元格后上传改正后的文件。"
        if left:
            return _advice_on_the_rest(batch)
        return "全部行可入库，核对无误后请提交审核。"
    if batch.state == State.SUBMITTED:
        rest = f"另有{left:,}行未入库，请录入员改正后另行上传。" if left else ""
        return f"等待本单位审核员(非录入人)核对后发布或退回。{rest}"
    if batch.state == State.RETURNED and not batch.file:
        return "请到记录页点“修改内容”按退回理由改正后重新提交，再撤销本批次。"
    if batch.state == State.RETURNED:
        return "请按退回理由改正，点“上传改正后的文件”；不再报送的请撤销批次。"
    if batch.state == State.PUBLISHED:
        rest = f"仍有{left:,}行未入库，请改正后上传。" if left else ""
        return f"{words_of(batch.item).published}{rest}"
    return ""
