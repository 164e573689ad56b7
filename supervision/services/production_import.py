"""A month's ledger from a workbook: handed out prefilled, read and judged row by row, shown, and told by `tell_month` alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.core.files import File
from django.db import transaction

from accounts.models import Department, Role, User
from accounts.policy import NotAllowed, policy_for
from audit.acts import act, note
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from audit.masking import mask_in_text
from backoffice.exports import Watermark, as_sheets, masked_rows
from credit_records.intake.lists import take_in
from credit_records.rules.lists import Fault
from credit_records.rules.text import clean_text
from supervision.models import ProductionImport
from supervision.rules.ledger_rows import LONGEST, READ, REQUIRED, TITLES, Judged, judged, mark_of, repeated
from supervision.selectors.reporting_board.ledgers import GridLine, month_grid

from .production import LinesRefused, Said, check_line, require_begun, tell_month

_STATE = 8
"""Characters of the mark for what stood when the sheet was handed out."""


@dataclass
class Verdict:
    """What would become of one row of the sheet."""

    row: int
    code: str
    name: str
    outcome: str = "wrong"
    """`new`, `changed`, `unchanged`, `empty` (left empty), or `wrong`."""
    said: Said | None = None
    line: GridLine | None = None
    """What stands now."""
    moved: bool = False
    """A colleague has changed the line since the sheet was handed out."""
    faults: list[Fault] = field(default_factory=list)
    cells: Mapping[str, str] = field(default_factory=dict)
    """What stands in the sheet, for who has to mend it."""

    @property
    def words(self) -> str:
        return {
            "new": "新填报",
            "changed": "更改",
            "unchanged": "无变化",
            "empty": "未填",
            "wrong": "有错误",
        }[self.outcome]

    @property
    def told(self) -> bool:
        """It would be written."""
        return self.outcome in ("new", "changed")


def _require_clerk(actor: User, department: Department) -> None:
    if department.pk not in actor.departments_as(Role.CLERK):
        raise NotAllowed("只有本单位的录入员可以填报产生台账。")


def sheet(department: Department, month: date, *, actor: User, now: datetime | None = None) -> bytes:
    """The month's sheet to fill in: every item with what is told already, with who took it; journalled like an export."""
    _require_clerk(actor, department)
    first = require_begun(month, local_day(now or present()))
    lines = month_grid(department, first)
    with transaction.atomic():
        told = {"month": f"{first:%Y-%m}", "rows": len(lines)}
        event = note("production.sheet", actor=actor, on=department, data=told)
        mark = Watermark.of(actor, rows=len(lines), event=event)
        rows = masked_rows(_cells(one, department, first) for one in lines)
        return as_sheets([(f"{first.year}年{first.month}月产生台账", list(TITLES.values()), rows)], mark)


def _cells(one: GridLine, department: Department, month: date) -> list[Any]:
    produced, exempt, reason = _standing(one)
    return [
        one.item.code, one.item.name, _cell(produced), _cell(exempt), reason, one.reported,
        department.short_name or department.name, department.code, f"{month:%Y-%m}", _mark(one),
    ]  # fmt: skip


def _cell(text: str) -> Any:
    return int(text) if text else ""


def _standing(one: GridLine) -> tuple[str, str, str]:
    """What stands, as the sheet gives it; a number of a person in the reason is masked there."""
    if one.line is None:
        return ("0" if one.zero else "", "", "")
    exempt = str(one.line.exempt) if one.line.exempt else ""
    return str(one.line.produced), exempt, _shown(one.line.exempt_reason)


def _shown(reason: str) -> str:
    """As it is handed out and comes back: masked, and with the blanks that every upload loses taken out."""
    return clean_text(mask_in_text(reason))


def _mark(one: GridLine) -> str:
    """What the row said when it was handed out, and what stood then."""
    return f"{mark_of(*_standing(one))}-{_state(one)}"


def _state(one: GridLine) -> str:
    return sha256(one.seen.encode()).hexdigest()[:_STATE]


def preview(
    file: File, *, department: Department, month: date, actor: User, now: datetime | None = None
) -> ProductionImport:
    """Read an uploaded workbook and keep its rows for the confirmation; the ledger is not touched.

    Refused as a whole (file.*) by the same checks as reported files; `production.future`.
    """
    _require_clerk(actor, department)
    moment = now or present()
    first = require_begun(month, local_day(moment))
    taken = take_in(file, titles=READ, required=REQUIRED, longest=LONGEST, name="产生台账.xlsx")
    kept = ProductionImport(
        department=department,
        month=first,
        file_name=taken.name,
        sha256=taken.sha256,
        rows=taken.content,
        uploaded_by=actor,
        uploaded_at=moment,
    )
    with transaction.atomic():
        kept.save()
        told = {"file": taken.name, "month": f"{first:%Y-%m}", "rows": len(taken.content["rows"])}
        note("production_import.preview", actor=actor, on=kept, data=told)
    return kept


def verdicts(kept: ProductionImport) -> list[Verdict]:
    """Every row judged as things stand now; writes nothing (as many queries as the grid itself)."""
    lines = {one.item.code: one for one in month_grid(kept.department, kept.month)}
    names = {code: clean_text(one.item.name) for code, one in lines.items()}
    told = frozenset(code for code, one in lines.items() if one.told)
    cells = {one["row"]: one["cells"] for one in kept.rows["rows"]}
    found = [
        judged(row, given, body_code=kept.department.code, month=kept.month, names=names, told=told)
        for row, given in cells.items()
    ]
    repeated(found, lines)
    return [_verdict(one, cells[one.row], lines.get(one.code)) for one in found]


def _verdict(one: Judged, cells: dict[str, str], line: GridLine | None) -> Verdict:
    name = line.item.name if line is not None else cells.get("name", "")
    told = Verdict(one.row, one.code, name, line=line, faults=one.faults, cells=cells)
    if line is None or (told.faults and not _untouched(one, cells)):
        return told
    was, _, state = cells.get("mark", "").partition("-")
    told.moved = bool(was) and state != _state(line)
    if _untouched(one, cells):
        # What nobody has touched takes back nothing that a colleague has said since.
        told.faults = [fault for fault in told.faults if fault.code not in _ABOUT_NUMBERS]
        told.outcome = "wrong" if told.faults else ("unchanged" if line.told else "empty")
        return told
    if one.numbers is None:
        told.outcome = "empty"
        return told
    produced, exempt = one.numbers.produced, one.numbers.exempt
    said = Said(line.item, produced, exempt, _reason(one, line), line.seen)
    told.faults = list(_impossible(said, line))
    if told.faults:
        return told
    told.said = said
    told.outcome = "unchanged" if _says_the_same(line, said) else ("changed" if line.told else "new")
    return told


def _impossible(said: Said, line: GridLine) -> Iterator[Fault]:
    """What the ledger would refuse of the numbers, told before it is asked."""
    try:
        check_line(said)
    except Refused as refusal:
        yield Fault(refusal.code, "exempt" if "exempt" in refusal.code else "produced", refusal.message)
        return
    if said.produced == 0 and line.zero is None and line.reported:
        words = f"本月已报送“{line.item.name}”{line.reported}条，产生数不会是0。请填实际的数；报错的记录请先撤回。"
        yield Fault("zero_report.records_exist", "produced", words)


_ABOUT_NUMBERS = ("production_row.empty", "production_row.number", "production_row.no_exempt")


def _untouched(one: Judged, cells: dict[str, str]) -> bool:
    was = cells.get("mark", "").partition("-")[0]
    return was == mark_of(*(cells.get(name, "").strip() for name in ("produced", "exempt", "reason")))


def _reason(one: Judged, line: GridLine) -> str:
    """A reason that came back as it was handed out is the one that stands, its numbers unmasked."""
    stands = line.line.exempt_reason if line.line is not None else ""
    return stands if stands and one.reason == _shown(stands) else one.reason


def _says_the_same(line: GridLine, said: Said) -> bool:
    if line.line is None:
        return line.zero is not None and said.produced == 0
    stands = (line.line.produced, line.line.exempt, line.line.exempt_reason)
    return stands == tuple(said.values.values()) and not (said.produced and line.zero)


def stamp_of(found: Sequence[Verdict]) -> str:
    """What a person has seen: the lines that would be written, upon what stands. A confirmation brings it back."""
    told = "\n".join(f"{one.code} {one.outcome} {one.said.seen}" for one in found if one.told and one.said)
    return sha256(told.encode()).hexdigest()


def confirm(
    kept: ProductionImport, *, actor: User, shown: str, reason: str = "", now: datetime | None = None
) -> int:
    """Tell the ledger all that the sheet says, or nothing; returns how many lines are new or changed.

    `shown`: `stamp_of` the verdicts that the person had before the eyes. Refused: `production_import.confirmed`,
    `.faulty` (rows that cannot be), `.overtaken` (a colleague has told of one of them since), and as `tell_month` refuses.
    """
    policy_for(ProductionImport).require(actor, "confirm", kept)
    moment = now or present()
    with act("production_import.confirm", actor=actor, on=kept, reason=reason, data={"file": kept.file_name}):
        # The same lock as every other way to tell the month: what is judged here is what will be written.
        department = Department.objects.select_for_update(no_key=True).get(pk=kept.department_id)
        held = ProductionImport.objects.select_for_update(of=("self",)).get(pk=kept.pk)
        policy_for(ProductionImport).require(actor, "confirm", held)
        if held.confirmed_at is not None:
            raise Refused("production_import.confirmed", "这份台账已经导入，不用再次确认。")
        held.department = department
        found = verdicts(held)
        wrong = [one for one in found if one.faults]
        if wrong:
            raise Refused(
                "production_import.faulty",
                f"有{len(wrong)}行不能导入(最前面的是第{wrong[0].row}行)，一行也没有写入。请改正后重新上传。",
            )
        if stamp_of(found) != shown:
            raise Refused(
                "production_import.overtaken",
                "核对以后同事改过本月台账，一行也没有写入。下面是现在的比对结果，请重新核对，再确认。",
            )
        lines = [one.said for one in found if one.told and one.said is not None]
        kept_lines = _told(held, found, lines, actor, reason, moment)
        held.confirmed_at = moment
        held.save(update_fields=["confirmed_at"])
    return kept_lines


def _told(
    held: ProductionImport,
    found: Sequence[Verdict],
    lines: list[Said],
    actor: User,
    reason: str,
    moment: datetime,
) -> int:
    try:
        return tell_month(
            department=held.department, month=held.month, lines=lines, actor=actor, reason=reason, now=moment
        )
    except LinesRefused as refusal:
        rows = {one.said.item.pk: one.row for one in found if one.said is not None}
        told = "".join(
            f"第{row}行：{one.message}"
            for row, one in sorted((rows.get(item, 0), one) for item, one in refusal.lines.items())[:5]
        )
        raise Refused(
            next(iter(refusal.lines.values())).code,
            f"有{len(refusal.lines)}行不能保存，一行也没有写入。{told}",
        ) from refusal
