"""Whom the single sign-on means: an account is bound to the one person of the provider who signed in to it first.

A name can be given to another person there; the issuer's `sub` is given once (OpenID Connect Core, 2 and 5.7). Some providers
take an identity number for it: it is sealed like one.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.sealed_columns import sealed_in
from accounts.sealing import blind_index, seal, unseal
from audit.guard import TrackedManager
from audit.models import tracked


class Identity(models.Model):
    """One account bound to one person of one provider, from the first sign-in until it is unbound."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="账号"
    )
    issuer = models.CharField("认证平台", max_length=300)
    sub_sealed = models.TextField("平台用户标识(密封)", editable=False)
    person_index = models.CharField("平台用户索引", max_length=64, editable=False)
    """Issuer and `sub` under the key of the blind index: one person there has one account here."""
    since = models.DateTimeField("绑定时间")
    until = models.DateTimeField("解除时间", null=True, blank=True)
    """Empty: in force."""

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "统一身份认证绑定"
        verbose_name_plural = "统一身份认证绑定"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(until__isnull=True), name="identity_one_of_an_account"
            ),
            models.UniqueConstraint(
                fields=["person_index"],
                condition=Q(until__isnull=True),
                name="identity_one_account_of_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}的统一身份认证绑定"

    @classmethod
    def of(cls, issuer: str, sub: str, **more: Any) -> Identity:
        return cls(issuer=issuer, sub_sealed=seal(sub), person_index=index_of(issuer, sub), **more)

    def is_of(self, issuer: str, sub: str) -> bool:
        """By what is sealed and not by the index, whose key may have changed since."""
        return self.issuer == issuer and unseal(self.sub_sealed) == sub


def index_of(issuer: str, sub: str) -> str:
    return blind_index(f"oidc\0{issuer}\0{sub}")


sealed_in(Identity, "sub_sealed")
