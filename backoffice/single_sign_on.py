"""Where the single sign-on lands: as the sign-in with a password does (`site.BackofficeSite.login`)."""

from __future__ import annotations

from django.urls import reverse

from signin.oidc import Return

from .workbench import start_page


class Landing(Return):
    """The way back from the provider. Who asked for no page opens where their work is (`workbench.register_start`)."""

    @property
    def success_url(self) -> str:
        home, wanted = reverse("admin:index"), super().success_url
        if wanted != home or not self.request.user.is_authenticated:
            return wanted
        return start_page(self.request) or home
