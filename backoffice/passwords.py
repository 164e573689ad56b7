"""Changing one's own password, through the service like every other write."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import PasswordChangeView
from unfold.forms import AdminOwnPasswordChangeForm

from accounts.services import change_own_password


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    def save(self, commit: bool = True) -> Any:
        return change_own_password(self.user, password=self.cleaned_data["new_password1"])


class OwnPasswordView(PasswordChangeView):
    form_class = OwnPasswordForm
    template_name = "registration/password_change_form.html"
