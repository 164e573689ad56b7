"""What a record's page shows: the content by question, the publicity and its reasons, who sees it and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from accounts.policy import policy_for
from audit.clock import local_day
from credit_records.models import (
    CatalogueItem,
    CatalogueVersion,
    Correction,
    Dispute,
    IntakeBatch,
    IntakeRow,
    Record,
    RuleSet,
    SeverityFinding,
    SubjectName,
    SubjectStatement,
)
from credit_records.rules.dates import LONG_TERM
from credit_records.rules.field_specs import FieldSpec, FieldType, ItemSpec, Masking
from credit_records.rules.identifiers import NO_CODE, mask_name
from credit_records.rules.publicity import (
    Publicity,
    PublicityRules,
    fixed_publicity,
    rule_set_from_dict,
)
from credit_records.rules.publicity import RuleSet as Rules
from credit_records.rules.questions import by_question, title_of
from credit_records.rules.text import clean_code, document_key, name_key

from . import batches
from .catalogue import versions_ever_in_force
from .findings import finding_shown
from .judging import penalty_of, publicity_by_finding

State = Record.State
Disclosure = CatalogueVersion.Disclosure


# --- content ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """One filled column of a record."""

    title: str
    value: str
    long: bool
    figure: bool


@dataclass(frozen=True)
class Group:
    """The columns that answer one question, and the titles of those left empty."""

    title: str
    answers: list[Answer]
    empty: list[str]


_LONG_TEXT = 60


def shown_value(field: FieldSpec, value: Any) -> str:
    """A stored value as pages show it; personal numbers and names masked as the catalogue says."""
    if isinstance(value, dict):
        return str(value.get("masked", "****"))
    if field.masking is Masking.NAME and isinstance(value, str):
        return mask_name(value)
    if field.type is FieldType.DATE and value == LONG_TERM.isoformat():
        return "长期"
    if value == NO_CODE:
        return "无(已声明没有统一社会信用代码)"
    return batches.shown_value(field, value)


def answers(record: Record, spec: ItemSpec) -> list[Group]:
    """The record's content under the questions people ask; a question without any column is left out."""
    groups = []
    for question, fields in by_question(spec).items():
        filled, empty = [], []
        for field in fields:
            value = record.details.get(field.code)
            if value is None or value in ("", []):
                empty.append(field.title)
                continue
            text = shown_value(field, value)
            filled.append(Answer(field.title, text, len(text) > _LONG_TEXT, field.type is FieldType.DECIMAL))
        if filled or empty:
            groups.append(Group(title_of(question, spec.kind), filled, empty))
    return groups


def spec_of_record(record: Record) -> ItemSpec:
    """The version under which the record was made (one query; `record.item` must be loaded)."""
    return dict(versions_ever_in_force(record.item))[record.version_id]


# --- publicity ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mark:
    """A point of the publicity bar, in percent of its length."""

    label: str
    day: date
    percent: float


@dataclass(frozen=True)
class PublicityView:
    """The bar 开始 — 最早可修复 — 最长截止 with today on it, and the rule in words."""

    state: str
    marks: list[Mark]
    elapsed: float
    today: float | None
    today_day: date
    reasons: list[str]
    rule_set: RuleSet | None


def _recomputed(
    record: Record, spec: ItemSpec, rules: Rules | None, finding: SeverityFinding | None
) -> tuple[Publicity | None, list[str]]:
    if not spec.severity_rule:
        publicity = fixed_publicity(
            decision_date=record.decision_date,
            source=spec.publicity_note,
            months=spec.publicity_months,
            until=record.valid_until,
        )
        return publicity, []
    if rules is None:
        return None, []
    if finding is not None:
        return publicity_by_finding(record, spec, finding, rules), [_found(record, finding)]
    whole = replace(rules, in_force_from=date.min, in_force_to=None)
    answer = penalty_of(record, spec, PublicityRules([whole]))
    return (answer.publicity, list(answer.verdict.reasons)) if answer is not None else (None, [])


def _found(record: Record, finding: SeverityFinding) -> str:
    """Where the class comes from, in a sentence."""
    basis = f"；法律依据：{finding.legal_basis}" if finding.legal_basis else ""
    if record.item.by_decision:
        return f"失信程度由认定决定确定为{finding.get_severity_display()}：{finding.reason}{basis}"
    by_rules = f"，按规则为{finding.get_rules_say_display()}" if finding.rules_say else ""
    more = "，以简易程序作出" if finding.simple_procedure else ""
    return (
        f"失信程度由来源单位认定为{finding.get_severity_display()}{by_rules}{more}："
        f"{finding.reason}{basis}（{finding.set_by} 于 {local_day(finding.set_at)} 认定）"
    )


def rules_of(rule_set: RuleSet) -> Rules:
    """A stored rule set as the rules read it."""
    head = ("key", "title", "source", "in_force_from", "in_force_to")
    return rule_set_from_dict({**rule_set.body, **{name: getattr(rule_set, name) for name in head}})


def publicity_view(record: Record, spec: ItemSpec, *, today: date) -> PublicityView:
    """The stored dates as a bar, explained by the rule set that the record was made under, or by its department's finding (two queries).

    The dates are the record's own; of a rule set that was changed since, the page says so and no more.
    """
    rule_set = RuleSet.objects.filter(key=record.rule_set).first() if record.rule_set else None
    finding = finding_shown(record) if rule_set is not None else None
    publicity, reasons = _recomputed(record, spec, rules_of(rule_set) if rule_set else None, finding)
    if publicity is None:
        reasons.append("录入时适用的公示规则已不在系统中，以上日期以录入时确定的为准。")
    else:
        reasons += publicity.explanation
        stored = (record.publicity_start, record.publicity_earliest_end, record.publicity_latest_end)
        if stored != (publicity.start, publicity.earliest_end, publicity.latest_end):
            reasons.append("公示规则在录入之后有过修改，本记录的日期仍按录入时的规则。")
    marks, elapsed, at = _bar(record, today)
    return PublicityView(_publicity_state(record, today), marks, elapsed, at, today, reasons, rule_set)


def _bar(record: Record, today: date) -> tuple[list[Mark], float, float | None]:
    start, last = record.publicity_start, record.publicity_latest_end
    if start is None:
        return [], 0.0, None
    if last is None:
        return [Mark("开始", start, 0.0)], 0.0, None
    length = max((last - start).days, 1)

    def percent(day: date) -> float:
        return round(min(max((day - start).days / length, 0.0), 1.0) * 100, 1)

    marks = [Mark("开始", start, 0.0)]
    if record.publicity_earliest_end is not None:
        marks.append(
            Mark("最早可修复", record.publicity_earliest_end, percent(record.publicity_earliest_end))
        )
    marks.append(Mark("最长截止", last, 100.0))
    return marks, percent(today), percent(today)


def _publicity_state(record: Record, today: date) -> str:
    start, last = record.publicity_start, record.publicity_latest_end
    if record.state == State.REPAIRED:
        return "已修复，公示终止" if start is not None else "已修复，没有公示"
    if start is None:
        return "不公示"
    if record.state == State.WITHDRAWN:
        return "已撤回，不再公示"
    if record.state == State.SUSPENDED:
        return "已暂停公示"
    if record.state == State.ENDED or (last is not None and last < today):
        return "公示期已满"
    if record.state != State.PUBLISHED:
        return "发布后开始公示"
    if record.disclosure != Disclosure.PUBLIC:
        return "在政务范围内使用，不向社会公示"
    if start > today:
        return f"自{start}起公示"
    return "公示中，没有截止日期" if last is None else f"公示中，还有{(last - today).days}天"


# --- who can see it -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Viewer:
    who: str
    sees: bool
    why: str


def public_or_not(record: Record, *, today: date) -> tuple[bool, str]:
    """Whether the public sees the record on a day, and why: `RecordQuerySet.public` in words."""
    if record.disclosure == Disclosure.SHARED:
        return False, "目录规定为政务共享，只在机关之间使用。"
    if record.disclosure == Disclosure.AUTHORISED:
        return False, "目录规定为授权查询，须经主体本人授权。"
    if record.state == State.REPAIRED:
        return False, "记录已修复，公示终止，也不再共享和使用。"
    if record.state == State.SUSPENDED:
        return False, "记录已暂停公示，恢复之前不向社会公开。"
    if record.state != State.PUBLISHED:
        return False, f"记录{record.get_state_display()}，只有已发布的记录向社会公开。"
    if record.publicity_start is None:
        return False, "按公示规则，该记录不予公示(理由见公示期说明)。"
    if record.publicity_start > today:
        return False, f"自{record.publicity_start}起公示。"
    if record.publicity_latest_end is None:
        return True, "目录规定社会公开，记录已发布，没有公示截止日期。"
    if record.publicity_latest_end < today:
        return False, f"公示期已于{record.publicity_latest_end}届满。"
    return True, f"目录规定社会公开，记录已发布，公示至{record.publicity_latest_end}。"


def viewers(record: Record, *, today: date) -> list[Viewer]:
    """Who can see the record and why, in the order of nearness; `record.department` must be loaded."""
    sees, why = public_or_not(record, today=today)
    return [
        Viewer(f"{record.department}录入员、审核员", True, "数据来源单位"),
        Viewer("信用办经办人、审批人、督查员", True, "统筹辖区内的信用记录"),
        Viewer("其他单位", False, "只看本单位报送的记录，经授权的除外"),
        Viewer("社会公众", sees, why),
    ]


# --- objections ---------------------------------------------------------------------------------------------


def open_disputes(record: Record) -> Sequence[Dispute]:
    """The objections that run against the record, newest first (one query, none without the mark)."""
    return list(record.disputes.filter(closed_at=None)) if record.disputed else []


def statements_of(record: Record) -> Sequence[SubjectStatement]:
    """What the subject had kept beside the record, in the order in which it was said (one query)."""
    return list(record.statements.all())


def corrections_of(record: Record) -> Sequence[Correction]:
    """What decisions put right in the record, newest first (one query)."""
    return list(record.corrections.order_by("-pk"))


# --- changes that wait, records by key ----------------------------------------------------------------------


def pending_change(record: Record) -> IntakeRow | None:
    """The newest change to this record that waits for review in a submitted batch (one or two queries).

    Rows have no index on the record: the few submitted batches of the department and item are asked, by key. What has
    been repaired no batch changes.
    """
    if record.repaired_by:
        return None
    waiting = list(
        IntakeBatch.objects.filter(
            department=record.department_id, item=record.item_id, state=IntakeBatch.State.SUBMITTED
        )
        .exclude(pk=record.batch_id)
        .values_list("pk", flat=True)
    )
    if not waiting:
        return None
    return (
        IntakeRow.objects.filter(
            batch__in=waiting,
            record=record.pk,
            action=IntakeRow.Action.UPDATE,
            verdict=IntakeRow.Verdict.ACCEPT,
        )
        .exclude(digest=record.digest)
        .order_by("-batch")
        .first()
    )


def pending_changes(record: Record, row: IntakeRow) -> list[batches.Change]:
    """Column by column, what the waiting change would make of the record."""
    specs = dict(versions_ever_in_force(record.item))
    return batches.changes(specs[row.version_id or record.version_id], record.details, row.details)


def named_records(user: User, *, item: CatalogueItem, document_number: str, subject: str) -> Sequence[Record]:
    """The user's records of a document number about a subject (name or code), as withdrawals name them."""
    if not document_number.strip() or not subject.strip():
        return []
    number, key = document_key(document_number), name_key(subject)
    named = SubjectName.objects.filter(subject=OuterRef("subject"), name_key=key)
    return list(
        policy_for(Record)
        .scope(user, "withdraw")
        .filter(
            Q(subject__code=clean_code(subject)) | Q(business_key=f"{number}|{key}") | Exists(named),
            item=item,
            document_key=number,
        )
        .select_related("subject", "department", "item")
    )
