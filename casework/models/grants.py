"""Who else sees one case, reads its file or handles it, for a time (`accounts.grants`)."""

from __future__ import annotations

from django.db import models

from accounts.grants.rows import DepartmentGrant, UserGrant
from audit.models import tracked

from .cases import Case


class CaseUserGrant(UserGrant):
    """One case, opened to one person."""

    content_object = models.ForeignKey(
        Case, on_delete=models.PROTECT, related_name="user_grants", verbose_name="案件"
    )

    history = tracked()

    class Meta(UserGrant.Meta):
        verbose_name = "案件授权(个人)"
        verbose_name_plural = "案件授权(个人)"


class CaseDepartmentGrant(DepartmentGrant):
    """One case, opened to a body."""

    content_object = models.ForeignKey(
        Case, on_delete=models.PROTECT, related_name="department_grants", verbose_name="案件"
    )

    history = tracked()

    class Meta(DepartmentGrant.Meta):
        verbose_name = "案件授权(机构)"
        verbose_name_plural = "案件授权(机构)"
