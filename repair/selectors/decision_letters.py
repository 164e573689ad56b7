"""What stands in the letters about the decision on a repair: record by record, with reasons, effect and remedies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from casework.letters.sheet import date_words
from casework.models import Case
from credit_records.models import Record
from credit_records.rules.publicity import months_text
from credit_records.services.records import state_by_period
from repair.models import Application, Item

from .letters import finding_line, letter_values

Outcome = Item.Outcome
_GRANTED = {
    Application.Kind.REPAIR: (
        "准予修复的信息自本决定作出之日起终止公示，不再共享和使用，不再作为失信惩戒措施和信用评价的依据。"
        "本决定同时告知数据来源单位，并同步至上级信用信息平台。"
    ),
    Application.Kind.SHIELD: (
        "准予屏蔽的信息自本决定作出之日起暂停公示，至重整程序终止时止；屏蔽期间公示期连续计算。屏蔽不是信用修复，"
        "不影响符合条件后申请信用修复。本决定同时告知数据来源单位，并同步至上级信用信息平台。"
    ),
}
_TOLD = "本决定同时告知数据来源单位，并同步至上级信用信息平台。"
_AFTER = {
    Record.State.PUBLISHED: "自本决定作出之日起恢复公示、共享和使用，公示期按原决定日期连续计算",
    Record.State.ENDED: "公示期已满，不再公示",
    Record.State.SUSPENDED: "修复之前已暂停公示，自本决定作出之日起恢复为暂停公示",
    Record.State.WITHDRAWN: "已由数据来源单位撤回或者按决定撤回，不再公示",
}
_SHIELDED = "按人民法院的裁定仍在屏蔽，裁定终结之前不公示、不共享和使用"
_OUR_OWN_NOTE = re.compile(r"[(（][^()（）]*本系统口径[^()（）]*[)）]")
_AGAIN = "条件具备后，可以重新提出信用修复申请。"
_WORDS = {
    Application.Kind.REPAIR: {},
    Application.Kind.SHIELD: {Outcome.GRANTED: "准予屏蔽", Outcome.DENIED: "不予屏蔽"},
}


def _quoted(sources: Iterable[str]) -> str:
    """The sources of the rules as a letter quotes them: each once, without the notes that are for the office alone."""
    return "；".join(dict.fromkeys(_OUR_OWN_NOTE.sub("", one).strip() for one in sources))


def outcome_label(item: Item, outcome: str | None = None) -> str:
    """The conclusion as the letter words it; needs `application`."""
    found = Outcome(outcome or item.outcome)
    words: Mapping[str, str] = _WORDS[Application.Kind(item.application.kind)]
    return words.get(found, str(found.label))


def decision_line(item: Item, *, outcome: str | None = None, reasons: str | None = None) -> str:
    """One record and its conclusion with the reasons; `outcome` and `reasons` where it is only proposed."""
    why = item.outcome_reasons if reasons is None else reasons
    about = f"{item.record.department}《{item.record.document_number}》"
    return f"{item.number}．{about}：{outcome_label(item, outcome)}。理由：{why}"


def decision_values(
    case: Case, items: Sequence[Item], *, reasons: str, basis: Iterable[str] = ()
) -> dict[str, str]:
    """The values of 信用修复决定书: remedies stand in it only where something was denied.

    Needs the items with `application`, `record` and its department, as they were just decided.
    """
    kind = Application.Kind(items[0].application.kind)
    outcomes = {item.outcome for item in items}
    denied = Outcome.DENIED in outcomes
    return letter_values(
        case,
        items,
        reasons=reasons,
        findings="\n".join(_finding(item) for item in items),
        decision="\n".join(map(decision_line, items)),
        measures=_GRANTED[kind] if Outcome.GRANTED in outcomes else "",
        basis=_quoted(basis),
        advice=_AGAIN if denied else "",
    )


def _finding(item: Item) -> str:
    """For a shielding the court's order speaks; whether duties are done was not asked."""
    application = item.application
    if application.kind == Application.Kind.SHIELD and application.ordered_on is not None:
        return (
            f"{item.number}．{application.court}于{date_words(application.ordered_on)}作出"
            f"{application.order_number}裁定，所涉记录为{item.record.department}《{item.record.document_number}》。"
        )
    return finding_line(item)


def after_revocation(record: Record, *, on: date) -> str:
    """What becomes of a repaired record when its repair is revoked on that day, in the words of the letter."""
    withdrawn = record.state == Record.State.WITHDRAWN
    state = Record.State.WITHDRAWN if withdrawn else state_by_period(record, on=on)
    if state == Record.State.SUSPENDED and record.shielded_by:
        return _SHIELDED
    return _AFTER[state]


def _revoked(items: Sequence[Item], *, on: date) -> str:
    revoked = [item for item in items if item.outcome == Outcome.REVOKED]
    lines = [f"第{item.number}项撤销修复的信息{after_revocation(item.record, on=on)}" for item in revoked]
    return f"{'；'.join(lines)}。{_TOLD}"


def revocation_values(
    case: Case,
    items: Sequence[Item],
    *,
    on: date,
    reasons: str,
    false_material: str,
    bar_months: int,
    basis: Iterable[str] = (),
) -> dict[str, str]:
    """The values of 撤销信用修复决定书; `items` are those that were in question, of which one at least is revoked.

    `on` is the day of the decision, the records as they are before it.
    """
    barred = f"自本决定作出之日起{months_text(bar_months)}内不得再次申请信用修复。" if bar_months else ""
    return letter_values(
        case,
        items,
        reasons=reasons,
        findings=false_material,
        decision="\n".join(map(decision_line, items)),
        measures=f"{_revoked(items, on=on)}{barred}",
        basis=_quoted(basis),
    )


def review_values(
    case: Case,
    items: Sequence[Item],
    *,
    rulings: Mapping[int, tuple[str, str]],
    reasons: str,
    reply_due: str,
    false_material: str = "",
) -> dict[str, str]:
    """The values of 报请上级审核函: what is proposed for every record (item number → outcome, reasons).

    `false_material` in a round about revoking: what was found, instead of what the source had confirmed.
    """
    return letter_values(
        case,
        items,
        reasons=reasons,
        findings=false_material or "\n".join(_finding(item) for item in items),
        decision="\n".join(
            decision_line(item, outcome=rulings[item.number][0], reasons=rulings[item.number][1])
            for item in items
        ),
        reply_due=reply_due,
    )
