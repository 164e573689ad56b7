"""Verbs of evidence packs that the worker makes: ask for one, make it, try again, take it away.

What a pack holds is drawn by the room of the pages (`drawn_by`), as the person who asked sees it at that moment. A pack is made
in one transaction of one view: a worker that is killed leaves nothing, and its job is begun anew (`credit_records.retry_stalled`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import IO, Any, Protocol

from django.core.files import File
from django.db import connection
from procrastinate.contrib.django import app

from accounts.areas import bodies_in_sight
from accounts.kept_files import digest_of, keep, keep_files_of, opened
from accounts.models import DEPARTMENT_ROLES, OFFICE_ROLES, Department, Role, User
from accounts.policy import policy_for
from accounts.sealing import CannotOpen
from audit.acts import act, note
from audit.clock import now as present
from audit.faults import Refused
from backoffice.exports import Watermark
from supervision.models import EvidencePack
from supervision.selectors.one_view import call_oneself, one_moment
from supervision.selectors.pack_jobs import TASK, mark_of, progress_of

keep_files_of(EvidencePack, "file", "packs")
ALL = "all"
"""In the place of an indicator's code: the whole board."""
MOST_ROWS = 3_000_000
"""Some 20 minutes of the worker, and three sheets of a workbook; a million records have two such numbers."""
MOST_WAITING = 5
"""Of one person: others wait behind them."""


class Contents(Protocol):
    """What a pack holds, and how it is written."""

    @property
    def rows(self) -> int: ...
    @property
    def personal(self) -> int: ...
    def write(self, out: IO[bytes], mark: Watermark, ticks: Callable[[int], None]) -> None: ...


_drawing: list[Callable[[EvidencePack, Any], Contents]] = []


def drawn_by(draw: Callable[[EvidencePack, Any], Contents]) -> Any:
    """Let the room of the pages say what a pack holds: it knows how rows are told."""
    _drawing[:] = [draw]
    return draw


def ask_for(
    *,
    code: str,
    title: str,
    as_of: date,
    department: Department | None,
    bodies: Collection[int],
    enclosed: str,
    rows: int,
    actor: User,
    now: datetime | None = None,
) -> EvidencePack:
    """Have a pack made by the worker, of bodies that the person has in sight. Refused: `pack.sight`, `pack.too_many`,
    `pack.under_way` (the same question), `pack.waiting` (several others).
    """
    _require_sight(actor, bodies)
    if rows > MOST_ROWS:
        raise Refused(
            "pack.too_many",
            f"明细约{rows:,}行，一份佐证包最多{MOST_ROWS:,}行。请选择一个单位，或者逐个指标生成，或者选择少附明细。",
        )
    home, as_office = _home(actor)
    told = {"code": code, "as_of": as_of.isoformat(), "rows": rows, "enclosed": enclosed}
    if department is not None:
        told["department"] = department.pk
    with act("indicator.ask_for_pack", actor=actor, data=told):
        # Two windows of one person, one after the other.
        User.objects.select_for_update(of=("self",), no_key=True).only("pk").get(pk=actor.pk)
        waiting = _waiting(actor)
        same = (code, as_of, department.pk if department else None, enclosed, sorted(bodies))
        if any(same == _question(one) for one in waiting):
            raise Refused("pack.under_way", "同样的佐证包正在生成，请等它生成以后下载。")
        if len(waiting) >= MOST_WAITING:
            raise Refused("pack.waiting", f"您已有{len(waiting)}份佐证包在生成，请等其中一份生成以后再申请。")
        pack = EvidencePack.objects.create(
            code=code,
            title=title,
            as_of=as_of,
            department=department,
            bodies=sorted(bodies),
            enclosed=enclosed,
            home=home,
            as_office=as_office,
            asked_by=actor,
            asked_at=now or present(),
            rows=rows,
        )
        _queue(pack)
    return pack


def again(pack: EvidencePack, *, actor: User) -> EvidencePack:
    """Try once more what could not be made. Refused: `pack.made`, `pack.under_way`."""
    policy_for(EvidencePack).require(actor, "again", pack)
    with act("indicator.ask_for_pack", actor=actor, on=pack, data={"again": True}):
        # Before the lock too: the worker holds it until the pack is made, and nobody waits for that at a page.
        _require_idle(pack)
        held = EvidencePack.objects.select_for_update(of=("self",)).get(pk=pack.pk)
        policy_for(EvidencePack).require(actor, "again", held)
        if held.made_at is not None:
            raise Refused("pack.made", "这份佐证包已经生成，请直接下载。")
        _require_idle(held)
        held.problem = ""
        held.save(update_fields=["problem"])
        _queue(held)
    return held


def _require_idle(pack: EvidencePack) -> None:
    if progress_of([pack])[pack.pk].under_way:
        raise Refused("pack.under_way", "这份佐证包正在生成，请等它生成以后下载。")


def make(key: int, *, now: datetime | None = None) -> EvidencePack:
    """Make a pack that was asked for; one that is made already stays as it is.

    Whoever asked must still have all its bodies in sight (`pack.sight`). What is refused is told on the pack's page.
    """
    try:
        return _make(key, now or present())
    except Refused as refusal:
        EvidencePack.objects.filter(pk=key, made_at=None).update(problem=refusal.message[:300])
        raise


def _make(key: int, moment: datetime) -> EvidencePack:
    with one_moment():
        # Another worker that was given the same job waits here. Its view is older than the pack: the database turns it away,
        # and its next try (`supervision.tasks`) finds the pack made.
        pack = EvidencePack.objects.select_for_update(of=("self",)).select_related("department").get(pk=key)
        if pack.made_at is not None:
            return pack
        person = User.objects.select_related("department").get(pk=pack.asked_by_id)
        _require_sight(person, pack.bodies)
        contents = _drawing[0](pack, person)
        told = {"code": pack.code, "as_of": pack.as_of.isoformat(), "department": pack.department_id}
        told |= {"rows": contents.rows, "personal": contents.personal}
        with (
            act("indicator.pack", actor=person, on=pack, data=told) as event,
            tempfile.TemporaryFile() as out,
        ):
            mark = Watermark.of(person, rows=contents.rows, event=event)
            contents.write(out, mark, _Ticks(pack.pk, contents.rows))
            pack.rows, pack.number, pack.problem = contents.rows, event.pk, ""
            pack.size = out.seek(0, 2)
            pack.sha256 = digest_of(out)
            pack.made_at = moment
            keep(pack, File(out, name="pack.zip"), name="pack.zip")
    return pack


class _Ticks:
    """Says how far it is, to who asks other sessions."""

    def __init__(self, pack: int, of: int) -> None:
        self.pack, self.of, self.done = pack, of, 0
        self(0)

    def __call__(self, rows: int) -> None:
        self.done += rows
        call_oneself(mark_of(self.pack, self.done, self.of))


def content_of(pack: EvidencePack, *, actor: User) -> File:
    """The file, whole as it was made; who took it is journalled. The caller closes it. Refused: `pack.not_made`, `pack.broken`."""
    policy_for(EvidencePack).require(actor, "view", pack)
    if pack.made_at is None:
        raise Refused("pack.not_made", "这份佐证包还没有生成，请稍后再下载。")
    try:
        content = opened(pack.file, sha256=pack.sha256)
    except CannotOpen as error:
        raise Refused(
            "pack.broken",
            "佐证包读不出来，或者与生成时不一致，没有下载。请重新申请一份，并告知系统管理员。",
        ) from error
    told = {"code": pack.code, "rows": pack.rows, "pack_number": pack.number}
    note("indicator.download_pack", actor=actor, on=pack, data=told)
    return content


def _require_sight(person: User, bodies: Collection[int]) -> None:
    if not person.is_active or not bodies or not frozenset(bodies) <= bodies_in_sight(person):
        raise Refused("pack.sight", "所含单位已不都在您的查看范围，没有生成。请按现在的范围重新申请。")


def _home(person: User) -> tuple[Department | None, bool]:
    """By which body's sight the rows are seen, so that colleagues there may have them; none where several roles give it together."""
    offices, departments = person.departments_as(*OFFICE_ROLES), person.departments_as(*DEPARTMENT_ROLES)
    own, beside = (offices, departments) if offices else (departments, offices)
    # What another role adds may show a row that colleagues do not see, even of a body that they see: a department reads
    # the case in which it was asked, an upper reviewer the one laid before the upper office, whichever office has it.
    alone = len(own) == 1 and not beside and not person.departments_as(Role.UPPER_REVIEWER)
    home = Department.objects.get(pk=next(iter(own))) if alone else None
    return home, bool(offices)


def _waiting(person: User) -> list[EvidencePack]:
    open_packs = list(EvidencePack.objects.filter(asked_by=person, made_at=None))
    progress = progress_of(open_packs)
    return [one for one in open_packs if progress[one.pk].under_way]


def _question(pack: EvidencePack) -> tuple[Any, ...]:
    return pack.code, pack.as_of, pack.department_id, pack.enclosed, pack.bodies


def _queue(pack: EvidencePack) -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("a job is queued inside the transaction that asks for it")
    # One at a time, and what others wait for goes first: the disk and the worker are everybody's.
    app.configure_task(TASK, lock="evidence-pack", priority=-1).defer(pack_id=pack.pk)
