"""What the pages of this room share: chips of states, and the link style of lists."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

from worktime.models import CalendarVersion, Limit

CALENDAR_TONES = {
    CalendarVersion.State.DRAFT: "warn",
    CalendarVersion.State.PROPOSED: "wait",
    CalendarVersion.State.IN_FORCE: "good",
    CalendarVersion.State.SUPERSEDED: "idle",
}
LIMIT_TONES = {"施行中": "good", "待施行": "wait", "待确认": "warn", "已退回": "bad", "已终止": "idle"}


def chip(text: str, tone: str) -> SafeString:
    return format_html('<span class="wt-chip wt-{}">{}</span>', tone, text)


def calendar_chip(version: CalendarVersion) -> SafeString:
    return chip(version.get_state_display(), CALENDAR_TONES[CalendarVersion.State(version.state)])


def limit_standing(limit: Limit, on: object) -> str:
    """Where a limit stands on a day: 施行中, 待施行, 已终止, 待确认, 已退回."""
    if limit.state != Limit.State.IN_FORCE:
        return str(limit.get_state_display())
    if limit.in_force_from > on:
        return "待施行"
    if limit.in_force_to is not None and limit.in_force_to < on:
        return "已终止"
    return "施行中"
