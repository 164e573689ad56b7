"""Objections and repairs: speed, share of valid objections, results visible the same day (银党办〔2022〕79号 第21项)."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Q, QuerySet

from audit.clock import today
from casework.models import CaseRound, Decision, Kind
from commitments.selectors.standing import standing
from exchange.models import Entry
from objections.models import Point
from repair.models import Application, Item
from supervision.selectors.known_records import rows_published_by
from supervision.selectors.rounds import ended, took
from supervision.selectors.standing import published_among, published_by, rows_published_among

from .registry import Computed, Part, Question, computes

_SUPPORTED = (Point.Outcome.CORRECTED, Point.Outcome.WITHDRAWN, Point.Outcome.REPORTED)


def objections_ended(asked: Question) -> QuerySet[CaseRound]:
    rounds = ended(asked.first, asked.until).filter(case__kind=Kind.OBJECTION)
    if asked.departments is None:
        return rounds
    points = Point.objects.filter(record__department__in=asked.departments)
    return rounds.filter(case__in=points.values("objection"))


@computes("objection-mean")
def objection_mean(asked: Question) -> Computed:
    """异议办理平均用时: net working days of the rounds that ended in the period / their number."""
    rounds = objections_ended(asked)
    found = took(rounds)
    remarks = (f"有{found.uncounted}轮的用时尚未算出，未计入。",) if found.uncounted else ()
    counted = rounds.exclude(net_days=None)
    return Computed(
        Part("办结异议用时合计(工作日)", found.net_total, lambda: counted, counts_rows=False),
        Part("办结异议(轮)", found.count - found.uncounted, lambda: counted),
        remarks,
    )


def _upheld_points(asked: Question) -> QuerySet[Any]:
    if asked.until >= today():  # the table itself, a fraction of its history
        return Point.objects.filter(outcome__in=_SUPPORTED, decided_on__isnull=False)
    return standing(Point, asked.until).filter(outcome__in=_SUPPORTED, decided_on__isnull=False)


@computes("objection-valid-share")
def objection_valid_share(asked: Question) -> Computed:
    """有效异议占比: records published by the end of the day with an objection that was upheld / records published by then."""
    points = _upheld_points(asked)
    return Computed(
        Part(
            "异议成立的记录",
            published_among(points, "record_id", asked.until, asked.departments),
            lambda: rows_published_among(points, "record_id", asked.until, asked.departments),
        ),
        Part(
            "已公示过的记录",
            published_by(asked.until, asked.departments),
            lambda: rows_published_by(asked.until, asked.departments),
        ),
    )


def repairs_ended(asked: Question) -> QuerySet[CaseRound]:
    """Rounds that decided on repair itself; shielding and false material are told apart (修复时效)."""
    rounds = (
        ended(asked.first, asked.until)
        .filter(case__kind=Kind.REPAIR, case__repair__kind=Application.Kind.REPAIR)
        .exclude(outcome__in=[Decision.Outcome.REVOKED, Decision.Outcome.KEPT])
    )
    if asked.departments is None:
        return rounds
    items = Item.objects.filter(record__department__in=asked.departments)
    return rounds.filter(case__in=items.values("application"))


@computes("repair-in-time")
def repair_in_time(asked: Question) -> Computed:
    """信用修复按时办结: rounds within the target of the case, extensions apart / rounds that ended. Every one counts."""
    rounds = repairs_ended(asked).exclude(net_days=None)
    in_time = Q(net_days__lte=F("case__limit__target_days"))
    found = rounds.aggregate(all=Count("pk"), within=Count("pk", filter=in_time))
    return Computed(
        Part("时限内办结的修复(轮)", found["within"], lambda: rounds.filter(in_time)),
        Part("办结的修复(轮)", found["all"], lambda: rounds),
    )


@computes("visible-same-day")
def visible_same_day(asked: Question) -> Computed:
    """结果当日可见: messages on objections and repairs that reached the platform on the day they were made / all made."""
    made = Entry.objects.filter(
        Q(topic__startswith="objection.") | Q(topic__startswith="repair."),
        record__isnull=False,
        due_on__gte=asked.first,
        due_on__lte=asked.until,
    ).order_by()
    if asked.departments is not None:
        made = made.filter(record__department__in=asked.departments)
    same_day = Q(by_hand_on__isnull=False, by_hand_on__lte=F("due_on")) | Q(
        delivered_at__isnull=False, delivered_at__date__lte=F("due_on")
    )
    found = made.aggregate(all=Count("pk"), sent=Count("pk", filter=same_day))
    return Computed(
        Part("当日同步的结果", found["sent"], lambda: made.filter(same_day)),
        Part("异议和修复结果", found["all"], lambda: made),
    )
