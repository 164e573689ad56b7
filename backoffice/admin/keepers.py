"""Who gets to these pages at all: the three administrators. The policies still say what each of them sees."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from accounts.models import Role

from ..base import BaseAdmin

KEEPERS = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)


def is_keeper(request: HttpRequest) -> bool:
    return bool(request.user.holds(*KEEPERS))


class KeepersAdmin(BaseAdmin):
    """A page that is no business of clerks, reviewers and the office; their forms may name what is on it."""

    def _permits(self, request: HttpRequest, verb: str, obj: Model | None) -> bool:
        return is_keeper(request) and super()._permits(request, verb, obj)

    def may_export(self, request: HttpRequest) -> bool:
        return is_keeper(request) and super().may_export(request)

    def fetch(self, request: HttpRequest, object_id: str) -> Any:
        obj = super().fetch(request, object_id)
        if not is_keeper(request):
            self.refuse()
        return obj
