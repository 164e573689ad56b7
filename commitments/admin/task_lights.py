"""Lights of due days; the calendars in force are read once for a page, whatever its length."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import HttpRequest

from audit.clock import today
from backoffice.keyset import KeysetChangeList
from commitments.selectors.deadlines import Light, light
from worktime.selectors import calendars_in_force

Lights = Callable[[date, str, date | None], Light]


def lights() -> Lights:
    """The light of a due day in a division; closed or not."""
    calendars, day = calendars_in_force(), today()

    def of(due_on: date, division: str, closed_on: date | None = None) -> Light:
        return light(due_on, closed_on, today=day, calendar=calendars(division))

    return of


class LitChangeList(KeysetChangeList):
    """A list whose rows carry their `light`; the admin says how in `light_up(row, lights)`."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        if rows:
            shine = lights()
            for row in rows:
                row.light = self.model_admin.light_up(row, shine)
        self.result_list = rows
