"""How grave a breach is by the rule in force when it was found."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from audit.faults import Refused
from breaches.models import Breach, DegreeRule
from breaches.rules.degrees import Degree, DegreeRuleError, Facts, Rules, Status, degree_of, read
from casework.models import Decision
from commitments.models import Performance
from credit_records.models import Record
from credit_records.rules.dates import add_months


def rule_on(day: date) -> DegreeRule:
    """The rule in force on a day. Refused `breach.no_degree_rule`."""
    found = DegreeRule.objects.filter(
        Q(in_force_to=None) | Q(in_force_to__gte=day), state=DegreeRule.State.IN_FORCE, in_force_from__lte=day
    ).first()
    if found is None:
        raise Refused(
            "breach.no_degree_rule", f"{day}没有施行的违诺程度规则，请由经办人拟订、审批人确认施行后再办。"
        )
    return found


def rules_of(rule: DegreeRule) -> Rules:
    """The rule as it is applied. Refused `breach.degree_rule_faulty`."""
    try:
        return read(rule.body)
    except DegreeRuleError as error:
        raise Refused(
            "breach.degree_rule_faulty", f"违诺程度规则“{rule.title}”不能使用：{'；'.join(error.problems)}。"
        ) from error


def earlier_breaches(breach: Breach, *, months: int, on: date) -> QuerySet[Breach]:
    """Breaches of the same subject decided within so many months up to the day on which this one was found.

    Only those whose record is in use on the day of the question: one that is repaired, withdrawn, suspended or over its
    time is held against nobody any more (《信用修复管理办法》第三条).
    """
    since = add_months(breach.found_on, -months)
    return (
        Breach.objects.filter(
            case__subject=breach.case.subject_id,
            case__outcome=Decision.Outcome.BROKEN,
            decided_on__range=(since, breach.found_on),
            record__in=Record.objects.in_use(on).values("pk"),
        )
        .exclude(pk=breach.pk)
        .order_by("decided_on", "pk")
    )


def facts_of(breach: Breach, *, on: date) -> Facts:
    """What the rule asks about, as it stands on a day; needs `case` and `performance` (two queries beside the rule)."""
    months = rules_of(rule_on(breach.found_on)).earlier_months
    return _facts(breach, months=months, on=on)


def _facts(breach: Breach, *, months: int, on: date) -> Facts:
    report = breach.performance
    done = _done_since(report) if report is not None else ""
    reported = report.status if report is not None else ""
    return Facts(
        kind=breach.kind,
        status=min(reported, done or reported, key=_LIGHTEST_FIRST.index),
        harm=breach.harm,
        remedied=(breach.remedied_on is not None and breach.remedied_on <= on) or done == Status.FULL,
        earlier=earlier_breaches(breach, months=months, on=on).count() if months else 0,
    )


_LIGHTEST_FIRST = ("", *(one.value for one in Status))


def _done_since(report: Performance) -> str:
    """What the last report after the one the case starts from says: what the subject has done meanwhile counts for it."""
    later = Performance.objects.filter(
        commitment=report.commitment_id, withdrawn_at=None, number__gt=report.number
    )
    return later.order_by("-number").values_list("status", flat=True).first() or ""


def suggested(breach: Breach, *, on: date) -> Degree:
    """What the rule of the day on which it was found says, by the facts of a day; it is the most that may be decided.

    Refused `breach.no_degree_rule`, `breach.degree_rule_faulty`.
    """
    rules = rules_of(rule_on(breach.found_on))
    return degree_of(rules, _facts(breach, months=rules.earlier_months, on=on))


__all__ = ["earlier_breaches", "facts_of", "rule_on", "rules_of", "suggested"]
