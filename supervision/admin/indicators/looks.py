"""How the board and the pages of indicators tell a figure: its light, its months, its rank."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest

from accounts.models import OFFICE_ROLES
from casework.models import CaseRound
from exchange.models import Entry
from supervision.admin.asked import Asked
from supervision.rules.rates import in_unit
from supervision.selectors.figures import Figure
from supervision.selectors.frozen import Rank, Then, months_until, ranks_of, trend

_WITH_THE_OFFICE = (CaseRound, Entry)
"""Rows that departments see only where they were asked: their numbers stand on the board without a way to the rows."""
LIGHTS = {True: ("good", "● 达标"), False: ("bad", "▲ 未达标")}
"""By tone and sign and words: none of them says it alone."""
UNIT_WORDS = {"percent": "%", "per_ten_thousand": "万分之", "per_hundred_thousand": "十万分之", "ratio": "",
              "working_days": "工作日", "count": "项"}  # fmt: skip


def opens_rows(request: HttpRequest, model: type) -> bool:
    """Whether the reader has a way to rows of this kind from the board."""
    return opens_rows_to(request.user, model)


def opens_rows_to(user: Any, model: type) -> bool:
    """The same of a person."""
    return model not in _WITH_THE_OFFICE or bool(user.area_as(*OFFICE_ROLES))


def light_of(met: bool | None, one: Figure | Then) -> tuple[str, str]:
    """Tone and words; without a verdict the words say what is missing for one."""
    if met is None:
        return "idle", "○ 无数据" if one.value is None else "○ 未设目标"
    return LIGHTS[met]


def frozen_value(then: Then | None) -> Any:
    """In the indicator's own unit, as pictures show it."""
    return None if then is None or then.value is None else in_unit(then.value, then.indicator.unit)


def trend_of(request: HttpRequest, asked: Asked) -> dict[str, dict[date, Then]]:
    """What was frozen of the twelve months up to the day: of the body asked about, or of the reader's office."""
    months = months_until(asked.day)
    if asked.department is not None:
        return trend(months, department=asked.department.pk)
    offices = request.user.departments_as(*OFFICE_ROLES)
    if offices:
        return trend(months, offices=offices)
    only = asked.departments[0].pk if len(asked.departments) == 1 else None
    return trend(months, department=only) if only else {}


def ranks_for(request: HttpRequest, asked: Asked) -> dict[str, Rank]:
    """Of one body; the figures of the others are not told."""
    body = asked.department or (asked.departments[0] if len(asked.departments) == 1 else None)
    return ranks_of(body.pk, asked.day) if body is not None and not body.is_office else {}


HEADERS = (
    "序号",
    "指标",
    "计算方法",
    "分子",
    "分母",
    "数值",
    "目标",
    "是否达标",
    "权重",
    "周期",
    "牵头单位",
    "责任单位",
    "上报材料",
)


def cells_of(one: Figure) -> list[Any]:
    indicator = one.indicator
    return [
        indicator.number, indicator.name, indicator.formula, one.computed.numerator.number,
        one.computed.denominator.number, one.words, one.goal_words, light_of(one.met, one)[1][2:],
        "" if indicator.weight is None else f"{indicator.weight.normalize():f}", indicator.get_period_display(),
        indicator.lead, indicator.responsible, indicator.material,
    ]  # fmt: skip
