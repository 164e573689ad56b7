"""The people who sign in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Any, NoReturn

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from accounts.holdings import Holdings, held_on
from audit.acts import act
from audit.clock import today
from audit.guard import TrackedQuerySet
from audit.models import tracked

from .departments import Department


class PeopleManager(UserManager.from_queryset(TrackedQuerySet)):
    """The user manager, refusing silent writes like every other."""

    def working(self, on: date) -> PeopleManager:
        """Accounts of people that are open on a day: neither closed nor past their last day."""
        return self.filter(Q(last_day__isnull=True) | Q(last_day__gte=on), is_active=True).exclude(
            username=User.SYSTEM
        )

    def create_superuser(self, *args: Any, **kwargs: Any) -> NoReturn:
        """There is none: rights come from roles, and nothing here asks `is_superuser`."""
        raise ValidationError("本系统没有超级用户，请用 manage.py create_account 开设管理员账号。")


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
    password_set_on = models.DateField("密码设定日", null=True, blank=True, editable=False)
    """From that day the age of the password counts; empty: it counts from the day the account was opened."""
    last_day = models.DateField("离岗日", null=True, blank=True, editable=False)
    """The last day on which a person who leaves may sign in; the account is closed by itself with its end."""
    session_mark = models.CharField("当前会话", max_length=64, blank=True, editable=False)
    """Mark of the one session that is valid; a sign-in elsewhere gives another and so ends the earlier one."""

    history = tracked(excluded_fields=["password", "last_login", "session_mark"], m2m_fields=[])
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
                # Not `set_password`: it is the same password, whose age goes on.
                self.password = make_password(raw)
                self.save(update_fields=["password"])

        return check_password(raw_password, self.password, renew)

    def has_left(self, on: date) -> bool:
        """Whether the person's last day is over: such an account is closed, whatever `is_active` says."""
        return self.last_day is not None and self.last_day < on

    def set_password(self, raw_password: str | None) -> None:
        """Whoever saves it saves `password_set_on` too."""
        super().set_password(raw_password)
        self.password_set_on = today()

    def get_full_name(self) -> str:
        return self.display_name or self.username

    @cached_property
    def holdings(self) -> Holdings:
        """Roles and granted rights held today (one query, kept for the request)."""
        return held_on(self.pk, today())

    @property
    def roles(self) -> Mapping[str, frozenset[int]]:
        """Roles held today, each with the departments it is held in; 0 where the role belongs to none."""
        return self.holdings.roles

    def holds(self, *roles: str) -> bool:
        held = self.roles
        return any(role in held for role in roles)

    def departments_as(self, *roles: str) -> frozenset[int]:
        """The departments in which the person holds any of these roles today."""
        return self.holdings.departments_as(*roles)

    def area_as(self, *roles: str) -> frozenset[int]:
        """The bodies that lie within the area of the offices in which the person holds any of these roles."""
        return self.holdings.area_as(*roles)

    def keeps_common_data(self, *roles: str) -> bool:
        """Whether the person holds one of these roles in an office that keeps what all share (catalogue, limits, calendars).

        The offices of districts use it, they do not keep it.
        """
        return any(
            one.role in roles and one.level in (Department.Level.REGION, Department.Level.CITY)
            for one in self.holdings.titles
        )
