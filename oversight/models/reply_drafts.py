"""What a body is about to answer: worded by its clerk, confirmed by its reviewer, and until then nobody's business but its own."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from audit.guard import TrackedManager
from audit.models import tracked

from .directives import Addressee, Reply


class ReplyDraft(models.Model):
    """One answer before it leaves the body (回复稿): one at a time, and a new one for each round."""

    class State(models.TextChoices):
        DRAFT = "draft", "起草中"
        SUBMITTED = "submitted", "待确认"
        RETURNED = "returned", "退回修改"
        SENT = "sent", "已发出"
        VOID = "void", "已失效"

    OPEN = (State.DRAFT, State.SUBMITTED, State.RETURNED)

    addressee = models.ForeignKey(
        Addressee, on_delete=models.PROTECT, related_name="drafts", verbose_name="被督办单位"
    )
    text = models.TextField("回复内容")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="拟稿人"
    )
    drafted_at = models.DateTimeField("拟稿时间")
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="提交人",
    )  # fmt: skip
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="确认人",
    )  # fmt: skip
    decided_at = models.DateTimeField("确认时间", null=True, blank=True)
    returned_reason = models.TextField("退回理由", blank=True)
    reply = models.OneToOneField(
        Reply, on_delete=models.PROTECT, null=True, blank=True, related_name="draft", verbose_name="回复"
    )

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "回复稿"
        verbose_name_plural = "回复稿"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["addressee"], condition=Q(state__in=["draft", "submitted", "returned"]),
                name="reply_draft_open_once",
            ),
            models.CheckConstraint(
                name="reply_draft_sent_whole",
                condition=Q(state="sent", reply__isnull=False, decided_by__isnull=False)
                | (~Q(state="sent") & Q(reply=None)),
            ),
            models.CheckConstraint(
                name="reply_draft_sent_by_another",
                condition=~Q(state="sent") | (~Q(decided_by=F("drafted_by")) & ~Q(decided_by=F("submitted_by"))),
                violation_error_message="拟稿人、提交人不能自己确认。",
            ),
            models.CheckConstraint(
                name="reply_draft_returned_whole",
                condition=~Q(state="returned") | (Q(decided_by__isnull=False) & ~Q(returned_reason="")),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.addressee} 回复稿"
