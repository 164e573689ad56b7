"""The rules of passwords as Django asks for them (`AUTH_PASSWORD_VALIDATORS`)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError

from audit.clock import now

from .models import UsedPassword
from .rules import KINDS_NEEDED, is_mixed, name_within


class MixedValidator:
    """Capital letters, small letters, digits, other letters, signs: three kinds of them."""

    def validate(self, password: str, user: Any = None) -> None:
        if not is_mixed(password):
            raise ValidationError(self.get_help_text(), code="password_not_mixed")

    def get_help_text(self) -> str:
        return f"密码须含大写字母、小写字母、数字、符号、汉字中的至少{KINDS_NEEDED}种。"


class NamesValidator:
    """Neither the account's name nor the person's nor the body's may stand in the password."""

    def validate(self, password: str, user: Any = None) -> None:
        if user is None:
            return
        names = [user.username, user.display_name]
        department = user.department if user.department_id else None
        if department is not None:
            names += [department.name, department.short_name]
        if name_within(password, names):
            raise ValidationError(self.get_help_text(), code="password_names")

    def get_help_text(self) -> str:
        return "密码不能含有账号、姓名或单位名称。"


class ReuseValidator:
    """The last passwords of an account cannot be taken again; Django tells it of every new one that is saved."""

    def validate(self, password: str, user: Any = None) -> None:
        if user is None or user.pk is None:
            return
        for used in UsedPassword.objects.filter(user=user.pk)[: settings.PASSWORDS_REMEMBERED]:
            if check_password(password, used.encoded):
                raise ValidationError(self.get_help_text(), code="password_used")

    def get_help_text(self) -> str:
        return f"不能使用最近{settings.PASSWORDS_REMEMBERED}次用过的密码。"

    def password_changed(self, password: str | None, user: Any = None) -> None:
        if user is None or user.pk is None or not user.has_usable_password():
            return
        UsedPassword.objects.create(user_id=user.pk, encoded=user.password, since=now())
        kept = UsedPassword.objects.filter(user=user.pk).values_list("pk", flat=True)[
            : settings.PASSWORDS_REMEMBERED
        ]
        UsedPassword.objects.filter(user=user.pk).exclude(pk__in=list(kept)).delete()
