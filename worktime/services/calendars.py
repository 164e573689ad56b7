"""Verbs of the calendar: draft, edit, propose, confirm, reject.

The officer prepares a version; the approver sees which open matters move and confirms; in the same transaction every
matter that moves gets its new due day and its event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.policy import NotAllowed, policy_for
from audit.acts import act
from audit.clock import now as present
from audit.faults import Refused
from audit.models import Event
from worktime import impact
from worktime.models import CalendarVersion
from worktime.rules.calendars import SpecialDay
from worktime.rules.notices import NoticeDay, NoticeError, from_stored, read_notice, to_stored
from worktime.selectors import calendars_with, forerunner, in_force_in, layer_of, region_name

State = CalendarVersion.State

_REGION = re.compile(r"[0-9]{6}").fullmatch
_SATURDAY = 5
LARGEST_FILE = 200_000
"""Bytes of an uploaded notice: a year has some forty lines."""


def draft_calendar(
    region: str, *, actor: User, title: str, known_until: date, source: str, reason: str = ""
) -> CalendarVersion:
    """Begin a new version for the country (region empty) or a region, with the days of the version in force."""
    if not policy_for(CalendarVersion).may_create(actor):
        raise NotAllowed("只有信用办经办人可以起草工作日历。")
    if region and not _REGION(region):
        raise Refused("calendar.region", "行政区划代码是6位数字，例如640000；全国日历不填。")
    if not source.strip():
        raise Refused("calendar.source", "请写明来源，例如放假安排通知的名称和文号。")
    if open_version := CalendarVersion.objects.filter(region=region, state__in=_OPEN).first():
        raise Refused("calendar.draft_exists", _already_open(open_version))
    base = in_force_in(region)
    _check_known_until(known_until, base)
    numbers = (
        CalendarVersion.objects.filter(region=region).order_by("-number").values_list("number", flat=True)
    )
    version = CalendarVersion(
        region=region,
        number=(numbers.first() or 0) + 1,
        title=title.strip() or f"{region_name(region)}工作日历",
        known_from=base.known_from if base else date(known_until.year, 1, 1),
        known_until=known_until,
        days=base.days if base else [],
        source=source.strip(),
        prepared_by=actor,
    )
    with act("calendar.draft", actor=actor, reason=reason, data={"region": region}):
        try:
            with transaction.atomic():
                version.save()
        except IntegrityError as error:
            raise Refused("calendar.draft_exists", "该地区刚有人起草了新版，请刷新后办理那一版。") from error
    return version


_OPEN = (State.DRAFT, State.PROPOSED)


def _already_open(version: CalendarVersion) -> str:
    return f"{version}尚未施行({version.get_state_display()})，请先办完这一版，或者在这一版上修改。"


def _check_known_until(known_until: date, base: CalendarVersion | None) -> None:
    if base is not None and known_until < base.known_until:
        raise Refused("calendar.known_until", f"“公布至”不能早于施行中版本的{base.known_until}。")


@contextmanager
def _editing(version: CalendarVersion, verb: str, *, actor: User, reason: str, **data: Any) -> Iterator[Any]:
    """A draft under lock, inside one act; whoever edits it needs the right to, under that lock."""
    with act(f"calendar.{verb}", actor=actor, on=version, reason=reason, data=data):
        locked = CalendarVersion.objects.select_for_update().get(pk=version.pk)
        if locked.state != State.DRAFT:
            raise Refused(
                "calendar.state",
                f"{locked}现为“{locked.get_state_display()}”，只有草稿可以修改；要改就起草新版，或者先退回。",
            )
        policy_for(CalendarVersion).require(actor, "change", locked)
        yield locked


def amend_draft(
    version: CalendarVersion, *, actor: User, title: str, known_until: date, source: str, reason: str = ""
) -> CalendarVersion:
    """Correct the head of a draft: its name, until when the days are announced, and where they come from."""
    if not source.strip():
        raise Refused("calendar.source", "请写明来源，例如放假安排通知的名称和文号。")
    with _editing(version, "amend", actor=actor, reason=reason) as locked:
        _check_known_until(known_until, in_force_in(locked.region))
        _check_within(locked.known_from, known_until, from_stored(locked.days))
        locked.title = title.strip() or locked.title
        locked.known_until, locked.source = known_until, source.strip()
        locked.save(update_fields=["title", "known_until", "source"])
    return locked


def add_day(
    version: CalendarVersion,
    *,
    actor: User,
    day: date,
    off: bool,
    name: str,
    source: str = "",
    reason: str = "",
) -> CalendarVersion:
    """Enter one day off, or one make-up working day; a day that is there already is replaced."""
    if not name.strip():
        raise Refused("calendar.lines", "请写明节日名称，例如国庆节、开斋节。")
    special = SpecialDay(off, name.strip(), source.strip() or version.source)
    with _editing(version, "add_day", actor=actor, reason=reason, day=day.isoformat()) as locked:
        _lay_in(locked, [NoticeDay(day, special)])
    return locked


def import_days(
    version: CalendarVersion,
    *,
    actor: User,
    text: str = "",
    file: Any = None,
    source: str = "",
    reason: str = "",
) -> str:
    """Enter the lines of a notice, typed or from a small file: date, 放假 or 上班, name. Returns what was done."""
    if file is not None:
        text = f"{text}\n{_text_of(file)}"
    try:
        lines = read_notice(text, source=source.strip() or version.source)
    except NoticeError as error:
        shown = "；".join(error.problems[:5])
        more = f"；另有{len(error.problems) - 5}处" if len(error.problems) > 5 else ""
        raise Refused("calendar.lines", f"没有导入，请改正：{shown}{more}。") from error
    with _editing(version, "import_days", actor=actor, reason=reason, lines=len(lines)) as locked:
        changed = _lay_in(locked, lines)
    return f"读到{len(lines)}天，其中{changed}天与原来不同，已写入草稿。"


def _text_of(file: Any) -> str:
    if file.size > LARGEST_FILE:
        raise Refused("calendar.lines", "文件过大，放假安排每年只有几十行，请核对是否选错了文件。")
    content = file.read()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return str(content.decode(encoding)).replace("\0", "")
        except UnicodeDecodeError:
            continue
    raise Refused("calendar.lines", "文件不是文本，请另存为逗号分隔的文本文件(.csv)再上传。")


def _lay_in(locked: CalendarVersion, lines: Sequence[NoticeDay]) -> int:
    days = from_stored(locked.days)
    changed = sum(days.get(line.day) != line.special for line in lines)
    new = {line.day: line.special for line in lines}
    _check_within(locked.known_from, locked.known_until, new)
    if not locked.region:
        wrong = [day for day, one in new.items() if not one.off and day.weekday() < _SATURDAY]
        if wrong:
            raise Refused(
                "calendar.lines", f"调休上班日应是周六或周日，请核对：{'、'.join(map(str, wrong[:5]))}。"
            )
    locked.days = to_stored({**days, **new})
    locked.save(update_fields=["days"])
    return changed


def _check_within(known_from: date, known_until: date, days: dict[date, SpecialDay]) -> None:
    outside = [day for day in sorted(days) if not known_from <= day <= known_until]
    if outside:
        shown = "、".join(map(str, outside[:5]))
        raise Refused(
            "calendar.lines",
            f"{shown}不在收录范围{known_from}至{known_until}内，请核对日期，或者先改“公布至”。",
        )


def remove_days(
    version: CalendarVersion, *, actor: User, first: date, last: date | None = None, reason: str = ""
) -> CalendarVersion:
    """Take special days out of a draft, one or a stretch: the usual week holds there again."""
    last = last or first
    data = {"first": first.isoformat(), "last": last.isoformat()}
    with _editing(version, "remove_days", actor=actor, reason=reason, **data) as locked:
        days = from_stored(locked.days)
        kept = {day: one for day, one in days.items() if not first <= day <= last}
        if len(kept) == len(days):
            raise Refused("calendar.lines", f"{first}至{last}没有放假或调休上班日，不用删除。")
        locked.days = to_stored(kept)
        locked.save(update_fields=["days"])
    return locked


# --- propose, confirm, reject -------------------------------------------------------------------------------


def changes_nothing(version: CalendarVersion, base: CalendarVersion | None) -> bool:
    """Whether a version says of every day what the one in force says."""
    if base is None:
        return not version.days
    mine, theirs = layer_of(version), layer_of(base)
    return mine.days == theirs.days and mine.known_until == theirs.known_until


def propose_calendar(
    version: CalendarVersion, *, actor: User, reason: str = "", now: datetime | None = None
) -> CalendarVersion:
    """Hand a draft to the approver; it stays as it is until it is confirmed or comes back."""
    with act("calendar.propose", actor=actor, on=version, reason=reason):
        locked = CalendarVersion.objects.select_for_update().get(pk=version.pk)
        if locked.state != State.DRAFT:
            raise Refused("calendar.state", f"{locked}现为“{locked.get_state_display()}”，只有草稿可以提交。")
        policy_for(CalendarVersion).require(actor, "propose", locked)
        if changes_nothing(locked, in_force_in(locked.region)):
            raise Refused("calendar.unchanged", "草稿与施行中的版本相同，请先录入放假和调休上班日。")
        locked.state, locked.proposed_by, locked.proposed_at = State.PROPOSED, actor, now or present()
        locked.returned_because = ""
        locked.save(update_fields=["state", "proposed_by", "proposed_at", "returned_because"])
    return locked


def preview(version: CalendarVersion, today: date) -> list[impact.Moved]:
    """Which open matters would move with this version in force, from when to when, late ones first; writes nothing."""
    return impact.preview(calendars_with(version), today=today)


def confirm_calendar(
    version: CalendarVersion, *, actor: User, reason: str = "", now: datetime | None = None
) -> CalendarVersion:
    """Put a proposed version in force; all due days that it moves are written in the same transaction.

    Not by anyone who had a hand in it. `moved` on the answer says how many matters have a new due day.
    """
    policy_for(CalendarVersion).require(actor, "confirm", version)
    moment = now or present()
    with act("calendar.confirm", actor=actor, on=version, reason=reason):
        # One publication at a time: each must move the matters with the calendars that really stand beside it.
        locked = _locked_with_all_in_force(version)
        if locked.state != State.PROPOSED:
            raise Refused(
                "calendar.state", f"{locked}现为“{locked.get_state_display()}”，只有待确认的版本可以确认。"
            )
        if actor.pk in prepared_by(locked):
            raise Refused("four_eyes", "起草、修改或提交过本版的人不能自己确认，请由其他审批人办理。")
        base = forerunner(locked)
        if base is not None:
            base.state, base.superseded_at = State.SUPERSEDED, moment
            base.save(update_fields=["state", "superseded_at"])
        locked.state, locked.confirmed_by, locked.in_force_at = State.IN_FORCE, actor, moment
        locked.save(update_fields=["state", "confirmed_by", "in_force_at"])
        locked.moved = impact.apply(actor=actor, reason=f"{locked}施行", now=moment)
    return locked


def _locked_with_all_in_force(version: CalendarVersion) -> CalendarVersion:
    wanted = CalendarVersion.objects.filter(state__in=[*_OPEN, State.IN_FORCE])
    rows = {row.pk: row for row in wanted.select_for_update().order_by("pk")}
    return rows.get(version.pk) or CalendarVersion.objects.get(pk=version.pk)


def prepared_by(version: CalendarVersion) -> set[int | None]:
    """Everybody who has had a hand in a version; whoever only sent it back has not."""
    written = Event.objects.filter(pk__in=version.history.order_by().values("event_id"))
    return {
        version.prepared_by_id,
        version.proposed_by_id,
        *written.exclude(verb="calendar.reject").order_by().values_list("actor_id", flat=True).distinct(),
    }


def reject_calendar(version: CalendarVersion, *, actor: User, reason: str) -> CalendarVersion:
    """Send a proposed version back to the officer, with the reason; it is a draft again."""
    if not reason.strip():
        raise Refused("reason.missing", "退回必须写明理由。")
    policy_for(CalendarVersion).require(actor, "reject", version)
    with act("calendar.reject", actor=actor, on=version, reason=reason):
        locked = CalendarVersion.objects.select_for_update().get(pk=version.pk)
        if locked.state != State.PROPOSED:
            raise Refused(
                "calendar.state", f"{locked}现为“{locked.get_state_display()}”，只有待确认的版本可以退回。"
            )
        locked.state, locked.returned_because = State.DRAFT, reason.strip()
        locked.save(update_fields=["state", "returned_because"])
    return locked
