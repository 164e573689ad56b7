"""How grave a breach is by the rule in force when it was found."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from audit.faults import Refused
from breaches.models import Breach, DegreeRule
from breaches.rules.degrees import Degree, DegreeRuleError, Facts, Rules, degree_of, read
from casework.models import Decision
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


def earlier_breaches(breach: Breach, *, months: int) -> QuerySet[Breach]:
    """Breaches of the same subject decided within so many months up to the day on which this one was found.

    One whose record was withdrawn was none.
    """
    since = add_months(breach.found_on, -months)
    return (
        Breach.objects.filter(
            case__subject=breach.case.subject_id,
            case__outcome=Decision.Outcome.BROKEN,
            decided_on__range=(since, breach.found_on),
        )
        .exclude(pk=breach.pk)
        .exclude(record__state=Record.State.WITHDRAWN)
        .order_by("decided_on", "pk")
    )


def facts_of(breach: Breach, *, on: date) -> Facts:
    """What the rule asks about, as it stands on a day; needs `case` and `performance` (one query beside the rule)."""
    months = rules_of(rule_on(breach.found_on)).earlier_months
    return _facts(breach, months=months, on=on)


def _facts(breach: Breach, *, months: int, on: date) -> Facts:
    return Facts(
        kind=breach.kind,
        status=breach.performance.status if breach.performance is not None else "",
        harm=breach.harm,
        remedied=breach.remedied_on is not None and breach.remedied_on <= on,
        earlier=earlier_breaches(breach, months=months).count() if months else 0,
    )


def suggested(breach: Breach, *, on: date) -> Degree:
    """What the rule of the day on which it was found says, by the facts of a day; it is the most that may be decided.

    Refused `breach.no_degree_rule`, `breach.degree_rule_faulty`.
    """
    rules = rules_of(rule_on(breach.found_on))
    return degree_of(rules, _facts(breach, months=rules.earlier_months, on=on))


__all__ = ["earlier_breaches", "facts_of", "rule_on", "rules_of", "suggested"]
