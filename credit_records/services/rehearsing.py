"""The rehearsal of a draft rule set: which records it would change, and how; nothing of them is changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from accounts.models import Department, User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from credit_records import impact
from credit_records.models import Record, Rehearsal, RehearsedRecord, RuleSet
from credit_records.rules.dates import add_months
from credit_records.rules.publicity import PenaltyPublicity, PublicityRules
from credit_records.rules.rule_sets import PublicityRuleError
from credit_records.selectors.findings import current_finding
from credit_records.selectors.judging import penalty_of
from credit_records.selectors.record_pages import rules_of, spec_of_record
from credit_records.selectors.rule_sets import last_day_of

from . import rejudging

AS_IF_MONTHS = 24
"""Decisions of so many months stand in for those that a coming rule set does not govern yet."""

# What falls under the draft and would keep its own all the same.
_KEPT = """
SELECT r.id AS record_id, r.department_id, r.severity AS old_severity, r.severity AS new_severity,
    r.publicity_start AS old_start, r.publicity_earliest_end AS old_earliest_end,
    r.publicity_latest_end AS old_latest_end, r.publicity_start AS new_start,
    r.publicity_earliest_end AS new_earliest_end, r.publicity_latest_end AS new_latest_end,
    'same' AS publicity, 'same' AS earliest, 'same' AS latest, false AS ends_at_once,
    0 AS severity_moves, false AS changed,
    CASE WHEN r.state IN ('repaired', 'withdrawn', 'ended') THEN r.state ELSE 'finding' END AS kept
FROM credit_records_record r
WHERE r.rule_set <> '' AND r.decision_date >= %(first)s AND r.decision_date <= %(last)s
    AND (r.state IN ('repaired', 'withdrawn', 'ended') OR EXISTS (
        SELECT 1 FROM credit_records_severityfinding f WHERE f.record_id = r.id AND f.superseded_at IS NULL))
"""
_JUDGED = """
SELECT x.*, sign(array_position({weights}, x.new_severity::text) - array_position({weights}, x.old_severity::text))
        AS severity_moves,
    x.old_severity <> x.new_severity OR x.publicity <> 'same' OR x.earliest <> 'same' OR x.latest <> 'same'
        AS changed,
    'no' AS kept
FROM (
    SELECT r.id AS record_id, r.department_id, r.severity AS old_severity, j.severity AS new_severity,
        r.publicity_start AS old_start, r.publicity_earliest_end AS old_earliest_end,
        r.publicity_latest_end AS old_latest_end, j.publicity_start AS new_start, j.earliest_end AS new_earliest_end,
        j.latest_end AS new_latest_end,
        CASE WHEN (r.publicity_start IS NULL) = (j.publicity_start IS NULL) THEN 'same'
             WHEN r.publicity_start IS NULL THEN 'shown' ELSE 'hidden' END AS publicity,
        CASE WHEN j.earliest_end < r.publicity_earliest_end THEN 'earlier'
             WHEN j.earliest_end > r.publicity_earliest_end THEN 'later' ELSE 'same' END AS earliest,
        CASE WHEN j.latest_end < r.publicity_latest_end THEN 'earlier'
             WHEN j.latest_end > r.publicity_latest_end THEN 'later' ELSE 'same' END AS latest,
        r.state IN ('published', 'suspended') AND r.publicity_start IS NOT NULL
            AND coalesce(r.publicity_latest_end >= %(today)s, true)
            AND coalesce(j.latest_end < %(today)s, false) AS ends_at_once
    FROM rejudged j JOIN credit_records_record r ON r.id = j.id
) x
""".format(weights="ARRAY['', 'minor', 'general', 'serious']")
_COLUMNS = (
    "record_id, department_id, old_severity, new_severity, old_start, old_earliest_end, old_latest_end, new_start,"
    " new_earliest_end, new_latest_end, publicity, earliest, latest, ends_at_once, severity_moves, changed, kept"
)
_KEEP = """
INSERT INTO credit_records_rehearsedrecord (rehearsal_id, {columns}) SELECT %(rehearsal)s, {columns} FROM ({rows}) s
ORDER BY record_id DESC
"""
_COUNTS = """
SELECT department_id, old_severity, new_severity, publicity, earliest, latest, ends_at_once, severity_moves, changed,
    kept, count(*)
FROM credit_records_rehearsedrecord WHERE rehearsal_id = %(rehearsal)s GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
"""
_FIGURES = ("records", "changed", "graver", "lighter", "earliest_earlier", "earliest_later", "latest_earlier",
            "latest_later", "shown", "hidden", "ends_at_once")  # fmt: skip


def rehearse(rule_set: RuleSet, *, actor: User, reason: str = "", now: datetime | None = None) -> Rehearsal:
    """Judge the records that a draft governs as if it were in force, and keep what would come of each (预演).

    Governed are the decisions from its first day on. When there is none yet, the decisions of the last 24 months are
    judged as if it had been in force for them (`as_if`). Repaired, withdrawn and ended records and those with a
    department's finding would keep theirs and are only counted. The rehearsal before is replaced.
    """
    if actor.username != User.SYSTEM:
        policy_for(RuleSet).require(actor, "rehearse", rule_set)
    moment = now or present()
    today = local_day(moment)
    with act("ruleset.rehearse", actor=actor, on=rule_set, reason=reason):
        rule_set = RuleSet.objects.select_for_update().get(pk=rule_set.pk)
        if not rule_set.is_open:
            raise Refused("ruleset.state", "规则已经施行，不用再预演；要改就据此起草新规则。")
        first, last, as_if = window(rule_set, today=today)
        rules = _rules(rule_set, first, last)
        RehearsedRecord.objects.filter(rehearsal__rule_set=rule_set).delete()
        rehearsal = Rehearsal.objects.create(
            rule_set=rule_set, digest=rule_set.digest, as_if=as_if, first_day=first, last_day=last, day=today,
            records=0, changed=0, run_by=actor, run_at=moment,
        )  # fmt: skip
        rejudging.judge(rules, *rejudging.governed(first, last))
        params = {"rehearsal": rehearsal.pk, "today": today, "first": first, "last": last}
        with connection.cursor() as cursor:
            for rows in (_JUDGED, _KEPT):
                cursor.execute(_KEEP.format(columns=_COLUMNS, rows=rows), params)
            cursor.execute(_COUNTS, params)
            rehearsal.figures = _figures(cursor.fetchall())
        whole = rehearsal.figures["whole"]
        rehearsal.records, rehearsal.changed = whole["records"], whole["changed"]
        rehearsal.save(update_fields=["records", "changed", "figures"])
    return rehearsal


def window(rule_set: RuleSet, *, today: date) -> tuple[date, date, bool]:
    """The days of decision that a rehearsal looks at, and whether they are only taken as if."""
    last = last_day_of(rule_set) or date.max
    days = (rule_set.in_force_from, last)
    if (
        Record.objects.filter(decision_date__range=days, state__in=rejudging.REJUDGED)
        .exclude(rule_set="")
        .exists()
    ):
        return rule_set.in_force_from, last, False
    return add_months(today, -AS_IF_MONTHS) + timedelta(days=1), today, True


def _rules(rule_set: RuleSet, first: date, last: date) -> PublicityRules:
    return PublicityRules([replace(rules_of(rule_set), in_force_from=first, in_force_to=last)])


def touched(rule_set: RuleSet, rehearsal: Rehearsal, *, today: date) -> list[impact.Touched]:
    """The open matters of the rooms above for which the draft makes a difference; asked anew each time."""
    rules = _rules(rule_set, rehearsal.first_day, rehearsal.last_day)

    def judge(record: Record) -> PenaltyPublicity | None:
        if record.state not in rejudging.REJUDGED or current_finding(record) is not None:
            return None
        try:
            return penalty_of(record, spec_of_record(record), rules)
        except PublicityRuleError:
            return None

    return impact.preview(impact.Change(rule_set, judge, today))


def _figures(rows: Iterable[tuple[Any, ...]]) -> dict[str, Any]:
    whole = dict.fromkeys(_FIGURES, 0)
    departments: dict[int, dict[str, int]] = {}
    matrix: dict[str, int] = {}
    keeping: dict[str, int] = {}
    for department, old, new, publicity, earliest, latest, at_once, moves, changed, kept, count in rows:
        if kept != RehearsedRecord.Kept.NO:
            keeping[kept] = keeping.get(kept, 0) + count
            continue
        facts = {
            "records": True,
            "changed": changed,
            "graver": moves > 0,
            "lighter": moves < 0,
            f"earliest_{earliest}": True,
            f"latest_{latest}": True,
            publicity: True,
            "ends_at_once": at_once,
        }
        here = departments.setdefault(department, dict.fromkeys(_FIGURES, 0))
        for name in _FIGURES:
            if facts.get(name):
                whole[name] += count
                here[name] += count
        matrix[f"{old}>{new}"] = matrix.get(f"{old}>{new}", 0) + count
    names = {one.pk: one.short_name or one.name for one in Department.objects.filter(pk__in=departments)}
    by_department = [{"id": pk, "name": names[pk], **figures} for pk, figures in departments.items()]
    by_department.sort(key=lambda one: (-one["changed"], one["name"]))
    return {"whole": whole, "matrix": matrix, "departments": by_department, "kept": keeping}
