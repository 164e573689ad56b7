"""The list of material of an application: made at registration, checked line by line at receipt (材料核对)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import User
from audit.faults import Refused
from casework.models import Evidence
from casework.services.engine import Work, step
from credit_records.models import Record, Subject
from repair.models import Application, Item, Material
from repair.rules.materials import Requirement, requirements
from repair.selectors.letters import material_line

State = Material.State
_CHECKED = (State.PRESENT, State.MISSING, State.FAULTY)
LONGEST_REMARK = 300


@dataclass(frozen=True)
class Verdict:
    """What the check of one line says; `evidence` is the file in the case that it is, where there is one."""

    state: Material.State | str
    remark: str = ""
    evidence: Evidence | None = None


def requirements_of(application: Application) -> tuple[Requirement, ...]:
    """The rule's list for this application, with the source of each line (no query when the case is loaded)."""
    case = application.case
    person = case.subject.kind == Subject.Kind.NATURAL_PERSON
    return requirements(application.kind, case.applicant_role, case.channel, natural_person=person)


def list_materials(application: Application, items: Iterable[Item]) -> None:
    """Write the list down: once per application at registration, and again for the records that are added."""
    items = list(items)
    for row in requirements_of(application):
        for item in items if row.per_record else [None]:
            Material.objects.get_or_create(
                application=application, kind=row.material, item=item, defaults={"required": row.required}
            )


def materials_of(application: Application) -> list[Material]:
    related = ("item__record", "evidence")
    return list(Material.objects.filter(application=application).select_related(*related).order_by("pk"))


def missing(application: Application) -> list[Material]:
    """The required lines that are not in order; a line whose file was crossed out is not."""
    return [
        line
        for line in materials_of(application)
        if line.required
        and (line.state != State.PRESENT or (line.evidence is not None and line.evidence.is_removed))
    ]


def require_complete(application: Application, granted: Iterable[Item]) -> None:
    """Nothing is granted on material known to be missing or faulty; what belongs to other records is not in the way."""
    said = lacking_for(missing(application), {item.pk for item in granted})
    if said:
        raise Refused(
            "repair.material_missing",
            f"材料不齐全，不能准予：{'；'.join(said)}。请要求补正并重新核对材料，或者改拟为不予。",
        )


def lacking_for(lines: Iterable[Material], items: Collection[int]) -> list[str]:
    """The lines in the way of granting these items, by their keys: those of the application itself, and their own."""
    if not items:
        return []
    return [material_line(line) for line in lines if line.item_id is None or line.item_id in items]


def check_materials(
    application: Application,
    *,
    actor: User,
    verdicts: Mapping[int, Verdict],
    committed_on: date | None = None,
    commitment: str | None = None,
    now: datetime | None = None,
) -> Application:
    """Write down the check of some or all lines, by the line's key; what is not named stays as it was.

    Refused: `repair.material_foreign`, `repair.material_state`, `repair.material_remark`, `repair.material_evidence`,
    `repair.commitment_day` (the letter is there, its day is not), `repair.day_in_future`,
    `repair.committed_before_decision`.
    """
    with step(application.case, "check_materials", actor=actor, now=now) as work:
        lines = {line.pk: line for line in materials_of(application)}
        if set(verdicts) - set(lines):
            raise Refused("repair.material_foreign", "有的材料不在本申请的材料清单内，请刷新页面后再核对。")
        held = Application.objects.select_for_update(of=("self",)).get(pk=application.pk)
        _keep_commitment(work, held, committed_on, commitment)
        for pk, verdict in verdicts.items():
            _check(work, lines[pk], verdict)
        present = any(
            line.kind == Material.Kind.COMMITMENT and line.state == State.PRESENT for line in lines.values()
        )
        if present and held.committed_on is None:
            raise Refused("repair.commitment_day", "信用修复承诺书已收到，请填写承诺书上的日期。")
    for name in ("committed_on", "commitment"):
        setattr(application, name, getattr(held, name))
    return application


def _keep_commitment(
    work: Work, application: Application, committed_on: date | None, commitment: str | None
) -> None:
    if committed_on is not None and committed_on > work.today:
        raise Refused("repair.day_in_future", "承诺书日期不能晚于今天，请核对。")
    if application.kind == Application.Kind.REPAIR:
        items = Item.objects.filter(application=application).select_related("record")
        require_committed_after(committed_on, [item.record for item in items])
    changed = []
    if committed_on is not None and committed_on != application.committed_on:
        application.committed_on = committed_on
        changed.append("committed_on")
    if commitment is not None and commitment.strip() != application.commitment:
        application.commitment = commitment.strip()
        changed.append("commitment")
    if changed:
        application.save(update_fields=changed)


def require_committed_after(day: date | None, records: Iterable[Record]) -> None:
    """A letter older than the decision promises nothing about it: one is written for this repair."""
    late = next((one for one in records if day is not None and day < one.decision_date), None)
    if late is not None:
        raise Refused(
            "repair.committed_before_decision",
            f"承诺书日期早于记录{late}的决定日期{late.decision_date}，请核对日期，或者请申请人重新作出承诺。",
        )


def _check(work: Work, line: Material, verdict: Verdict) -> None:
    if verdict.state not in _CHECKED:
        raise Refused("repair.material_state", f"{line}请选择核对结果：齐全、缺少或不合要求。")
    remark = verdict.remark.strip()[:LONGEST_REMARK]
    if verdict.state == State.FAULTY and not remark:
        raise Refused("repair.material_remark", f"{line}不合要求的，请写明哪里不合要求。")
    evidence = verdict.evidence
    if evidence is not None and (evidence.case_id != work.case.pk or evidence.is_removed):
        raise Refused("repair.material_evidence", f"{line}所指的文件不在本案的证据材料中，请重新选择。")
    line.state, line.remark, line.evidence = verdict.state, remark, evidence
    line.checked_by, line.checked_at = work.actor, work.now
    line.save(update_fields=["state", "remark", "evidence", "checked_by", "checked_at"])
