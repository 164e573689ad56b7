"""Changing one's own password, through the service like every other write."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import PasswordChangeView
from unfold.forms import AdminOwnPasswordChangeForm

from accounts.services import change_own_password


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    def save(self, commit: bool = True) -> Any:
        # The view keeps the session alive for `self.user`, so it has to be the one with the new password.
        self.user = change_own_password(self.user, password=self.cleaned_data["new_password1"])
        return self.user


class OwnPasswordView(PasswordChangeView):
    form_class = OwnPasswordForm
    template_name = "registration/password_change_form.html"
