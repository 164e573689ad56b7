"""Sign-in on the pages: which roles need two factors, what is done on an account's page, what the workbench says."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest

from accounts.models import Role
from audit.clock import today
from signin import oidc, sessions
from signin.middleware import password_days_left
from signin.models import TwoFactorDemand
from signin.services import demands, identities, second_factor, unlocking

from ..forms import ReasonedForm
from ..labels import name_data, name_verbs
from ..navigation import Item, register_group
from ..verbs import Verb
from ..workbench import register_header_note
from .keepers import KeepersAdmin, is_keeper

name_verbs(
    {
        "account.lock": "锁定登录",
        "account.unlock": "解除登录锁定",
        "account.password_given": "密码已通过，等待两步验证",
        "account.second_factor": "两步验证",
        "account.set_up_second_factor": "设置两步验证",
        "account.reset_second_factor": "重置两步验证",
        "account.renew_recovery_codes": "重新生成恢复码",
        "account.bind_identity": "绑定统一身份认证",
        "account.unbind_identity": "解除统一身份认证绑定",
        "account.sign_in_new_place": "从新的地方登录",
        "two_factor.demand": "设定两步验证要求",
        "signin.clean": "清理登录记录",
    }
)
name_data(
    {
        "minutes": "分钟",
        "unknown": "不是账号的名称(摘要)",
        "length": "字数",
        "means": "方式",
        "left": "剩余",
        "browser": "浏览器",
        "demanded": "须两步验证",
        "attempts": "失败计数",
        "failures": "失败记录",
        "sign_ins": "登录记录",
        "sessions": "会话",
    },
    values={"means": {"totp": "手机验证码", "recovery": "恢复码"}},
)


class DemandForm(ReasonedForm):
    class Meta:
        model = TwoFactorDemand
        fields = ("role", "demanded", "since", "reason")
        help_texts = {
            "demanded": "不勾选：自起始日期起，该角色可以只用密码登录。三员不能取消。",
            "since": "自这一天的首次登录起执行。",
            "reason": "例如安全制度、等级测评整改要求的文号。",
        }


@admin.register(TwoFactorDemand)
class TwoFactorDemandAdmin(KeepersAdmin):
    """Added, never rewritten: the newest of a role counts."""

    form = DemandForm
    changeable = False
    list_display = ("role", "demanded", "since_day", "reason")
    ordering = ("-since", "-id")
    fields = ("role", "demanded", "since", "reason")

    @property
    def empty_list(self) -> str:
        roles = "、".join(str(Role(role).label) for role in Role.values if role in settings.TWO_FACTOR_ROLES)
        return f"没有另行设定。出厂要求：{roles}须用两步验证。"

    @admin.display(description="自", ordering="since")
    def since_day(self, demand: TwoFactorDemand) -> str:
        return demand.since.isoformat()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"since": today(), **super().get_changeform_initial_data(request)}

    def perform_save(self, request: HttpRequest, obj: Any, form: Any, formsets: Any, change: bool) -> None:
        values = form.cleaned_data
        made = demands.demand(
            values["role"],
            actor=request.user,
            demanded=values["demanded"],
            since=values["since"],
            reason=values["reason"],
        )
        obj.pk, obj._state.adding = made.pk, False


ACCOUNT_VERBS = (
    Verb(
        "unlock",
        "解除登录锁定",
        unlocking.unlock,
        rule="change",
        needs_reason=True,
        confirm="请先向本人核实：是本人输错密码，还是有人在猜。解除后该账号可以立即登录。",
        done="已解除{obj}的登录锁定。",
        order=6,
    ),
    Verb(
        "reset-second-factor",
        "重置两步验证",
        second_factor.reset,
        rule="change",
        needs_reason=True,
        tone="danger",
        confirm="请先核实是本人申请(当面或回拨电话)。重置后原手机和恢复码作废，已登录的退出，下次登录时须重新绑定。",
        done="已重置{obj}的两步验证。",
        order=7,
    ),
    Verb(
        "unbind-identity",
        "解除统一身份认证绑定",
        identities.unbind,
        rule="change",
        needs_reason=True,
        tone="danger",
        reachable=lambda user: oidc.is_on(),
        confirm="请先核实：平台换发了该人的用户标识，或者账号名称没有转给他人。解除后，下一个以该账号名称从平台登录的人即被绑定。",
        done="已解除{obj}的统一身份认证绑定。",
        order=8,
    ),
)

register_group(
    "登录安全",
    [Item("两步验证要求", "phonelink_lock", TwoFactorDemand, visible=is_keeper)],
    order=91,
)


@register_header_note
def last_sign_in(request: HttpRequest) -> str:
    """From the session, where the sign-in has laid it: no query."""
    last = request.session.get(sessions.LAST)
    if not last:
        return ""
    where = f"，来自{last['address']}" if last["address"] else ""
    failed = f"，此后登录失败{last['failed']}次" if last["failed"] else ""
    return f"上次登录 {last['at']}{where}{failed}"


@register_header_note
def password_ends(request: HttpRequest) -> str:
    left = None if oidc.signed_in_by(request) else password_days_left(request.user)
    if left is None or left > settings.PASSWORD_WARN_DAYS:
        return ""
    return f"密码还能用{left}天，请点左下角姓名，选“修改密码”"
