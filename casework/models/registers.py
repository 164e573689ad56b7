"""Numbers given one after the other: case numbers and letter numbers of a year, without a gap."""

from __future__ import annotations

from django.db import models


class Register(models.Model):
    """The last number given in one series of one year; its row is the lock that keeps the series gapless."""

    untracked_because = "the numbers themselves stand on the cases and letters"

    key = models.CharField("号簿", max_length=40)
    year = models.PositiveSmallIntegerField("年度")
    last = models.PositiveIntegerField("末号", default=0)

    class Meta:
        verbose_name = "号簿"
        verbose_name_plural = "号簿"
        constraints = [models.UniqueConstraint(fields=["key", "year"], name="register_once")]

    def __str__(self) -> str:
        return f"{self.key} {self.year}"
