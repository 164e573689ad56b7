"""Bodies, accounts and roles: the system administrator keeps accounts, the security administrator roles."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import services
from accounts.models import DEPARTMENT_ROLES, Department, Membership, Role, User
from audit.clock import today

from ..filters import ChoiceFilter, DropdownFilter, RelatedFilter
from ..forms import ReasonedForm
from ..keyset import HouseChangeList
from ..labels import name_data, name_verbs
from ..navigation import Item, register_group
from ..verbs import Verb
from .keepers import KeepersAdmin, is_keeper

name_verbs(
    {
        "account.register": "开设账号",
        "account.give_role": "授予角色",
        "account.end_role": "终止角色",
        "account.deactivate": "停用账号",
        "account.reactivate": "启用账号",
        "account.reset_password": "重设密码",
        "account.change_password": "修改密码",
        "account.renew_password_hash": "更新密码存储",
        "account.sign_in": "登录",
        "account.sign_out": "退出",
        "user.change": "修改账号",
        "department.create": "新增机构",
        "department.change": "修改机构",
    }
)

name_data(
    {
        "role": "角色",
        "username": "账号",
        "fields": "栏目",
        "rows": "行数",
        "format": "格式",
        "filters": "筛选条件",
        "count": "条数",
    },
    values={"role": {str(role): str(role.label) for role in Role}},
)


@admin.register(Department)
class DepartmentAdmin(KeepersAdmin):
    list_display = ("name", "short_name", "code", "level", "division", "is_office", "active")
    list_filter = (("level", ChoiceFilter), "active")
    search_fields = ("name", "short_name", "code")
    search_help_text = "名称、简称或统一社会信用代码"
    autocomplete_fields = ("parent",)
    fields = ("name", "short_name", "code", "level", "division", "parent", "is_office", "active")


ACCOUNT_LABELS = {
    "username": "账号",
    "email": "邮箱(接收提醒)",
    "is_active": "启用",
    "last_login": "最近登录",
}
ACCOUNT_HELP = {"username": "登录时填写，可以用字母、数字和 @ . + - _，最多150个字符，开设后不能修改。"}
TERM_LABELS = {"since": "任职自", "until": "任职至"}


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


class RolelessFilter(DropdownFilter):
    title = "角色"
    parameter_name = "roles"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("none", "尚无角色")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() != "none":
            return queryset
        held = Membership.objects.in_force(today()).values("user")
        return queryset.filter(is_active=True).exclude(pk__in=held).exclude(username=User.SYSTEM)


class ActiveFilter(admin.BooleanFieldListFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = ACCOUNT_LABELS["is_active"]


class PeopleList(HouseChangeList):
    """The accounts of people. The system's own has a page, to which the journal refers, but nobody keeps it."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet:
        return super().get_queryset(request, exclude_parameters).exclude(username=User.SYSTEM)


@admin.register(User)
class UserAdmin(KeepersAdmin):
    form = AccountForm
    list_display = ("account", "display_name", "department", "roles_today", "enabled", "signed_in")
    list_filter = (("department", RelatedFilter), RolelessFilter, ("is_active", ActiveFilter))
    list_select_related = ("department",)
    search_fields = ("username", "display_name")
    search_help_text = "账号或姓名"
    ordering = ("username",)
    autocomplete_fields = ("department",)
    readonly_fields = ("username", "is_active", "must_change_password", "last_login", "roles_today")
    fields = (
        "username", "display_name", "department", "email", "roles_today", "is_active", "must_change_password",
        "last_login",
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
            done="已启用{obj}的账号。",
            order=3,
        ),
    )

    @admin.display(description=ACCOUNT_LABELS["username"], ordering="username")
    def account(self, user: User) -> str:
        return user.username

    @admin.display(description=ACCOUNT_LABELS["is_active"], ordering="is_active", boolean=True)
    def enabled(self, user: User) -> bool:
        return user.is_active

    @admin.display(description=ACCOUNT_LABELS["last_login"], ordering="last_login")
    def signed_in(self, user: User) -> Any:
        return user.last_login

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return PeopleList

    @admin.display(description="角色")
    def roles_today(self, user: User) -> str:
        """Roles in force, from the rows fetched with the list."""
        day = today()
        held = [
            f"{one.get_role_display()}({one.department})" if one.department else one.get_role_display()
            for one in user.memberships.all()
            if one.since <= day and (one.until is None or one.until >= day)
        ]
        return "、".join(held) or "无"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("memberships__department")

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


def _oneself(user: Any, actor: Any) -> str:
    return "不能停用或启用自己的账号。" if user.pk == actor.pk else ""


class MembershipForm(ReasonedForm):
    reason_for_giving = forms.CharField(
        label="授予理由", max_length=1000, help_text="例如岗位任命或调整通知的文号。"
    )

    class Meta:
        model = Membership
        fields = ("user", "role", "department", "since")
        labels = TERM_LABELS

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("role") in DEPARTMENT_ROLES and not cleaned.get("department"):
            self.add_error("department", "录入员、审核员必须指定机构。")
        return cleaned


class TermForm(ReasonedForm):
    class Meta:
        labels = TERM_LABELS


@admin.register(Membership)
class MembershipAdmin(KeepersAdmin):
    form = TermForm
    list_display = ("user", "role", "department", "from_day", "to_day")
    list_filter = (("role", ChoiceFilter), ("department", RelatedFilter), ("user", RelatedFilter))
    list_select_related = ("user", "department")
    search_fields = ("user__username", "user__display_name")
    search_help_text = "账号或姓名"
    ordering = ("-since", "-id")
    autocomplete_fields = ("user", "department")
    fields = ("user", "role", "department", "since", "until")
    changeable = False
    verbs = (
        Verb(
            "end",
            "终止角色",
            services.end_role,
            rule="change",
            needs_reason=True,
            tone="danger",
            obstacle=lambda role, actor: f"该角色已于{role.until}终止。" if role.until else "",
            done="已终止：{obj}",
            extra_fields=(
                (
                    "until",
                    forms.DateField(
                        label="截止日期",
                        help_text="任职的最后一天。",
                        widget=forms.DateInput,
                        initial=today,
                    ),
                ),
            ),
        ),
    )

    @admin.display(description=TERM_LABELS["since"], ordering="since")
    def from_day(self, held: Membership) -> Any:
        return held.since

    @admin.display(description=TERM_LABELS["until"], ordering="until")
    def to_day(self, held: Membership) -> Any:
        return held.until

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("user", "role", "department", "since", "reason_for_giving")})]
        return super().get_fieldsets(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = MembershipForm
        return super().get_form(request, obj, change=change, **kwargs)

    def perform_save(self, request: HttpRequest, obj: Any, form: Any, formsets: Any, change: bool) -> None:
        given = services.give_role(
            form.cleaned_data["user"],
            form.cleaned_data["role"],
            actor=request.user,
            department=form.cleaned_data["department"],
            since=form.cleaned_data["since"],
            reason=form.cleaned_data["reason_for_giving"],
        )
        obj.pk, obj._state.adding = given.pk, False


register_group(
    "账号与权限",
    [
        Item("机构", "account_balance", Department, visible=is_keeper),
        Item("账号", "person", User, visible=is_keeper),
        Item("角色", "badge", Membership, visible=is_keeper),
    ],
    order=90,
)
