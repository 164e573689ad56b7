"""The list of tasks from a workbook: read and judged row by row, shown, and only then written, all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any

from django.core.files import File
from django.db.models import QuerySet

from accounts.models import Department, Role, User
from accounts.policy import policy_for
from audit.acts import act, note
from audit.clock import now as present
from audit.faults import Refused
from credit_records.intake.lists import take_in
from credit_records.intake.templates import TemplateField, write_template
from credit_records.rules.lists import Fault, unusable
from oversight.models import Task, TaskImport
from oversight.policies import area_of
from oversight.rules.task_rows import (
    FIXED,
    FORMULA,
    LONGEST,
    REQUIRED,
    TITLES,
    Judged,
    TaskRow,
    judged,
    repeated,
)

from .duties import CHANGEABLE, amended, entered, require_officer

_NOTES = {
    "number": "本办自编，一个编号一项任务；同一编号再次导入视为同一任务",
    "lead": "机构名录中的名称、简称或者统一社会信用代码",
    "responsible": "几个单位之间用“、”分开；不填的，由牵头单位报送",
    "period": "一次、按月、按季、每半年、按年",
    "due": "按周期的任务填第一期的期限，以后各期为对应日",
    "until": "按周期的任务最后一期不晚于这一天；不填的，到期限所在年度年底",
}
_EXAMPLES = {
    "number": "2026-08", "title": "双公示信息按月报送", "content": "每月报送行政许可、行政处罚信息，上报率、合规率、及时率达到100%。",
    "lead": "市场监管", "responsible": "市场监管、生态环境", "period": "按月", "due": "2026/01/31", "until": "2026/12/31",
    "material": "当月报送台账", "source": "银党办〔2022〕79号",
}  # fmt: skip


@dataclass
class Verdict:
    """What would become of one row of the sheet."""

    row: int
    outcome: str
    """`new`, `changed`, `unchanged`, or `wrong`."""
    number: str
    title: str
    task: TaskRow | None = None
    existing: Task | None = None
    faults: list[Fault] = field(default_factory=list)

    @property
    def words(self) -> str:
        return {"new": "新增", "changed": "修改", "unchanged": "无变化", "wrong": "有错误"}[self.outcome]


def template() -> bytes:
    """An empty workbook to fill in; read again by `read` without change."""
    out = BytesIO()
    fields = [
        TemplateField(
            code=name, title=title, type="date" if name in ("due", "until") else "text",
            required="yes" if name in REQUIRED else "no", max_length=LONGEST[name], note=_NOTES.get(name, ""),
            example=_EXAMPLES.get(name, ""),
        )
        for name, title in TITLES.items()
    ]  # fmt: skip
    write_template(out, item_title="任务清单", version_label="任务清单导入模板", fields=fields)
    return out.getvalue()


def preview(file: File, *, actor: User, office: Department, now: datetime | None = None) -> TaskImport:
    """Read an uploaded workbook and keep its rows for the confirmation; no task is written.

    Refused as a whole (file.*) by the same checks as reported files: zip bombs, macros of other kinds, other documents.
    """
    require_officer(actor, office)
    taken = take_in(file, titles=TITLES, required=REQUIRED, longest=LONGEST, name="任务清单.xlsx")
    kept = TaskImport(
        office=office,
        file_name=taken.name,
        sha256=taken.sha256,
        rows=taken.content,
        uploaded_by=actor,
        uploaded_at=now or present(),
    )
    kept.save()
    note(
        "task_import.preview",
        actor=actor,
        on=kept,
        data={"file": taken.name, "rows": len(taken.content["rows"])},
    )
    return kept


def bodies_by_word(person: User, office: int) -> dict[str, int]:
    """The bodies to which the person's office may give tasks, by name, code and, where it is one body's alone, short name."""
    found: dict[str, int] = {}
    short: dict[str, list[int]] = {}
    for body in Department.objects.filter(pk__in=area_of(person, office, Role.OFFICER), active=True):
        found[body.name] = found[body.code] = body.pk
        if body.short_name:
            short.setdefault(body.short_name, []).append(body.pk)
    return {**{word: keys[0] for word, keys in short.items() if len(keys) == 1}, **found}


def verdicts(kept: TaskImport, *, actor: User) -> list[Verdict]:
    """Every row judged as things stand now; writes nothing."""
    bodies = bodies_by_word(actor, kept.office_id)
    rows = [_judged(one, bodies) for one in kept.rows["rows"]]
    repeated(rows)
    known = {task.number: task for task in _of_office(kept)}
    cells = {one["row"]: one["cells"] for one in kept.rows["rows"]}
    return [_verdict(one, cells[one.row], known) for one in rows]


def _of_office(kept: TaskImport) -> QuerySet[Task]:
    numbers = [one["cells"].get("number", "") for one in kept.rows["rows"]]
    return Task.objects.filter(office=kept.office_id, number__in=numbers).prefetch_related("duties")


def _judged(one: dict[str, Any], bodies: dict[str, int]) -> Judged:
    found = judged(one["row"], one["cells"], bodies)
    faults = unusable(one["cells"], TITLES, formula=FORMULA)
    if faults:
        hidden = {fault.column for fault in faults}
        found.task = None
        found.faults = [*(fault for fault in found.faults if fault.column not in hidden), *faults]
    return found


def _verdict(one: Judged, cells: dict[str, str], known: dict[str, Task]) -> Verdict:
    told = Verdict(
        one.row, "wrong", cells.get("number", ""), cells.get("title", ""), one.task, faults=one.faults
    )
    if one.task is None:
        return told
    task = known.get(one.task.number)
    if task is None:
        told.outcome = "new"
        return told
    told.existing = task
    different = _fixed_differences(task, one.task)
    if different:
        told.faults = [
            Fault(
                FIXED, name,
                f"任务“{task.number}”已经下达，{TITLES[name]}不能用导入修改。请改回原值，或者在任务页面调整期限。",
            )
            for name in different
        ]  # fmt: skip
        return told
    changed = any(getattr(task, name) != getattr(one.task, name) for name in CHANGEABLE)
    told.outcome = "changed" if changed else "unchanged"
    return told


def _fixed_differences(task: Task, row: TaskRow) -> list[str]:
    bodies = {duty.department_id for duty in task.duties.all()}
    pairs = {
        "lead": task.lead_id == row.lead,
        "responsible": bodies == set(row.bodies),
        "period": task.period == row.period,
        "due": task.first_due == row.first_due,
        "until": task.until == row.until,
    }
    return [name for name, same in pairs.items() if not same]


def confirm(kept: TaskImport, *, actor: User, now: datetime | None = None) -> list[Verdict]:
    """Write all rows, or none: refused while one of them is wrong (`task_import.faulty`). Repeating it changes nothing."""
    policy_for(TaskImport).require(actor, "confirm", kept)
    moment = now or present()
    with act("task_import.confirm", actor=actor, on=kept, data={"file": kept.file_name}):
        held = TaskImport.objects.select_for_update().get(pk=kept.pk)
        if held.confirmed_at is not None:
            raise Refused("task_import.confirmed", "这份任务清单已经导入，不用再次确认。")
        # One import of an office after the other: two of them would both find a number new.
        office = Department.objects.select_for_update(of=("self",), no_key=True).get(pk=held.office_id)
        found = verdicts(held, actor=actor)
        wrong = [one for one in found if one.faults]
        if wrong:
            raise Refused(
                "task_import.faulty",
                f"有{len(wrong)}行不能导入(最前面的是第{wrong[0].row}行)，一行也没有写入。请改正后重新上传。",
            )
        for one in found:
            _write(one, actor, office, moment)
        held.confirmed_at = moment
        held.save(update_fields=["confirmed_at"])
    return found


def _write(one: Verdict, actor: User, office: Department, moment: datetime) -> None:
    if one.task is None:
        return
    if one.outcome == "new":
        entered(one.task, by=actor, office=office, moment=moment)
    elif one.outcome == "changed" and one.existing is not None:
        task = Task.objects.select_for_update(of=("self",)).get(pk=one.existing.pk)
        amended(task, {name: getattr(one.task, name) for name in CHANGEABLE})
