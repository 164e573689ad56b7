"""How values read on pages: dates, amounts, choices, yes and no. Never six decimals, never a Python word."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils import timezone

EMPTY = "空"


def of_date(value: date) -> str:
    return value.isoformat()


def of_moment(value: datetime) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"


def of_number(value: Decimal) -> str:
    """Grouped, without trailing zeros: 5,000 instead of 5000.000000."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def of_value(value: Any) -> str:
    """Any plain value as an office reads it."""
    if value is None or value == "" or value == [] or value == {}:
        return EMPTY
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return of_moment(value)
    if isinstance(value, date):
        return of_date(value)
    if isinstance(value, Decimal):
        return of_number(value)
    if isinstance(value, (list, tuple)):
        return "、".join(of_value(one) for one in value)
    if isinstance(value, dict):
        return "；".join(f"{key}：{of_value(one)}" for key, one in value.items())
    return str(value)


def of_field(field: models.Field, value: Any) -> str:
    """The value of a model field, choices by their label."""
    choices = dict(getattr(field, "flatchoices", None) or ())
    base = getattr(field, "base_field", None)
    if base is not None and isinstance(value, (list, tuple)):
        return "、".join(of_field(base, one) for one in value) or EMPTY
    if choices and value in choices:
        return str(choices[value])
    return of_value(value)


_WEEKDAYS = "一二三四五六日"


def weekday(day: date) -> str:
    """星期六(周末)."""
    number = day.weekday()
    return f"星期{_WEEKDAYS[number]}" + ("(周末)" if number >= 5 else "")
