"""What the public was told of a commitment or a matter, message by message."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from exchange.models import Entry

from .commitments import Commitment
from .matters import CommitmentMatter


class Publication(models.Model):
    """One version that was given to the upper platform, or the word that it is to be shown no longer.

    The message itself stands in the outbox (`entry`); one message may carry the commitments of a whole file.
    """

    untracked_because = (
        "a row is itself the history of what left: written once, refused any change by the database"
    )

    class Action(models.TextChoices):
        PUBLISHED = "published", "公开"
        RETRACTED = "retracted", "停止公开"

    commitment = models.ForeignKey(
        Commitment, on_delete=models.PROTECT, null=True, related_name="publications", verbose_name="信用承诺"
    )
    matter = models.ForeignKey(
        CommitmentMatter, on_delete=models.PROTECT, null=True, related_name="publications",
        verbose_name="承诺事项",
    )  # fmt: skip
    number = models.PositiveIntegerField("版次")
    """Rises by one with each message about the thing: of two that arrive out of turn the higher one counts."""
    action = models.CharField("动作", max_length=10, choices=Action.choices)
    digest = models.CharField("内容摘要", max_length=64)
    """Of what was told, without its number: the same content is not sent twice."""
    entry = models.ForeignKey(
        Entry, on_delete=models.PROTECT, related_name="publications", verbose_name="同步事项"
    )
    at = models.DateTimeField("时间")

    objects = models.Manager()

    class Meta:
        verbose_name = "公开记录"
        verbose_name_plural = "公开记录"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["commitment", "number"],
                condition=Q(commitment__isnull=False),
                name="publication_of_commitment_once",
            ),
            models.UniqueConstraint(
                fields=["matter", "number"],
                condition=Q(matter__isnull=False),
                name="publication_of_matter_once",
            ),
            models.CheckConstraint(
                name="publication_of_one_thing",
                condition=Q(commitment__isnull=False, matter=None) | Q(commitment=None, matter__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"第{self.number}版{self.get_action_display()}"
