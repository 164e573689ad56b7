"""What a person may be here, and from when to when the person is it."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.rules.compatibility import Post, Term
from audit.guard import TrackedQuerySet
from audit.models import tracked

from .departments import Department


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
SEPARATE_ROLES = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})
"""三员: none of them goes with another role, neither of the three nor of the business (三员分立)."""


def above(body: Department | None) -> frozenset[int]:
    """The offices over a body: of the region over the city's, of both over the district's."""
    found = []
    while body is not None and body.parent is not None:
        body = body.parent
        found.append(body.pk)
    return frozenset(found)


class MembershipQuerySet(TrackedQuerySet):
    def in_force(self, on: date) -> MembershipQuerySet:
        return self.filter(Q(until__isnull=True) | Q(until__gte=on), since__lte=on)

    def lasting(self, beyond: date) -> MembershipQuerySet:
        """Those held, or to be held, on some day after this one."""
        return self.filter(Q(until__isnull=True) | Q(until__gt=beyond, until__gte=models.F("since")))

    def with_bodies(self) -> MembershipQuerySet:
        """With all that the rules of compatibility look at."""
        return self.select_related("user", "department__parent__parent")


class Membership(models.Model):
    """A person holds a role, in a department where the role belongs to one, from one day to another."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships", verbose_name="账号"
    )
    role = models.CharField("角色", max_length=12, choices=Role.choices)
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, verbose_name="机构", related_name="+"
    )
    since = models.DateField("自")
    until = models.DateField("至", null=True, blank=True)
    deputy_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="deputies", verbose_name="代理"
    )
    """The membership whose holder is absent: held in that person's stead, no longer than the other is held."""
    reason = models.CharField("事由", max_length=200, blank=True)

    history = tracked()
    objects = models.Manager.from_queryset(MembershipQuerySet)()

    class Meta:
        verbose_name = "角色"
        verbose_name_plural = "角色"
        constraints = [
            models.CheckConstraint(
                name="membership_department_where_the_role_needs_one",
                condition=Q(role__in=["auditor", "sysadmin", "secadmin"]) | Q(department__isnull=False),
                violation_error_message="业务角色必须指定机构；三员不指定机构。",
            ),
            models.CheckConstraint(
                # The day before: withdrawn before it began, held on no day.
                name="membership_ends_after_it_begins",
                condition=Q(until__isnull=True) | Q(until__gte=models.F("since") - timedelta(days=1)),
                violation_error_message="截止日期不得早于起始日期。",
            ),
            models.CheckConstraint(
                name="membership_deputy_has_an_end",
                condition=Q(deputy_of__isnull=True) | Q(until__isnull=False),
                violation_error_message="代理必须写明截止日期。",
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

    @property
    def term(self) -> Term:
        return Term(self.since, self.until)

    @property
    def withdrawn(self) -> bool:
        """Taken back before it began: held on no day."""
        return self.until is not None and self.until < self.since

    def in_force(self, on: date) -> bool:
        return self.since <= on and (self.until is None or self.until >= on)

    @property
    def post(self) -> Post:
        """For the rules; the body's offices above must have been fetched with it (`with_bodies`)."""
        body = self.department
        return Post(self.role, body.pk if body else 0, self.term, above(body))
