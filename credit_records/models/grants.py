"""Who else sees one record, for a time (`accounts.grants`)."""

from __future__ import annotations

from django.db import models

from accounts.grants.rows import DepartmentGrant, UserGrant
from audit.models import tracked

from .records import Record


class RecordUserGrant(UserGrant):
    """One record, shown to one person."""

    content_object = models.ForeignKey(
        Record, on_delete=models.PROTECT, related_name="user_grants", verbose_name="信用记录"
    )

    history = tracked()

    class Meta(UserGrant.Meta):
        verbose_name = "记录授权(个人)"
        verbose_name_plural = "记录授权(个人)"


class RecordDepartmentGrant(DepartmentGrant):
    """One record, shown to a body."""

    content_object = models.ForeignKey(
        Record, on_delete=models.PROTECT, related_name="department_grants", verbose_name="信用记录"
    )

    history = tracked()

    class Meta(DepartmentGrant.Meta):
        verbose_name = "记录授权(机构)"
        verbose_name_plural = "记录授权(机构)"
