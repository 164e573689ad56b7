"""Accounts: opened, closed and handed over by the system administrator, read by the other two of the three."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest

from accounts import services
from accounts.models import Department, Membership, RolePair, User
from audit.clock import today

from ..filters import RelatedFilter
from ..forms import ReasonedForm
from ..keyset import HouseChangeList
from ..labels import name_data, name_verbs
from ..navigation import Item, register_group
from ..verbs import Verb
from .account_review import AccountExport, RolelessFilter, SituationFilter, roles_in, roles_with_days
from .hand_over import HandOverPage
from .keepers import KeepersAdmin, is_keeper
from .memberships import PersonField
from .sign_in import ACCOUNT_VERBS

name_verbs(
    {
        "account.register": "开设账号",
        "account.deactivate": "停用账号",
        "account.reactivate": "启用账号",
        "account.leave": "办理离岗",
        "account.stay": "撤销离岗",
        "account.reset_password": "重设密码",
        "account.change_password": "修改密码",
        "account.renew_password_hash": "更新密码存储",
        "account.sign_in": "登录",
        "account.sign_out": "退出",
        "user.change": "修改账号",
        "user.export": "导出账号",
        "department.create": "新增机构",
        "department.change": "修改机构",
    }
)

name_data(
    {
        "username": "账号",
        "fields": "栏目",
        "rows": "行数",
        "format": "格式",
        "filters": "筛选条件",
        "count": "条数",
        "last_day": "离岗日",
        "leaver": "离岗人账号",
        "successor": "接手人账号",
    }
)

ACCOUNT_LABELS = {
    "username": "账号",
    "email": "邮箱(接收提醒)",
    "is_active": "启用",
    "last_login": "最近登录",
}
ACCOUNT_HELP = {"username": "登录时填写，可以用字母、数字和 @ . + - _，最多150个字符，开设后不能修改。"}


class AccountForm(ReasonedForm):
    class Meta:
        labels = ACCOUNT_LABELS
        help_texts = {"username": " ", "is_active": "停用的账号不能登录。"}


class NewAccountForm(ReasonedForm):
    """Opening an account: the first password is told to the person, who then changes it."""

    password = forms.CharField(
        label="初始密码(首次登录须修改)",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html(),
    )

    class Meta:
        model = User
        fields = ("username", "display_name", "department")
        labels = ACCOUNT_LABELS
        help_texts = ACCOUNT_HELP

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password, self.instance)
        return password


def _leave(user: User, **answers: Any) -> str:
    handed = services.leave(user, **answers)
    work = "、".join(f"{label}{count}件" for label, count in handed.items())
    told = f"已移交{work}给{answers['successor']}。" if work else "没有需要移交的工作。"
    return f"已为{user}办理离岗，最后一天是{answers['last_day']}。{told}"


def _oneself(user: Any, actor: Any) -> str:
    return "不能为自己的账号办理。" if user.pk == actor.pk else ""


class ActiveFilter(admin.BooleanFieldListFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = ACCOUNT_LABELS["is_active"]


class PeopleList(HouseChangeList):
    """The accounts of people. The system's own has a page, to which the journal refers, but nobody keeps it."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet:
        return super().get_queryset(request, exclude_parameters).exclude(username=User.SYSTEM)


@admin.register(User)
class UserAdmin(HandOverPage, KeepersAdmin):
    shows_numbers = "a sign-in name may be a mobile number, and this is where accounts are told apart by it"
    form = AccountForm
    list_display = ("account", "display_name", "department", "roles_today", "enabled", "signed_in")
    export_resource = AccountExport
    list_filter = (
        ("department", RelatedFilter),
        RolelessFilter,
        SituationFilter,
        ("is_active", ActiveFilter),
    )
    list_select_related = ("department",)
    search_fields = ("username", "display_name")
    search_help_text = "账号或姓名"
    ordering = ("username",)
    autocomplete_fields = ("department",)
    readonly_fields = (
        "username", "is_active", "must_change_password", "last_login", "roles_today", "roles_to_come", "roles_past",
        "deputies", "work", "last_day", "hand_over_sheet",
    )  # fmt: skip
    fields = (
        "username", "display_name", "department", "email", "roles_today", "roles_to_come", "roles_past", "deputies", "work",
        "is_active", "last_day", "hand_over_sheet", "must_change_password", "last_login",
    )  # fmt: skip
    history_hidden = ("is_superuser", "is_staff", "date_joined", "first_name", "last_name")
    verbs = (
        Verb(
            "reset-password",
            "重设密码",
            services.reset_password,
            rule="change",
            needs_reason=True,
            confirm="新密码请当面或电话告知本人，其登录后须先修改密码。",
            done="已重设{obj}的密码。",
            extra_fields=(
                (
                    "password",
                    forms.CharField(
                        label="新密码",
                        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
                        help_text="至少10位，不能全是数字，不能是常见密码。",
                    ),
                ),
            ),
            order=1,
        ),
        Verb(
            "deactivate",
            "停用账号",
            services.deactivate,
            rule="change",
            needs_reason=True,
            tone="danger",
            obstacle=lambda user, actor: "该账号已停用。" if not user.is_active else _oneself(user, actor),
            reachable=lambda user: user.is_active,
            confirm="停用后该账号立即不能登录，已做的工作不受影响。",
            done="已停用{obj}的账号。",
            order=2,
        ),
        Verb(
            "reactivate",
            "启用账号",
            services.reactivate,
            rule="change",
            needs_reason=True,
            obstacle=lambda user, actor: "该账号是启用状态。" if user.is_active else _oneself(user, actor),
            reachable=lambda user: not user.is_active,
            confirm="离岗时终止的角色不会恢复，需要的请安全管理员重新授予。",
            done="已启用{obj}的账号。",
            order=3,
        ),
        Verb(
            "leave",
            "离岗交接",
            _leave,
            rule="change",
            needs_reason=True,
            obstacle=_oneself,
            reachable=lambda user: user.is_active and user.last_day is None,
            confirm="离岗日之后账号自动停用，全部角色和代理随之终止；名下工作现在就移交给接手人。",
            extra_fields=(
                (
                    "last_day",
                    forms.DateField(
                        label="离岗日",
                        help_text="在岗的最后一天；填过去的日期，账号立即停用。",
                        widget=forms.DateInput,
                        initial=today,
                    ),
                ),
                (
                    "successor",
                    PersonField(
                        label="接手人",
                        required=False,
                        help_text="由离岗人所在单位指定。名下没有未办结工作的可以不填。",
                    ),
                ),
            ),
            order=4,
        ),
        Verb(
            "stay",
            "撤销离岗",
            services.stay,
            rule="change",
            needs_reason=True,
            obstacle=_oneself,
            reachable=lambda user: user.is_active and user.last_day is not None,
            confirm="账号不再自动停用。已终止的角色、已移交的工作不会恢复，需要的请安全管理员重新授予、由审批人改派。",
            done="已撤销{obj}的离岗。",
            order=5,
        ),
        *ACCOUNT_VERBS,
    )

    @admin.display(description=ACCOUNT_LABELS["username"], ordering="username")
    def account(self, user: User) -> str:
        return user.username

    @admin.display(description=ACCOUNT_LABELS["is_active"], ordering="is_active", boolean=True)
    def enabled(self, user: User) -> bool:
        return user.is_active and not user.has_left(today())

    @admin.display(description=ACCOUNT_LABELS["last_login"], ordering="last_login")
    def signed_in(self, user: User) -> Any:
        return user.last_login

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return PeopleList

    @admin.display(description="角色")
    def roles_today(self, user: User) -> str:
        return "、".join(roles_in(user, "在任")) or "无"

    @admin.display(description="未开始的角色")
    def roles_to_come(self, user: User) -> str:
        return roles_with_days(user, "未开始")

    @admin.display(description="以往的角色")
    def roles_past(self, user: User) -> str:
        return roles_with_days(user, "已终止", "已撤回")

    @admin.display(description="由谁代理")
    def deputies(self, user: User) -> str:
        day = today() - timedelta(days=1)
        found = (
            Membership.objects.lasting(day).filter(deputy_of__user=user).select_related("user", "department")
        )
        told = (
            f"{one.user}代理{one.get_role_display()}，{one.since}至{one.until}"
            for one in found.order_by("since")
        )
        return "；".join(told) or "无"

    @admin.display(description="名下未办结工作")
    def work(self, user: User) -> str:
        """Numbers alone: what it is about stays with those who do it."""
        return "、".join(f"{label}{count}件" for label, count in services.work_of(user).items()) or "无"

    def get_queryset(self, request: HttpRequest) -> Any:
        held = Membership.objects.select_related("department", "deputy_of__user").order_by("since", "pk")
        return super().get_queryset(request).prefetch_related(Prefetch("memberships", held))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("username", "display_name", "department", "password")})]
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else super().get_readonly_fields(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = NewAccountForm
        return super().get_form(request, obj, change=change, **kwargs)

    def perform_save(self, request: HttpRequest, obj: Any, form: Any, formsets: Any, change: bool) -> None:
        if change:
            super().perform_save(request, obj, form, formsets, change)
            return
        opened = services.register_account(
            actor=request.user,
            username=form.cleaned_data["username"],
            display_name=form.cleaned_data["display_name"],
            department=form.cleaned_data["department"],
            password=form.cleaned_data["password"],
        )
        obj.pk, obj._state.adding = opened.pk, False


register_group(
    "账号与权限",
    [
        Item("机构", "account_balance", Department, visible=is_keeper),
        Item("账号", "person", User, visible=is_keeper),
        Item("角色", "badge", Membership, visible=is_keeper),
        Item("不相容角色", "group_off", RolePair),
    ],
    order=90,
)
