"""Signing in, and changing one's own password through the service like every other write."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm

from accounts.services import SAME_PASSWORD, change_own_password


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    def clean_new_password1(self) -> str:
        password = str(self.cleaned_data["new_password1"])
        if password == self.cleaned_data.get("old_password"):
            raise ValidationError(SAME_PASSWORD)
        return password

    def save(self, commit: bool = True) -> Any:
        # The view keeps the session alive for `self.user`, so it has to be the one with the new password.
        self.user = change_own_password(self.user, password=self.cleaned_data["new_password1"])
        return self.user


class OwnPasswordView(PasswordChangeView):
    form_class = OwnPasswordForm
    template_name = "backoffice/own_password.html"


class SignInForm(AuthenticationForm):
    """Says what is wrong in the words of the office, and not which of the two it was."""

    error_messages = {
        "invalid_login": "账号或密码不正确，或者账号已停用。密码区分大小写；忘记密码的，请联系系统管理员重设。",
        "inactive": "该账号已停用，请联系系统管理员。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "账号"
