"""The points of an objection as cards: the record as it stood and stands, what is claimed, answered, decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

from accounts.policy import policy_for
from backoffice.wording import EMPTY, of_field
from casework.models import Decision, Evidence, Request
from credit_records.admin.record_columns import TONES as RECORD_TONES
from credit_records.models import Record
from credit_records.rules.field_specs import ItemSpec
from credit_records.selectors.record_pages import shown_value
from credit_records.services import corrections
from objections.models import Objection, Point
from objections.policies import reads_answer
from objections.selectors.fields import as_shown, specs_of
from objections.services.effects import put_right_already

FINDING_TONES = {
    Point.Finding.TRUE: "good", Point.Finding.PARTLY_TRUE: "warn", Point.Finding.NOT_TRUE: "bad",
    Point.Finding.UNKNOWN: "idle",
}  # fmt: skip
OUTCOME_TONES = {
    Point.Outcome.CORRECTED: "good", Point.Outcome.WITHDRAWN: "good", Point.Outcome.REPORTED: "good",
    Point.Outcome.NOT_UPHELD: "bad", Point.Outcome.UNVERIFIABLE: "warn",
}  # fmt: skip
_BESIDE = (
    "state",
    "severity",
    "disclosure",
    "publicity_start",
    "publicity_earliest_end",
    "publicity_latest_end",
)
"""Columns of the record beside its content that an objection can change."""
_WITHHELD = "由来源单位核实，作出决定后可以查看"


@dataclass(frozen=True)
class Row:
    """One column in two states, or of two records."""

    title: str
    left: str
    right: str

    @property
    def differs(self) -> bool:
        return self.left != self.right


@dataclass(frozen=True)
class Sides:
    """Two states, or two records, column by column."""

    rows: Sequence[Row] = ()

    @property
    def unlike(self) -> list[Row]:
        return [row for row in self.rows if row.differs]

    @property
    def alike(self) -> list[Row]:
        return [row for row in self.rows if not row.differs]


@dataclass(frozen=True)
class Ruled:
    """What is proposed or decided for a point."""

    outcome: str
    label: str
    tone: str
    value: str
    reasons: str
    final: bool
    shown: str = ""
    """The value as the record's page would show it."""


@dataclass
class Card:
    """One point with everything that belongs to it, for one reader."""

    point: Point
    seen: bool
    """Whether the reader may open the record."""
    other_seen: bool
    state_tone: str = "idle"
    value_now: str = ""
    claimed: str = ""
    answered: str = ""
    answer: str = ""
    """Why there is no finding yet; empty when there is one."""
    finding_tone: str = "idle"
    ruling: Ruled | None = None
    changed: Sides | None = None
    """The record as it stood against the record now; None when nothing has changed, or out of the reader's sight."""
    compared: Sides | None = None
    """The two records of a duplicate side by side."""
    evidence: list[Evidence] = field(default_factory=list)

    @property
    def value_moved(self) -> bool:
        return bool(self.point.field_code) and self.value_now != (self.point.current_value or EMPTY)


def visible_points(objection: Objection, user: Any) -> list[Point]:
    """The points that this reader may see, with the records (one query); without answers that are not the reader's."""
    related = (
        "record__item", "record__department", "other_record__item", "other_record__department", "request", "answered_by",
    )  # fmt: skip
    found = policy_for(Point).scope(user).filter(objection=objection).select_related(*related)
    return [
        point if reads_answer(user, point) else _without_answer(point) for point in found.order_by("number")
    ]


def _without_answer(point: Point) -> Point:
    """The point as its applicant made it, to be shown and never saved."""
    bare = copy(point)
    bare.finding, bare.answer, bare.answered_value = "", "", ""
    bare.answered_by, bare.answered_at = None, None
    return bare


def cards(
    points: Sequence[Point],
    *,
    user: Any,
    requests: Sequence[Request],
    evidence: Sequence[Evidence],
    decision: Decision | None,
) -> list[Card]:
    """Three queries beside the points: the records in sight, the records as they stood, the catalogue's versions."""
    records = {r.pk: r for p in points for r in (p.record, p.other_record) if r is not None}
    seen = set(policy_for(Record).scope(user).filter(pk__in=records).values_list("pk", flat=True))
    specs = specs_of(records.values())
    versions = [p.record_version for p in points if p.record_version is not None]
    stood = Record.history.model.objects.in_bulk(versions) if versions else {}
    asked = {request.pk: request for request in requests}
    own = user.departments_as("clerk", "reviewer")
    ruled = rulings_of(decision)
    made = []
    for point in points:
        record, other = point.record, point.other_record
        card = Card(point, record.pk in seen, other is not None and other.pk in seen)
        card.state_tone = RECORD_TONES[Record.State(record.state)]
        spec = specs[record.pk]
        code = point.field_code
        card.value_now = _shown(spec, record.details, code) if code else ""
        card.claimed = as_shown(spec, code, point.claimed_value)
        card.answered = as_shown(spec, code, point.answered_value)
        card.finding_tone = FINDING_TONES[Point.Finding(point.finding)] if point.finding else "idle"
        withheld = not reads_answer(user, point)
        card.answer = _WITHHELD if withheld else "" if point.finding else _unanswered(point, asked)
        ruling = _decided(point) or ruled.get(point.number)
        card.ruling = (
            replace(ruling, shown=as_shown(spec, code, ruling.value)) if ruling is not None else None
        )
        before = stood.get(point.record_version)
        if card.seen and before is not None:
            changed = Sides([row for row in _sides(spec, before, record) if row.differs])
            card.changed = changed if changed.rows else None
        if card.seen and card.other_seen:
            card.compared = Sides(_sides(spec, record, other))
        card.evidence = [
            one
            for one in evidence
            if one.point_number == point.number and not (withheld and one.department_id not in {None, *own})
        ]
        made.append(card)
    return made


def _unanswered(point: Point, asked: Mapping[int, Request]) -> str:
    request = asked.get(point.request_id or 0)
    if request is None:
        return "尚未协查"
    if request.state == Request.State.OPEN:
        return f"待答({request.due_on:%m-%d}到期)"
    return "协查已收回，未答复"


def _decided(point: Point) -> Ruled | None:
    if not point.outcome:
        return None
    tone = OUTCOME_TONES[Point.Outcome(point.outcome)]
    return Ruled(
        point.outcome, point.get_outcome_display(), tone, point.outcome_value, point.outcome_reasons, True
    )


def rulings_of(decision: Decision | None) -> dict[int, Ruled]:
    """What a proposal says, by the number of the point."""
    if decision is None:
        return {}
    found = {}
    for ruling in decision.content.get("points", ()):
        outcome = Point.Outcome(ruling["outcome"])
        found[ruling["number"]] = Ruled(
            outcome,
            str(outcome.label),
            OUTCOME_TONES[outcome],
            ruling.get("value", ""),
            ruling["reasons"],
            False,
        )
    return found


# --- two states of a record, two records ----------------------------------------------------------------------


def _shown(spec: ItemSpec, details: Mapping[str, Any], code: str) -> str:
    column = spec.field_by_code(code)
    value = details.get(code)
    if column is None or value is None or value in ("", []):
        return EMPTY
    return shown_value(column, value)


def _sides(spec: ItemSpec, left: Any, right: Any) -> list[Row]:
    """Column by column, those that are filled on either side; then what stands beside the content."""
    rows = [
        Row(one.title, _shown(spec, left.details, one.code), _shown(spec, right.details, one.code))
        for one in spec.fields
        if left.details.get(one.code) not in (None, "", [])
        or right.details.get(one.code) not in (None, "", [])
    ]
    for name in _BESIDE:
        column = Record._meta.get_field(name)
        a, b = of_field(column, getattr(left, name)), of_field(column, getattr(right, name))
        if a != EMPTY or b != EMPTY:
            rows.append(Row(str(column.verbose_name), a, b))
    return rows


# --- what a ruling would make of the records -------------------------------------------------------------------


@dataclass(frozen=True)
class Effect:
    """What the proposal does to one record."""

    record: Record
    sentence: str
    changes: Sequence[corrections.FieldChange] = ()
    remarks: Sequence[str] = ()
    obstacle: str = ""


def effects(points: Sequence[Point], rulings: Mapping[int, Any]) -> list[Effect]:
    """Record by record, what approval would write; corrections are tried out, nothing is kept."""
    found = []
    by_record: dict[int, list[Point]] = {}
    for point in points:
        if point.number in rulings:
            by_record.setdefault(point.record_id, []).append(point)
    for group in by_record.values():
        outcomes = {rulings[p.number].outcome for p in group}
        found.append(_effect(group, outcomes, rulings))
    return found


def _effect(group: Sequence[Point], outcomes: set[str], rulings: Mapping[int, Any]) -> Effect:
    record = group[0].record
    if Point.Outcome.WITHDRAWN in outcomes:
        return Effect(record, "撤回记录，不再公示，历史保留。")
    fixes = {
        p.field_code: rulings[p.number].value.strip()
        for p in group
        if rulings[p.number].outcome == Point.Outcome.CORRECTED
        and p.field_code
        and rulings[p.number].value.strip()
    }
    suspended = Point.Outcome.UNVERIFIABLE in outcomes
    if fixes:
        preview = corrections.preview(record, fixes)
        if put_right_already(record, preview):
            said = "来源单位已自行更正，记录不再改动" + ("，并暂停公示。" if suspended else "。")
            return Effect(record, said)
        remarks = [finding.message for finding in preview.findings]
        said = "更正记录，立即生效" + ("，并暂停公示。" if suspended else "。")
        return Effect(record, said, preview.changes, remarks, preview.obstacle)
    if suspended:
        return Effect(record, "暂停公示，核实清楚之前不向社会公开。")
    if Point.Outcome.REPORTED in outcomes:
        return Effect(record, "记录不动，由来源单位补报遗漏的信息。")
    return Effect(record, "记录维持不变。")
