"""Objections and repairs: speed, share of valid objections, results visible the same day (银党办〔2022〕79号 第21项)."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from casework.models import CaseRound, Decision, Kind
from commitments.selectors.standing import end_of, standing
from credit_records.models import Record
from exchange.models import Entry
from objections.models import Point
from repair.models import Application, Item
from supervision.selectors.rounds import ended, took

from .registry import Computed, Part, Question, computes

_SUPPORTED = (Point.Outcome.CORRECTED, Point.Outcome.WITHDRAWN, Point.Outcome.REPORTED)


def objections_ended(asked: Question) -> QuerySet[CaseRound]:
    rounds = ended(asked.first, asked.as_of).filter(case__kind=Kind.OBJECTION)
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


def published_by(asked: Question) -> QuerySet[Record]:
    """Records that had been published by the end of the day, whatever became of them."""
    told = Record.history.model.objects.filter(
        id=OuterRef("pk"), state=Record.State.PUBLISHED, history_date__lt=end_of(asked.as_of)
    )
    records = Record.objects.filter(Exists(told))
    return records if asked.departments is None else records.filter(department__in=asked.departments)


@computes("objection-valid-share")
def objection_valid_share(asked: Question) -> Computed:
    """有效异议占比: published records with an objection that was upheld / published records."""
    points = standing(Point, asked.as_of).filter(outcome__in=_SUPPORTED, decided_on__isnull=False)
    records = published_by(asked)
    upheld = records.filter(pk__in=points.values("record_id"))
    return Computed(
        Part("异议成立的记录", upheld.count(), lambda: upheld),
        Part("已公示过的记录", records.count(), lambda: records),
    )


def repairs_ended(asked: Question) -> QuerySet[CaseRound]:
    """Rounds that decided on repair itself; shielding and false material are told apart (修复时效)."""
    rounds = (
        ended(asked.first, asked.as_of)
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
    within = rounds.filter(net_days__lte=F("case__limit__target_days"))
    return Computed(
        Part("时限内办结的修复(轮)", within.count(), lambda: within),
        Part("办结的修复(轮)", rounds.count(), lambda: rounds),
    )


@computes("visible-same-day")
def visible_same_day(asked: Question) -> Computed:
    """结果当日可见: messages on objections and repairs that reached the platform on the day they were made / all made."""
    made = Entry.objects.filter(
        Q(topic__startswith="objection.") | Q(topic__startswith="repair."),
        due_on__gte=asked.first,
        due_on__lte=asked.as_of,
    ).order_by()
    if asked.departments is not None:
        made = made.filter(record__department__in=asked.departments)
    sent = made.filter(
        Q(by_hand_on__isnull=False, by_hand_on__lte=F("due_on"))
        | Q(delivered_at__isnull=False, delivered_at__date__lte=F("due_on"))
    )
    return Computed(
        Part("当日同步的结果", sent.count(), lambda: sent),
        Part("异议和修复结果", made.count(), lambda: made),
    )
