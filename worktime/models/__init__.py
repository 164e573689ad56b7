"""Calendars and limits as the office keeps them."""

from .calendars import CalendarVersion
from .limits import Limit

__all__ = ["CalendarVersion", "Limit"]
