"""The tables of grants: guardian's direct-foreign-key permission models, with an origin, dates and a way to take them back.

Each room makes two of them for a model of its own, one for people and one for bodies. What is no longer in force stays as it is:
the list says for ever who could see what, and why.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from guardian.managers import GroupObjectPermissionManager, UserObjectPermissionManager
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from accounts.models import Department
from audit.clock import today
from audit.guard import TrackedQuerySet


class Right(models.TextChoices):
    """What a grant opens of its object; each holds those before it. The permission `<right>_<model>` says which."""

    VIEW = "view", "查看"
    INSPECT = "inspect", "查阅案卷"
    """A case with its evidence and its letters."""
    HANDLE = "handle", "承办"
    """The steps of the officer in charge, in an office that is not the officer's own."""


RIGHTS_HOLDING: dict[str, tuple[str, ...]] = {
    Right.VIEW: (Right.VIEW, Right.INSPECT, Right.HANDLE),
    Right.INSPECT: (Right.INSPECT, Right.HANDLE),
    Right.HANDLE: (Right.HANDLE,),
}
"""Which rights open what the key says."""


class Origin(models.TextChoices):
    """Why somebody outside the rule is let in."""

    CO_HANDLING = "co_handling", "会办"
    DELEGATION = "delegation", "委托办理"
    INSPECTION = "inspection", "检查"


class _Days(Func):
    function = "daterange"
    output_field = DateRangeField()


class GrantQuerySet(TrackedQuerySet):
    def in_force(self, day: date) -> GrantQuerySet:
        """Those that open something on a day: begun, not over, not taken back. No job ends them."""
        return self.filter(revoked_at=None, since__lte=day, until__gte=day)


class _InForceTodayForUsers(UserObjectPermissionManager.from_queryset(GrantQuerySet)):
    """What guardian's own functions read: none of them knows dates, so that they are given nothing else."""

    def get_queryset(self) -> GrantQuerySet:
        return super().get_queryset().in_force(today())


class _InForceTodayForGroups(GroupObjectPermissionManager.from_queryset(GrantQuerySet)):
    def get_queryset(self) -> GrantQuerySet:
        return super().get_queryset().in_force(today())


class DatedGrant(models.Model):
    """What a right on one object has beside its grantee: origin, reason, document, days, and how it was taken back.

    `given` are all of them, past ones too; guardian's own name `objects` gives those that are in force today.
    """

    permission = models.ForeignKey(
        Permission, on_delete=models.PROTECT, related_name="+", verbose_name="权限"
    )
    origin = models.CharField("来由", max_length=12, choices=Origin.choices)
    reason = models.CharField("理由", max_length=500)
    basis = models.CharField("依据文号", max_length=100, blank=True)
    since = models.DateField("自")
    until = models.DateField("至")
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="授权人"
    )
    given_at = models.DateTimeField("授权时间")
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="撤销人",
    )  # fmt: skip
    revoked_at = models.DateTimeField("撤销时间", null=True, blank=True)
    revoke_reason = models.CharField("撤销理由", max_length=500, blank=True)

    given = models.Manager.from_queryset(GrantQuerySet)()

    class Meta:
        abstract = True
        default_manager_name = "given"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="%(class)s_ends_after_it_begins",
                condition=Q(until__gte=F("since")),
                violation_error_message="截止日期不得早于起始日期。",
            ),
            models.CheckConstraint(
                name="%(class)s_revoked_by_somebody",
                condition=Q(revoked_at=None, revoked_by=None, revoke_reason="")
                | Q(revoked_at__isnull=False, revoked_by__isnull=False) & ~Q(revoke_reason=""),
            ),
            models.CheckConstraint(name="%(class)s_has_a_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.content_object}：{self.right_label}，{self.grantee}"

    @property
    def right(self) -> str:
        return str(self.permission.codename.split("_", 1)[0])

    @property
    def right_label(self) -> str:
        return str(Right(self.right).label)

    @property
    def grantee(self) -> Any:
        """The person or body to whom it is granted."""
        raise NotImplementedError


def _never_twice(grantee: str) -> ExclusionConstraint:
    """Not twice at once: the same right on the same object for the same grantee on the same day."""
    return ExclusionConstraint(
        name="%(class)s_once_a_day",
        expressions=[
            ("content_object", RangeOperators.EQUAL),
            (grantee, RangeOperators.EQUAL),
            ("permission", RangeOperators.EQUAL),
            (_Days("since", "until", RangeBoundary(inclusive_upper=True)), RangeOperators.OVERLAPS),
        ],
        condition=Q(revoked_at=None),
        violation_error_message="这段时间内已有同样的授权。",
    )


class UserGrant(DatedGrant, UserObjectPermissionBase):
    """A right of one person."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="被授权人"
    )

    objects = _InForceTodayForUsers()

    class Meta(DatedGrant.Meta):
        abstract = True
        constraints = [*DatedGrant.Meta.constraints, _never_twice("user")]

    @property
    def grantee(self) -> Any:
        return self.user


class DepartmentGrant(DatedGrant, GroupObjectPermissionBase):
    """A right of all who report, review or handle in one body (`Department.group`)."""

    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="+", verbose_name="被授权机构")

    objects = _InForceTodayForGroups()

    class Meta(DatedGrant.Meta):
        abstract = True
        constraints = [*DatedGrant.Meta.constraints, _never_twice("group")]

    @property
    def grantee(self) -> Department:
        return self.group.body
