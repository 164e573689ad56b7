"""The records of an application as cards: conditions, the department's finding, what is proposed and decided, the effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from accounts.models import Role
from accounts.policy import policy_for
from casework.models import Decision, Evidence, Request
from casework.policies import reads_as_office
from credit_records.admin.record_columns import TONES as RECORD_TONES
from credit_records.models import Record
from repair.models import Application, Item, Material, Shielding
from repair.selectors.decision_letters import after_revocation
from repair.selectors.eligibility import eligibilities_of_items, governing

from .verdicts import Line, Standing, lines_as_kept, lines_of, standing_of_item

FINDING_TONES = {
    Item.Finding.FULFILLED: "good", Item.Finding.PARTLY: "warn", Item.Finding.NOT_FULFILLED: "bad",
    Item.Finding.UNKNOWN: "idle",
}  # fmt: skip
OUTCOME_TONES = {
    Item.Outcome.GRANTED: "good", Item.Outcome.KEPT: "good", Item.Outcome.DENIED: "bad",
    Item.Outcome.REVOKED: "bad",
}  # fmt: skip
_WITHHELD = "由来源单位确认，作出决定后可以查看"


@dataclass(frozen=True)
class Ruled:
    """What is proposed or decided for a record."""

    outcome: str
    label: str
    tone: str
    reasons: str
    final: bool


@dataclass(frozen=True)
class Effect:
    """One thing that a ruling changes, or leaves as it is."""

    what: str
    before: str
    after: str

    @property
    def changes(self) -> bool:
        return self.before != self.after


@dataclass
class Card:
    """One record of the application with everything that belongs to it, for one reader."""

    item: Item
    seen: bool
    """Whether the reader may open the record."""
    state_tone: str = "idle"
    finding_tone: str = "idle"
    unanswered: str = ""
    """Why there is no finding; empty when there is one."""
    conditions: list[Line] = field(default_factory=list)
    as_decided: bool = False
    """The conditions are those of the decision, kept for good; otherwise they are judged today."""
    rules: str = ""
    """The rule set under which it was decided."""
    standing: Standing | None = None
    ruling: Ruled | None = None
    effects: list[Effect] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    shielding: Shielding | None = None

    @property
    def publicity(self) -> str:
        record = self.item.record
        if record.publicity_start is None:
            return "没有公示"
        until = f"最长至 {record.publicity_latest_end}" if record.publicity_latest_end else "没有截止日"
        return f"自 {record.publicity_start} 起公示，{until}"


def visible_items(application: Application, user: Any) -> list[Item]:
    """The items that this reader may see, with their records; without confirmations that are not the reader's yet."""
    related = (
        "application__case", "record__item", "record__department", "record__subject", "request", "answered_by",
    )  # fmt: skip
    found = policy_for(Item).scope(user).filter(application=application).select_related(*related)
    return [
        item if _reads_finding(user, item) else _without_finding(item) for item in found.order_by("number")
    ]


def _reads_finding(user: Any, item: Item) -> bool:
    """The office and the office above read every confirmation; a body its own at once, others' after the decision.

    What is asked about again is not decided: in a round about revoking the outcome of the round before stands beside it.
    """
    if user.holds(Role.UPPER_REVIEWER) or (item.outcome and not item.pending):
        return True
    return reads_as_office(user, item.application.case) or item.record.department_id in user.departments_as(
        Role.CLERK, Role.REVIEWER
    )


def _without_finding(item: Item) -> Item:
    """The item as it was applied for, to be shown and never saved."""
    bare = copy(item)
    bare.finding, bare.answer, bare.fulfilled_on = "", "", None
    bare.answered_by, bare.answered_at = None, None
    bare.withheld = True  # type: ignore[attr-defined]
    return bare


def cards(
    items: Sequence[Item],
    *,
    user: Any,
    on: date,
    requests: Sequence[Request] = (),
    evidence: Sequence[Evidence] = (),
    decision: Decision | None = None,
) -> list[Card]:
    """Five queries at most, however many items: the records in sight, rule sets, bars, shieldings."""
    seen = set(
        policy_for(Record)
        .scope(user)
        .filter(pk__in=[i.record_id for i in items])
        .values_list("pk", flat=True)
    )
    open_items = [item for item in items if not item.outcome]
    answers = eligibilities_of_items(open_items, on=on)
    shieldings = {
        one.item_id: one for one in policy_for(Shielding).scope(user).filter(item__in=[i.pk for i in items])
    }
    kept = {item.rule_set for item in items if item.rule_set}
    titles = {key: one.publicity.title for key, one in governing(kept).items()} if kept else {}
    asked = {request.pk: request for request in requests}
    proposed = rulings_of(decision, items[0].application) if items else {}
    made = []
    for item in items:
        record = item.record
        card = Card(item, record.pk in seen)
        card.state_tone = RECORD_TONES[Record.State(record.state)]
        card.finding_tone = FINDING_TONES[Item.Finding(item.finding)] if item.finding else "idle"
        card.unanswered = "" if item.finding else _unanswered(item, asked)
        if item.pk in answers:
            answer = answers[item.pk]
            card.conditions = lines_of(answer.conditions) if answer is not None else []
            card.standing = standing_of_item(answer, item.finding)
        else:
            # What was decided stands with the conditions under which it was decided, also while it is asked about again.
            card.conditions, card.as_decided = lines_as_kept(item.conditions), True
            card.rules = titles.get(item.rule_set, item.rule_set)
        card.ruling = proposed.get(item.number) if item.pending else None
        card.ruling = card.ruling or _decided(item) or proposed.get(item.number)
        card.shielding = shieldings.get(item.pk)
        if card.ruling is not None and not card.ruling.final:
            card.effects = effects_of(item, card.ruling.outcome, on=on)
        card.evidence = [one for one in evidence if one.point_number == item.number]
        made.append(card)
    return made


def _unanswered(item: Item, asked: Mapping[int, Request]) -> str:
    if getattr(item, "withheld", False):
        return _WITHHELD
    request = asked.get(item.request_id or 0)
    if request is None:
        return "尚未请单位确认"
    if request.state == Request.State.OPEN:
        return f"待确认({request.due_on:%m-%d}到期)"
    return "协查已收回，未确认"


def in_words(label: Any, application: Application) -> str:
    """An outcome's label as it reads for this application: a court's order shields, nothing is repaired by it."""
    return str(label).replace("修复", "屏蔽") if application.kind == Application.Kind.SHIELD else str(label)


def _ruled(outcome: str, reasons: str, application: Application, *, final: bool) -> Ruled:
    one = Item.Outcome(outcome)
    return Ruled(outcome, in_words(one.label, application), OUTCOME_TONES[one], reasons, final)


def _decided(item: Item) -> Ruled | None:
    if not item.outcome:
        return None
    return _ruled(item.outcome, item.outcome_reasons, item.application, final=True)


def rulings_of(decision: Decision | None, application: Application) -> dict[int, Ruled]:
    """What a proposal says, by the number of the item."""
    if decision is None:
        return {}
    return {
        one["number"]: _ruled(one["outcome"], one["reasons"], application, final=False)
        for one in decision.content.get("items", ())
    }


# --- what a ruling would do -------------------------------------------------------------------------------------


def effects_of(item: Item, outcome: str, *, on: date) -> list[Effect]:
    """What changes with the decision and what it was before, thing by thing (修复前后对照)."""
    shown = _shown_now(item.record)
    if outcome == Item.Outcome.KEPT:
        return [Effect("公示", shown, shown)]
    if outcome == Item.Outcome.DENIED:
        return [Effect("公示", shown, shown), Effect("文书", "—", _LETTERS[outcome])]
    if outcome == Item.Outcome.REVOKED:
        return [
            Effect("公示", shown, after_revocation(item.record, on=on)),
            Effect("申请限制", "—", "自查明之日起限制申请修复"),
            Effect("文书", "—", _LETTERS[outcome]),
            Effect("上级平台", "已同步修复", "当日同步撤销"),
        ]
    if item.application.kind == Application.Kind.SHIELD:
        return [
            Effect("公示", shown, "重整期间屏蔽，裁定终结后恢复"),
            Effect("文书", "—", _LETTERS[outcome]),
            Effect("上级平台", "—", "当日同步"),
        ]
    return [
        Effect("公示", shown, "终止公示"),
        Effect("共享和使用", "在政务范围内共享、使用", "不再共享和使用"),
        Effect("信用承诺", "—", "记入信用修复型承诺"),
        Effect("文书", "—", _LETTERS[outcome]),
        Effect("上级平台", "—", "当日同步"),
    ]


_LETTERS = {
    Item.Outcome.GRANTED: "出具信用修复决定书", Item.Outcome.DENIED: "出具信用修复决定书(写明理由和救济途径)",
    Item.Outcome.REVOKED: "出具撤销信用修复决定书",
}  # fmt: skip


def _shown_now(record: Record) -> str:
    if record.state == Record.State.PUBLISHED and record.publicity_start is not None:
        until = f"至 {record.publicity_latest_end}" if record.publicity_latest_end else "没有截止日"
        return f"公示中，{until}"
    return {
        Record.State.PUBLISHED: "不公示", Record.State.SUSPENDED: "暂停公示",
        Record.State.REPAIRED: "已修复，不公示",
    }.get(Record.State(record.state), record.get_state_display())  # fmt: skip


# --- material -----------------------------------------------------------------------------------------------------

MATERIAL_TONES = {
    Material.State.UNCHECKED: "idle", Material.State.PRESENT: "good", Material.State.MISSING: "bad",
    Material.State.FAULTY: "bad",
}  # fmt: skip


@dataclass(frozen=True)
class MaterialRow:
    """One line of the list of material; `wanting`: it stands in the way of acceptance."""

    line: Material
    tone: str
    wanting: bool


def material_rows(application: Application, user: Any) -> list[MaterialRow]:
    """The list as this reader may see it (one query)."""
    found = policy_for(Material).scope(user).filter(application=application)
    rows = found.select_related("item__record", "evidence", "checked_by").order_by("pk")
    return [MaterialRow(line, MATERIAL_TONES[Material.State(line.state)], is_wanting(line)) for line in rows]


def is_wanting(line: Material) -> bool:
    """Whether a line stands in the way of acceptance, as `services.materials.missing` says; `evidence` loaded."""
    gone = line.evidence is not None and line.evidence.is_removed
    return line.required and (line.state != Material.State.PRESENT or gone)
