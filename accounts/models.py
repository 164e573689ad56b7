"""Departments, people and dated role memberships."""

from __future__ import annotations

from datetime import date
from functools import cached_property

from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q

from audit.acts import act
from audit.clock import today
from audit.guard import TrackedManager, TrackedQuerySet
from audit.models import tracked


class Department(models.Model):
    """A body (委办局) that reports records; the office of the leading group is one too."""

    class Level(models.TextChoices):
        REGION = "region", "自治区(省)级"
        CITY = "city", "市级"
        DISTRICT = "district", "县(市、区)级"

    code = models.CharField("统一社会信用代码", max_length=18, unique=True)
    name = models.CharField("名称", max_length=200, unique=True)
    short_name = models.CharField("简称", max_length=40, blank=True)
    level = models.CharField("层级", max_length=10, choices=Level.choices)
    division = models.CharField("行政区划代码", max_length=6)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, verbose_name="上级机构"
    )
    is_office = models.BooleanField("领导小组办公室", default=False)
    active = models.BooleanField("在用", default=True)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "机构"
        verbose_name_plural = "机构"
        ordering = ["level", "code"]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a person does here (三员分立: the last three are kept apart from business and from each other)."""

    CLERK = "clerk", "录入员"
    REVIEWER = "reviewer", "审核员"
    OFFICER = "officer", "经办人"
    APPROVER = "approver", "审批人"
    SUPERVISOR = "supervisor", "督查员"
    UPPER_REVIEWER = "upper", "上级审核员"
    """Of the office one level up (自治区级): reviews what the city's office lays before it, and nothing else."""
    AUDITOR = "auditor", "审计员"
    SYSTEM_ADMIN = "sysadmin", "系统管理员"
    SECURITY_ADMIN = "secadmin", "安全管理员"


DEPARTMENT_ROLES = frozenset({Role.CLERK, Role.REVIEWER})
# The upper reviewer is none of them: the city's cases are the city's, but for those laid before the upper office.
OFFICE_ROLES = frozenset({Role.OFFICER, Role.APPROVER, Role.SUPERVISOR})


class PeopleManager(UserManager.from_queryset(TrackedQuerySet)):
    """The user manager, refusing silent writes like every other."""


class User(AbstractUser):
    """A person who signs in, or the system itself (username `system`, cannot sign in)."""

    SYSTEM = "system"

    display_name = models.CharField("姓名", max_length=80, blank=True)
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="people",
        verbose_name="所属机构",
    )
    must_change_password = models.BooleanField("须修改密码", default=False)
    """The password is one that somebody else gave: until it is changed nothing but that can be done."""

    history = tracked(excluded_fields=["password", "last_login"], m2m_fields=[])
    objects = PeopleManager()

    class Meta(AbstractUser.Meta):
        verbose_name = "账号"
        verbose_name_plural = "账号"

    def __str__(self) -> str:
        return self.display_name or self.username

    def check_password(self, raw_password: str | None) -> bool:
        """Whether it is the password; a hash of an older Django is renewed, as every write under an act."""

        def renew(raw: str) -> None:
            with act("account.renew_password_hash", actor=self, on=self):
                self.set_password(raw)
                self.save(update_fields=["password"])

        return check_password(raw_password, self.password, renew)

    def get_full_name(self) -> str:
        return self.display_name or self.username

    @cached_property
    def roles(self) -> dict[str, frozenset[int]]:
        """Roles held today, each with the departments it is held in (one query, kept for the request)."""
        held: dict[str, set[int]] = {}
        for role, department_id in (
            Membership.objects.in_force(today()).filter(user=self).values_list("role", "department_id")
        ):
            held.setdefault(role, set()).add(department_id or 0)
        return {role: frozenset(ids) for role, ids in held.items()}

    def holds(self, *roles: str) -> bool:
        return any(role in self.roles for role in roles)

    def departments_as(self, *roles: str) -> frozenset[int]:
        """The departments in which the person holds any of these roles today."""
        return frozenset().union(*(self.roles.get(role, frozenset()) for role in roles)) - {0}


class MembershipQuerySet(TrackedQuerySet):
    def in_force(self, on: date) -> MembershipQuerySet:
        return self.filter(Q(until__isnull=True) | Q(until__gte=on), since__lte=on)


class Membership(models.Model):
    """A person holds a role, in a department where the role belongs to one, from one day to another."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships", verbose_name="账号")
    role = models.CharField("角色", max_length=12, choices=Role.choices)
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, verbose_name="机构", related_name="+"
    )
    since = models.DateField("自")
    until = models.DateField("至", null=True, blank=True)

    history = tracked()
    objects = models.Manager.from_queryset(MembershipQuerySet)()

    class Meta:
        verbose_name = "角色"
        verbose_name_plural = "角色"
        constraints = [
            models.CheckConstraint(
                name="membership_department_where_the_role_needs_one",
                condition=~Q(role__in=["clerk", "reviewer"]) | Q(department__isnull=False),
                violation_error_message="录入员、审核员必须指定机构。",
            ),
            models.CheckConstraint(
                name="membership_ends_after_it_begins",
                condition=Q(until__isnull=True) | Q(until__gte=models.F("since")),
                violation_error_message="截止日期不得早于起始日期。",
            ),
            models.UniqueConstraint(
                fields=["user", "role", "department"],
                condition=Q(until__isnull=True),
                nulls_distinct=False,
                name="membership_open_once",
                violation_error_message="该账号已有这一角色。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()}"
