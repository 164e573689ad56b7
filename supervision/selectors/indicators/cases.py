"""Objections and repairs: speed, share of valid objections, results visible the same day (银党办〔2022〕79号 第21项)."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Q, QuerySet

from audit.clock import today
from casework.models import CaseRound, Kind
from commitments.selectors.standing import end_of
from credit_records.models import Record
from exchange.models import Entry
from objections.models import Point
from repair.models import Item
from supervision.selectors.known_records import rows_published_by
from supervision.selectors.rounds import REVIEWED, SHIELDED, ended, took
from supervision.selectors.standing import Named, published_among, published_by, rows_published_among

from .registry import Computed, Part, Question, Rows, computes

_SUPPORTED = (Point.Outcome.CORRECTED, Point.Outcome.WITHDRAWN, Point.Outcome.REPORTED)


def objections_ended(asked: Question) -> QuerySet[CaseRound]:
    rounds = ended(asked.first, asked.until).filter(kind=Kind.OBJECTION)
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
        Part(
            "办结异议用时合计(工作日)", found.net_total, Rows(CaseRound, lambda: counted), counts_rows=False
        ),
        Part("办结异议(轮)", found.count - found.uncounted, Rows(CaseRound, lambda: counted)),
        remarks,
    )


def _upheld(asked: Question) -> Named:
    """The records of the points that had been upheld by the end of the day."""
    points: QuerySet[Any] = Point.objects.order_by()
    if asked.until < today():
        points = Point.history.model.objects.filter(history_date__lt=end_of(asked.until))
        points = points.order_by("id", "-history_date", "-history_id").distinct("id")
    told, given = points.values("record_id", "outcome", "decided_on").query.sql_with_params()
    upheld = f"SELECT DISTINCT record_id FROM ({told}) AS stood WHERE outcome = ANY (%s) AND decided_on IS NOT NULL"
    return Named(upheld, (*given, list(_SUPPORTED)))


@computes("objection-valid-share")
def objection_valid_share(asked: Question) -> Computed:
    """有效异议占比: records published by the end of the day with an objection that was upheld / records published by then."""
    upheld = _upheld(asked)
    return Computed(
        Part(
            "异议成立的记录",
            published_among(upheld, asked.until, asked.departments),
            Rows(Record, lambda: rows_published_among(upheld, asked.until, asked.departments)),
        ),
        Part(
            "已公示过的记录",
            published_by(asked.until, asked.departments),
            Rows(Record, lambda: rows_published_by(asked.until, asked.departments)),
        ),
    )


def repairs_ended(asked: Question) -> QuerySet[CaseRound]:
    """Rounds that decided on repair itself; shielding and false material are told apart (修复时效)."""
    rounds = (
        ended(asked.first, asked.until)
        .filter(kind=Kind.REPAIR)
        .exclude(case__in=SHIELDED)
        .exclude(outcome__in=REVIEWED)
    )
    if asked.departments is None:
        return rounds
    items = Item.objects.filter(record__department__in=asked.departments)
    return rounds.filter(case__in=items.values("application"))


@computes("repair-in-time")
def repair_in_time(asked: Question) -> Computed:
    """信用修复按时办结: rounds within the target of the case, extensions apart / rounds that ended. Every one counts."""
    rounds = repairs_ended(asked).exclude(net_days=None)
    in_time = Q(net_days__lte=F("target_days"))
    found = rounds.aggregate(all=Count("pk"), within=Count("pk", filter=in_time))
    return Computed(
        Part("时限内办结的修复(轮)", found["within"], Rows(CaseRound, lambda: rounds.filter(in_time))),
        Part("办结的修复(轮)", found["all"], Rows(CaseRound, lambda: rounds)),
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
        Part("当日同步的结果", found["sent"], Rows(Entry, lambda: made.filter(same_day))),
        Part("异议和修复结果", found["all"], Rows(Entry, lambda: made)),
    )
