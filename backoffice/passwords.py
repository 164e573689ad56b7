"""Signing in, and changing one's own password through the service like every other write."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpResponse
from django.urls import reverse
from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm

from accounts.models import SEPARATE_ROLES
from accounts.services import change_own_password
from audit.faults import Refused
from signin import lockout, oidc
from signin.middleware import password_days_left

from .widgets import dress

LOCKED = "连续多次登录失败，已暂停登录该账号，请在{minutes}分钟后再试；急用的，请联系系统管理员解除锁定。"
ONLY_SINGLE = "账号或密码不正确，或者该账号须从“统一身份认证”登录：用户名密码登录只保留给三员账号。"


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    """The rules are asked by the service alone: comparing with former passwords is slow on purpose."""

    def __init__(self, *args: Any, request: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._request = request

    def clean_old_password(self) -> str:
        old = self.cleaned_data["old_password"]
        if lockout.confirms(self._request, self.user, old):
            return old
        if getattr(self._request, "axes_locked_out", False):
            raise ValidationError(LOCKED.format(minutes=settings.SIGN_IN_LOCK_MINUTES), code="locked")
        raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")

    def validate_password_for_user(self, user: Model, *fields: str, **more: str) -> None:
        return None

    def save(self, commit: bool = True) -> Any:
        # The view keeps the session alive for `self.user`, so it has to be the one with the new password.
        self.user = change_own_password(self.user, password=self.cleaned_data["new_password1"])
        return self.user


class OwnPasswordView(PasswordChangeView):
    form_class = OwnPasswordForm
    template_name = "backoffice/own_password.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: OwnPasswordForm) -> HttpResponse:
        try:
            return super().form_valid(form)
        except Refused as refusal:
            form.add_error("new_password1", refusal.message)
            return self.form_invalid(form)

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        left = password_days_left(self.request.user)
        return super().get_context_data(too_old=left is not None and left <= 0, **more)


class SignInForm(AuthenticationForm):
    """Says what is wrong in the words of the office, and not which of the two it was.

    When there were too many failures it says so in the same words whether the account exists or not.
    """

    error_messages = {
        "invalid_login": "账号或密码不正确，或者账号已停用。密码区分大小写；忘记密码的，请联系系统管理员重设。",
        "inactive": "该账号已停用，请联系系统管理员。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "账号"

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except ValidationError:
            if getattr(self.request, "axes_locked_out", False):
                text = LOCKED.format(minutes=settings.SIGN_IN_LOCK_MINUTES)
                raise ValidationError(text, code="locked") from None
            if settings.OIDC_ONLY:
                # In the same words whether the password was right or not.
                raise ValidationError(ONLY_SINGLE, code="invalid_login") from None
            raise

    def confirm_login_allowed(self, user: Any) -> None:
        super().confirm_login_allowed(user)
        if settings.OIDC_ONLY and not user.holds(*SEPARATE_ROLES):
            # A failed attempt like any other: counted and told of.
            user_login_failed.send(
                sender=__name__, credentials={"username": user.get_username()}, request=self.request
            )
            raise ValidationError(ONLY_SINGLE, code="single_sign_on")

    @property
    def single_sign_on(self) -> str:
        """Where the button to the single sign-on leads; empty without one."""
        return reverse("oidc_authentication_init") if oidc.is_on() else ""


class CodeForm(forms.Form):
    """One code: six digits of the telephone, or one of the recovery sheet."""

    code = forms.CharField(
        label="验证码",
        max_length=40,
        strip=True,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "text",
                "autofocus": True,
                "spellcheck": "false",
            }
        ),
        error_messages={"required": "请填写验证码。"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self.fields.values())
