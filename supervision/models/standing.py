"""What the history of records says, worked out in advance (docs/adr/0021): the same facts, in the order in which boards ask."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q

from accounts.models import Department
from credit_records.models import CatalogueItem, Record

OPEN_END = date(9999, 12, 31)
"""`known_until` of what still stands."""


class RecordStanding(models.Model):
    """What was known of a record at the end of each day from one to the day before another.

    A row begins with each day whose end found something else: the body, the item, the day of the decision, or whether the
    record counts (more than a draft, and not withdrawn). The first days are the record's own, whatever was known when. A record
    that neither counts nor was ever published has no row.
    """

    untracked_because = (
        "worked out from the history of records; `manage.py check_standing` holds it against that"
    )

    record = models.ForeignKey(
        Record, on_delete=models.PROTECT, db_constraint=False, related_name="+", verbose_name="信用记录"
    )
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        db_index=False,
        db_constraint=False,
        related_name="+",
        verbose_name="数据来源单位",
    )
    item = models.ForeignKey(
        CatalogueItem,
        on_delete=models.PROTECT,
        db_index=False,
        db_constraint=False,
        related_name="+",
        verbose_name="事项",
    )
    decision_date = models.DateField("决定日期")
    reported_on = models.DateField("首次报送")
    published_on = models.DateField("首次公示", null=True, blank=True)
    known_from = models.DateField("自")
    known_until = models.DateField("至", default=OPEN_END, help_text="不含当日")
    counted = models.BooleanField("计入")

    class Meta:
        verbose_name = "记录报送情况"
        verbose_name_plural = "记录报送情况"
        ordering = ["record", "known_from"]
        indexes = [
            # Lists of rows go by the day of the decision; what they ask for stands in the index.
            models.Index(
                fields=["-decision_date", "-record"],
                include=[
                    "department",
                    "item",
                    "reported_on",
                    "published_on",
                    "known_from",
                    "known_until",
                    "counted",
                ],
                name="standing_by_decision",
            ),
            models.Index(fields=["department", "-decision_date", "-record"], name="standing_of_body"),
            models.Index(
                fields=["known_until"], condition=Q(known_until__lt=OPEN_END), name="standing_ended"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="standing_ends_after_it_begins", condition=Q(known_until__gt=F("known_from"))
            ),
            models.CheckConstraint(
                name="standing_counts_or_was_published",
                condition=Q(counted=True) | Q(published_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_id} {self.known_from}"


class ReportCount(models.Model):
    """By how many the records of one kind changed with a day; the sum up to a day is how many stood at its end.

    One row is the records of a body and an item that were decided on one day and first reported on another. Whether a report
    was in time the clock says when it is asked.
    """

    untracked_because = "sums over `RecordStanding`, kept with it"

    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        db_index=False,
        db_constraint=False,
        related_name="+",
        verbose_name="数据来源单位",
    )
    item = models.ForeignKey(
        CatalogueItem,
        on_delete=models.PROTECT,
        db_index=False,
        db_constraint=False,
        related_name="+",
        verbose_name="事项",
    )
    decision_date = models.DateField("决定日期")
    reported_on = models.DateField("首次报送")
    day = models.DateField("日期")
    change = models.IntegerField("增减")

    class Meta:
        verbose_name = "报送计数"
        verbose_name_plural = "报送计数"
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "item", "decision_date", "reported_on", "day"], name="report_count_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.change:+d}"


class PublicationCount(models.Model):
    """The same of what had been published by the end of a day, whatever became of it."""

    untracked_because = "sums over `RecordStanding`, kept with it"

    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        db_index=False,
        db_constraint=False,
        related_name="+",
        verbose_name="数据来源单位",
    )
    day = models.DateField("日期")
    change = models.IntegerField("增减")

    class Meta:
        verbose_name = "公示计数"
        verbose_name_plural = "公示计数"
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["department", "day"], name="publication_count_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.change:+d}"


class StandingMark(models.Model):
    """How far the history of records has been worked in: one row.

    Numbers of history rows are given before a transaction commits. All up to `settled` are committed and worked in; it moves
    to `ceiling` once nobody who could be given a number below that is left (`waiting`), as the sealing of the journal does
    (docs/adr/0010). What came after it is read from the history itself whenever a figure is asked for.
    """

    untracked_because = "it says how far a calculation has come that anybody can make anew"

    settled = models.BigIntegerField("已汇总至", default=0)
    ceiling = models.BigIntegerField("上限", default=0)
    waiting = models.JSONField("等待", default=list, blank=True)
    at = models.DateTimeField("汇总时间")

    class Meta:
        verbose_name = "汇总进度"
        verbose_name_plural = "汇总进度"
        constraints = [models.CheckConstraint(name="standing_mark_is_one", condition=Q(pk=1))]

    def __str__(self) -> str:
        return f"{self.settled}"
