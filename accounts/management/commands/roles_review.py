"""`manage.py roles_review`: accounts and roles for the yearly review (账号权限复核), with what is wrong with them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from accounts.models import Membership, Role, User
from accounts.selectors.review import Violation, dormant, misplaced, violations
from accounts.services import work_of
from accounts.services.last_holder import running_out
from audit.clock import today


class Command(BaseCommand):
    help = (
        "Lists people with the roles they hold or will hold, deputies, roles that do not go together, administrators' roles that run out, roles out of place,"
        " leavers, and accounts without a sign-in for XINHENG_DORMANT_DAYS. Changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for another program")

    def handle(self, *args: Any, **options: Any) -> None:
        told = review()
        if options["json"]:
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=1))
            return
        self.stdout.write(f"账号与角色清单 {told['day']}")
        for person in told["people"]:
            roles = "、".join(_in_words(role) for role in person["roles"]) or "无角色"
            leaving = f"，离岗日{person['last_day']}" if person["last_day"] else ""
            self.stdout.write(f"{person['username']} {person['name']}：{roles}{leaving}")
        self._part(
            "不相容角色", [f"{one['person']}：{one['roles']}，{one['reason']}" for one in told["violations"]]
        )
        self._part(
            "三员将无人担任", [f"{Role(one['role']).label}：自{one['from']}起" for one in told["running_out"]]
        )
        self._part("机构已停用或者不再是信用办", told["misplaced"])
        self._part(f"{settings.XINHENG_DORMANT_DAYS}天以上未登录", told["dormant"])
        self._part(
            "已离岗、停用，名下还有未交接的工作",
            [f"{one['person']}：{one['work']}" for one in told["left_behind"]],
        )

    def _part(self, title: str, lines: list[str]) -> None:
        self.stdout.write(f"{title}：{len(lines) or '无'}")
        for line in lines:
            self.stdout.write(f"  {line}")


def review() -> dict[str, Any]:
    day = today()
    lasting = Membership.objects.lasting(day - timedelta(days=1)).select_related(
        "department", "deputy_of__user"
    )
    held: dict[int, list[Membership]] = {}
    for one in lasting.order_by("user_id", "since", "pk"):
        held.setdefault(one.user_id, []).append(one)
    people = User.objects.exclude(username=User.SYSTEM).order_by("username")
    return {
        "day": str(day),
        "people": [_person(person, held.get(person.pk, [])) for person in people],
        "violations": [_violation(one) for one in violations(day)],
        "running_out": [{"role": role, "from": str(gap)} for role, gap in running_out(day).items()],
        "misplaced": [f"{one.user}：{one.get_role_display()}({one.department})" for one in misplaced(day)],
        "dormant": list(dormant(day).values_list("username", flat=True)),
        "left_behind": [
            {
                "person": person.username,
                "work": "、".join(f"{label}{count}件" for label, count in work.items()),
            }
            for person in people
            if (not person.is_active or person.has_left(day)) and (work := work_of(person))
        ],
    }


def _person(person: User, held: list[Membership]) -> dict[str, Any]:
    return {
        "username": person.username,
        "name": person.display_name,
        "active": person.is_active,
        "last_day": str(person.last_day or ""),
        "last_login": person.last_login.isoformat() if person.last_login else "",
        "roles": [
            {
                "role": one.role,
                "label": one.get_role_display(),
                "body": str(one.department or ""),
                "since": str(one.since),
                "until": str(one.until or ""),
                "deputy_of": one.deputy_of.user.username if one.deputy_of else "",
            }
            for one in held
        ],
    }


def _in_words(role: dict[str, str]) -> str:
    where = f"({role['body']})" if role["body"] else ""
    deputy = f"代理{role['deputy_of']}，" if role["deputy_of"] else ""
    until = f"至{role['until']}" if role["until"] else ""
    return f"{role['label']}{where}[{deputy}{role['since']}起{until}]"


def _violation(one: Violation) -> dict[str, str]:
    return {
        "person": one.person.username,
        "roles": f"{one.one.get_role_display()}、{one.other.get_role_display()}",
        "since": str(one.term.since),
        "until": str(one.term.until or ""),
        "reason": one.pair.reason,
    }
