"""The outbox (待同步事项): what the upper platform has to learn the same day, and every try to tell it."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q

from audit.guard import TrackedQuerySet
from audit.models import tracked
from credit_records.models import Record


class EntryQuerySet(TrackedQuerySet):
    def pending(self) -> EntryQuerySet:
        """What the platform has not got yet, whatever the reason."""
        return self.filter(state__in=Entry.PENDING)

    def late(self, today: date) -> EntryQuerySet:
        """Not there on the day it was made: the one predicate of list, badge, workbench and command."""
        return self.pending().filter(due_on__lt=today)

    def held_back(self) -> EntryQuerySet:
        """Behind an earlier entry of the same record that the platform has not got yet."""
        return self.filter(self.earlier_pending())

    def in_turn(self) -> EntryQuerySet:
        """The oldest pending of its record: a platform that hears of the grant after the revocation shows the wrong end."""
        return self.filter(~self.earlier_pending())

    @staticmethod
    def earlier_pending() -> models.Exists:
        return models.Exists(
            Entry.objects.filter(record=OuterRef("record"), pk__lt=OuterRef("pk"), state__in=Entry.PENDING)
        )


class Entry(models.Model):
    """One message to the upper platform (信用中国、自治区平台), written with the decision it tells of.

    Results of objection and repair are visible the same day (Y22#21): `due_on` is the local day on which it was made.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "待同步"
        SENDING = "sending", "正在发送"
        DELIVERED = "delivered", "已同步"
        FAILED = "failed", "被平台退回"
        BY_HAND = "by_hand", "已人工报送"

    PENDING = (State.WAITING, State.SENDING, State.FAILED)
    LONGEST_KEY = 200

    topic = models.CharField("事项", max_length=60)
    key = models.CharField("幂等键", max_length=LONGEST_KEY, unique=True)
    """The platform takes one message per key, however often it comes."""
    payload = models.JSONField("内容")
    digest = models.CharField("内容摘要", max_length=64)
    """SHA-256 of the canonical payload, as it was when the entry was made."""
    reference = models.CharField("依据", max_length=60)
    """Number of the case, or of the letter by which it was decided."""
    record = models.ForeignKey(
        Record, on_delete=models.PROTECT, null=True, blank=True, related_name="outbox_entries",
        verbose_name="记录",
    )  # fmt: skip
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="办理人"
    )
    made_at = models.DateTimeField("产生时间")
    due_on = models.DateField("应同步日期")

    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField("发送次数", default=0)
    next_try_at = models.DateTimeField("下次发送时间", null=True, blank=True)
    claim = models.UUIDField("占用标识", null=True, blank=True)
    """Who is sending it: of two senders only the holder writes how it went."""
    claimed_until = models.DateTimeField("占用至", null=True, blank=True)
    """A sender that was killed holds the entry no longer than this."""
    last_error = models.TextField("最近一次错误", blank=True)
    receipt = models.CharField("平台回执", max_length=200, blank=True)
    delivered_at = models.DateTimeField("同步时间", null=True, blank=True)

    by_hand_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="报送人",
    )  # fmt: skip
    by_hand_at = models.DateTimeField("登记时间", null=True, blank=True)
    by_hand_on = models.DateField("报送日期", null=True, blank=True)
    by_hand_number = models.CharField("报送凭证号", max_length=100, blank=True)
    by_hand_reason = models.TextField("人工报送理由", blank=True)

    history = tracked()
    objects = models.Manager.from_queryset(EntryQuerySet)()

    class Meta:
        verbose_name = "同步事项"
        verbose_name_plural = "同步事项"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="entry_claimed_while_sending",
                condition=Q(state="sending", claim__isnull=False, claimed_until__isnull=False)
                | (~Q(state="sending") & Q(claim=None, claimed_until=None)),
            ),
            models.CheckConstraint(
                name="entry_tried_while_waiting",
                condition=Q(state="waiting", next_try_at__isnull=False)
                | (~Q(state="waiting") & Q(next_try_at=None)),
            ),
            models.CheckConstraint(
                name="entry_delivered_at_a_moment",
                condition=Q(state="delivered", delivered_at__isnull=False)
                | (~Q(state="delivered") & Q(delivered_at=None)),
            ),
            models.CheckConstraint(
                name="entry_by_hand_says_who_and_why",
                condition=(
                    Q(state="by_hand", by_hand_by__isnull=False, by_hand_at__isnull=False)
                    & ~Q(by_hand_reason="")
                    & ~Q(by_hand_number="")
                )
                | (~Q(state="by_hand") & Q(by_hand_by=None, by_hand_at=None)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["record", "id"],
                name="entry_pending",
                condition=Q(state__in=["waiting", "sending", "failed"]),
            ),
            models.Index(fields=["reference"], name="entry_by_reference"),
            # Whether results were to be seen the same day: all messages on records of a year, without their payloads.
            models.Index(
                fields=["due_on"],
                name="entry_of_record_by_day",
                condition=Q(record__isnull=False),
                include=["record", "topic", "by_hand_on", "delivered_at"],
            ),
            models.Index(fields=["state", "-id"], name="entry_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} 同步{self.pk}"


class Attempt(models.Model):
    """One try to tell the platform: opened before the platform is asked, closed with what it answered."""

    untracked_because = "an attempt is itself the history of its entry: opened once, closed once"

    class Outcome(models.TextChoices):
        OPEN = "open", "发送中"
        DELIVERED = "delivered", "平台已接收"
        AGAIN = "again", "未成功，将重试"
        REFUSED = "refused", "被平台退回"
        LOST = "lost", "发送中断，结果不明"

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="tries", verbose_name="同步事项")
    number = models.PositiveIntegerField("次序")
    claim = models.UUIDField("占用标识", unique=True)
    begun_at = models.DateTimeField("开始时间")
    ended_at = models.DateTimeField("结束时间", null=True, blank=True)
    outcome = models.CharField("结果", max_length=10, choices=Outcome.choices, default=Outcome.OPEN)
    status = models.PositiveSmallIntegerField("答复代码", null=True, blank=True)
    message = models.TextField("说明", blank=True)

    objects = models.Manager()

    class Meta:
        verbose_name = "发送记录"
        verbose_name_plural = "发送记录"
        ordering = ["entry", "number"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "number"], name="attempt_number_once"),
            models.CheckConstraint(
                name="attempt_ended_or_open",
                condition=Q(outcome="open", ended_at=None) | (~Q(outcome="open") & Q(ended_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"第{self.number}次"


__all__ = ["Attempt", "Entry", "EntryQuerySet"]
