"""`manage.py create_account`: the first administrators of an empty system; others get theirs on the pages.

The pages cannot give the first roles: a system and a security administrator must be there already (三员分立).
Whoever may run commands on the server opens these two; the journal keeps it as acts of the system.
"""

from __future__ import annotations

import getpass
import os
import sys
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.checks import DEMO_USERNAMES
from accounts.models import Department, Membership, Role, User
from accounts.services import give_role, register_account, system_account
from audit.clock import today

PASSWORD_FROM = "XINHENG_INITIAL_PASSWORD"  # noqa: S105  the name of a variable
ADMINISTRATORS = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)
FIRST = "系统启用，首次开设管理员账号"


class Command(BaseCommand):
    help = (
        "Opens an account for a system or security administrator and gives the role from today on. The first"
        f" password is asked for on the terminal, or taken from {PASSWORD_FROM}."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--name", required=True, metavar="姓名", help="the person, as pages and journal show it"
        )
        parser.add_argument("--role", required=True, choices=[str(role) for role in ADMINISTRATORS])
        parser.add_argument(
            "--department", metavar="CODE", help="unified social credit code of the person's body"
        )
        parser.add_argument(
            "--reason", default="", help="for the journal; needed once somebody holds the role already"
        )

        parser.add_argument(
            "--keep-password",
            action="store_true",
            help="the person has chosen the password: it need not be changed at the first sign-in",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        role, name = Role(options["role"]), options["name"].strip()
        if not name:
            raise CommandError("请用 --name 写明姓名。")
        username = _username(options["username"])
        department = _department(options["department"])
        reason = _reason(role, options["reason"].strip())
        password = asked_password(User(username=username, display_name=name))
        system = system_account()
        # Both or neither: an account without its role would be in the way of a second try.
        with transaction.atomic():
            user = register_account(
                actor=system,
                username=username,
                display_name=name,
                department=department,
                password=password,
                must_change_password=not options["keep_password"],
            )
            give_role(user, role, actor=system, since=today(), reason=reason)
        told = "" if options["keep_password"] else "首次登录须先修改密码。"
        self.stdout.write(f"已开设账号{username}({name}),{role.label}，即日起生效。{told}")


def _username(text: str) -> str:
    try:
        username = str(User._meta.get_field("username").clean(text, None))
    except ValidationError as error:
        raise CommandError(f"用户名“{text}”不可用：{''.join(error.messages)}") from error
    if username == User.SYSTEM or (username in DEMO_USERNAMES and not settings.DEMO):
        raise CommandError(f"“{username}”是系统或者演示账号的名称，请另取一个用户名。")
    if User.objects.filter(username__iexact=username).exists():
        raise CommandError(f"已有账号“{username}”。")
    return username


def _department(code: str | None) -> Department | None:
    if not code:
        return None
    found = Department.objects.filter(code=code).first()
    if found is None:
        raise CommandError(f"没有代码为“{code}”的机构。可以不写 --department，机构由系统管理员在页面上新增。")
    return found


def _reason(role: Role, given: str) -> str:
    """The first of a role explains itself; a further one goes past the other administrator, and says why."""
    holders = Membership.objects.in_force(today()).filter(role=role, user__is_active=True).exists()
    if holders and not given:
        raise CommandError(
            f"已有在任的{role.label}，应由管理员在页面上开设账号、授予角色。"
            "确需用命令开设的，请用 --reason 写明理由。"
        )
    return given or FIRST


def asked_password(user: User) -> str:
    password = os.environ.get(PASSWORD_FROM, "")
    if not password:
        if not sys.stdin.isatty():
            raise CommandError(f"没有终端可以输入密码，请设置环境变量 {PASSWORD_FROM}。")
        password = getpass.getpass("初始密码：")
        if getpass.getpass("再输入一次：") != password:
            raise CommandError("两次输入的密码不一致，没有开设账号。")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise CommandError("密码不合要求：" + "".join(error.messages)) from error
    return password
