"""What the invented cases of the demo city share: believable moments that all lie in the past."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date, datetime, time, timedelta

from audit.clock import CHINA, local_day, telling_of
from worktime.rules.calendars import Calendar


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=CHINA)


def shifted(calendar: Calendar, day: date, by: int) -> date:
    """The working day so many working days after (or before) a day; 0 is the day itself or the next working one."""
    while not calendar.is_working(day):
        day += timedelta(days=1)
    step = timedelta(days=1 if by > 0 else -1)
    for _ in range(abs(by)):
        day += step
        while not calendar.is_working(day):
            day += step
    return day


class Storyteller(ExitStack):
    """Tells one case from its receipt on: every moment is after the last one and before now.

    Journal and history bear the moments too, not only what the services are told (`audit.clock.telling_of`).
    """

    def __init__(self, calendar: Calendar, received: datetime, now: datetime, *, minute: int) -> None:
        super().__init__()
        self.calendar, self.received, self.now, self.minute = calendar, received, now, minute
        self.clock = self.move_to(received + timedelta(minutes=12))

    def after(self, days: int, hour: int = 15) -> datetime:
        """So many working days after receipt, at that hour, as far as that is past and comes after what was told."""
        wanted = at(shifted(self.calendar, local_day(self.received), days), hour, self.minute)
        earliest = self.clock + min(timedelta(minutes=3), (self.now - self.clock) / 3)
        return self.move_to(max(earliest, min(wanted, self.now - timedelta(minutes=5))))

    def move_to(self, moment: datetime) -> datetime:
        self.close()
        self.enter_context(telling_of(moment))
        self.clock = moment
        return moment
