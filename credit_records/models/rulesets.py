"""Dated rule sets: how grave a fault is and how long it is shown, as the law stood on the day of the decision."""

from __future__ import annotations

from django.db import models

from audit.guard import TrackedManager
from audit.models import tracked


class RuleSet(models.Model):
    """One legal act on publicity and repair, with the days on which it governs decisions."""

    key = models.SlugField("代号", max_length=40, unique=True)
    title = models.CharField("名称", max_length=200)
    source = models.TextField("来源")
    in_force_from = models.DateField("施行自")
    in_force_to = models.DateField("施行至", null=True, blank=True)
    body = models.JSONField("规则")

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "公示规则"
        verbose_name_plural = "公示规则"
        ordering = ["-in_force_from"]

    def __str__(self) -> str:
        return self.title
