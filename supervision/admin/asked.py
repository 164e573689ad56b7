"""What a board was asked: the day, and one body or the whole area of the reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils.http import urlencode

from accounts.areas import bodies_in_sight
from accounts.models import Department
from backoffice.filters import day_asked
from supervision.selectors.indicators.registry import Question


def sees_board(user: Any) -> bool:
    """Whoever has bodies to watch: the own department, or an area."""
    return bool(bodies_in_sight(user))


@dataclass(frozen=True)
class Asked:
    """The day, and the body or the whole area; every board, list of rows and export asks this first."""

    question: Question
    department: Department | None
    departments: list[Department]

    @classmethod
    def of(cls, request: HttpRequest) -> Asked:
        bodies = bodies_in_sight(request.user)
        if not bodies:
            raise PermissionDenied("看板由本单位人员和领导小组办公室、督查员查看。")
        known = list(Department.objects.filter(pk__in=bodies).order_by("level", "code"))
        wanted = request.GET.get("department", "")
        chosen = next((one for one in known if str(one.pk) == wanted), None)
        if wanted and chosen is None:
            raise Http404("没有这个单位。")
        meant = frozenset({chosen.pk}) if chosen else bodies
        return cls(Question.of_year(day_asked(request.GET.get("on", "")), meant), chosen, known)

    @property
    def day(self) -> date:
        return self.question.as_of

    def address(self, **more: Any) -> str:
        """The same question as the query of an address."""
        told = {"on": self.day.isoformat()}
        if self.department is not None:
            told["department"] = str(self.department.pk)
        return urlencode({**told, **more})
