"""Pairs of roles that one person may not hold together: data that the security administrator keeps."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least

from accounts.rules import compatibility
from audit.guard import TrackedManager
from audit.models import tracked

from .roles import Role


class RolePair(models.Model):
    """Two roles that do not go together in one person (不相容角色), where, from when, and why."""

    class Scope(models.TextChoices):
        ANYWHERE = compatibility.ANYWHERE, "任何机构"
        SAME_BODY = compatibility.SAME_BODY, "同一机构"
        ABOVE = compatibility.ABOVE, "上下级信用办"
        """The first role in an office above the one in which the second is held."""

    role_a = models.CharField("角色", max_length=12, choices=Role.choices)
    role_b = models.CharField("不相容角色", max_length=12, choices=Role.choices)
    scope = models.CharField("范围", max_length=12, choices=Scope.choices, default=Scope.SAME_BODY)
    by_law = models.BooleanField("法定", default=False, editable=False)
    """Of the graded protection (三员分立): it stays, whoever wants it otherwise."""
    reason = models.CharField("依据和理由", max_length=200)
    since = models.DateField("施行自")
    until = models.DateField("施行至", null=True, blank=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "不相容角色"
        verbose_name_plural = "不相容角色"
        ordering = ["-by_law", "id"]
        constraints = [
            models.CheckConstraint(
                name="role_pair_of_two",
                condition=~Q(role_a=F("role_b")),
                violation_error_message="不相容的须是两个不同的角色。",
            ),
            models.CheckConstraint(
                name="role_pair_of_law_stays",
                condition=Q(by_law=False) | Q(until__isnull=True),
                violation_error_message="三员分立是等级保护的要求，不能终止。",
            ),
            models.UniqueConstraint(
                Least("role_a", "role_b"),
                Greatest("role_a", "role_b"),
                F("scope"),
                condition=Q(until__isnull=True),
                name="role_pair_open_once",
                violation_error_message="这两个角色在这一范围内已经登记为不相容。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_a_display()}与{self.get_role_b_display()}({self.get_scope_display()})"

    @property
    def rule(self) -> compatibility.Pair:
        return compatibility.Pair(
            self.role_a, self.role_b, self.scope, compatibility.Term(self.since, self.until)
        )

    def in_force(self, on: date) -> bool:
        return self.since <= on and (self.until is None or self.until >= on)
