"""Verbs of evidence: hand in, cross out, hand on to a department; and its content, verified whenever it is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.core.files import File
from django.db import transaction
from django.db.models import Max, QuerySet, Sum

from accounts.kept_files import keep, opened
from accounts.models import Department, User
from accounts.policy import NotAllowed, policy_for
from accounts.sealing import CannotOpen
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from casework.machine import machine_of
from casework.models import Case, Evidence, EvidenceShare, Request
from casework.policies import acts_as_office
from casework.rules.file_names import clean_line, title_of
from casework.rules.file_types import MEGABYTE

from . import engine
from .evidence_files import examine

ProvidedBy = Evidence.ProvidedBy
MOST_FILES = 100
MOST_BYTES = 500 * MEGABYTE
_LONGEST_TITLE = 200


def add(
    case: Case,
    file: File,
    *,
    actor: User,
    kind: str,
    title: str = "",
    provided_by: str = "",
    department: Department | None = None,
    point_number: int | None = None,
    request: Request | None = None,
    received_on: date | None = None,
    now: datetime | None = None,
) -> Evidence:
    """Take a file into the case. It is judged by its content before anything is kept (evidence.* refusals).

    Who may is the step "add_evidence" of the case. A department provides its own only, the window what the applicant
    handed in. Without `provided_by`: a department's people provide for it, the office for itself.
    """
    policy_for(Case).require(actor, "add_evidence", case)
    source, body, acting = _provider(case, actor, provided_by, department)
    _check_request(case, request, actor)
    if point_number is not None and not 1 <= point_number <= 32767:
        raise Refused("evidence.point", "异议点的序号不对，请从列表中选择。")
    moment = now or present()
    day = received_on or local_day(moment)
    if day > local_day(moment):
        raise Refused("evidence.received_in_future", "收到日期不能晚于今天，请核对。")
    found = examine(file)
    with transaction.atomic():
        # The journal names the piece by its number, which is certain only under the lock of the case.
        Case.objects.select_for_update(of=("self",)).only("pk").get(pk=case.pk)
        number = (Evidence.objects.filter(case=case.pk).aggregate(last=Max("number"))["last"] or 0) + 1
        data = {"file": found.name, "sha256": found.sha256, "evidence_number": number}
        with engine.step(case, "add_evidence", actor=actor, now=moment, data=data) as work:
            _check_room(work.case, found.size)
            _check_new(work.case, found.sha256, body, actor)
            evidence = Evidence(
                case_id=case.pk,
                number=number,
                kind=_known(Evidence.Kind, kind),
                title=clean_line(title)[:_LONGEST_TITLE].strip() or title_of(found.name),
                provided_by=source,
                department=body,
                point_number=point_number,
                request=request,
                received_on=day,
                uploaded_by=actor,
                uploaded_for_id=acting,
                uploaded_at=moment,
                **asdict(found),
            )
            keep(evidence, file)
    return evidence


def _known(choices: Any, given: str) -> str:
    if given not in choices.values:
        raise Refused("evidence.kind", "请选择材料类别。")
    return given


def _provider(
    case: Case, actor: User, provided_by: str, department: Department | None
) -> tuple[str, Department | None, int | None]:
    """Who provides: the source, its body, and the department for which the actor uploads (none for the office)."""
    office = acts_as_office(actor, case)
    own = actor.departments_as("clerk", "reviewer")
    source = provided_by or (
        ProvidedBy.DEPARTMENT if department is not None or not office else ProvidedBy.OFFICE
    )
    if source not in ProvidedBy.values:
        raise Refused("evidence.provider", "请选择材料是谁提供的。")
    if source != ProvidedBy.DEPARTMENT:
        if not office and (source == ProvidedBy.OFFICE or case.window_id not in own):
            raise NotAllowed("您只能提交本单位的材料。")
        return source, None, None if office else case.window_id
    if department is None and not office:
        department = Department.objects.filter(pk__in=own).order_by("pk").first()
    if department is None:
        raise Refused("evidence.provider", "材料由单位提供的，请选择是哪个单位。")
    if not office and department.pk not in own:
        raise NotAllowed("您只能提交本单位的材料。")
    return source, department, None if office else department.pk


def _check_request(case: Case, request: Request | None, actor: User) -> None:
    if request is None:
        return
    if request.case_id != case.pk:
        raise Refused("evidence.request", "所答复的函不属于本案，请从本案的往来中选择。")
    if not policy_for(Request).allows(actor, "view", request):
        raise NotAllowed("您没有收到这件函。")


def _check_room(case: Case, size: int) -> None:
    """Crossed-out files count: they are kept like the others."""
    held = Evidence.objects.filter(case=case.pk)
    if held.count() >= MOST_FILES:
        raise Refused(
            "evidence.too_many",
            f"本案已有{MOST_FILES}件材料，不能再增加。请把同类材料合并成一个PDF后再上传。",
        )
    if (held.aggregate(total=Sum("size"))["total"] or 0) + size > MOST_BYTES:
        raise Refused(
            "evidence.case_full",
            f"本案材料合计将超过{MOST_BYTES // MEGABYTE}MB。请降低扫描、录制的清晰度，或者另以光盘存档并写入说明。",
        )


def _check_new(case: Case, digest: str, body: Department | None, actor: User) -> None:
    """The same content twice is a slip; what the actor may not see is named only when it is the same provider's."""
    same = Evidence.objects.filter(case=case.pk, sha256=digest, removed_at=None).order_by("number")
    seen = policy_for(Evidence).scope(actor).filter(pk__in=same.values("pk")).order_by("number").first()
    if seen is not None:
        raise Refused(
            "evidence.duplicate", f"同一份文件已经在本案，是{seen.number}号材料“{seen.title}”，不用再上传。"
        )
    if same.filter(department=body).exists():
        raise Refused("evidence.duplicate", "同一份文件已经在本案，不用再上传。")


def remove(evidence: Evidence, *, actor: User, reason: str, now: datetime | None = None) -> Evidence:
    """Cross out what was handed in by mistake; the file stays and the office can still read it."""
    reason = reason.strip()
    policy_for(Evidence).require(actor, "view", evidence)
    if not reason:
        raise Refused("reason.missing", "划除材料必须写明理由。")
    with act("evidence.remove", actor=actor, on=evidence, reason=reason):
        case = engine.locked(evidence.case_id)
        held = Evidence.objects.select_for_update(of=("self",)).get(pk=evidence.pk)
        in_the_way = obstacle_to_removal(held, case, actor)
        if in_the_way:
            raise Refused("evidence.state", in_the_way)
        policy_for(Evidence).require(actor, "remove", held)
        held.removed_at, held.removed_by, held.removed_reason = now or present(), actor, reason
        held.save(update_fields=["removed_at", "removed_by", "removed_reason"])
    return held


def obstacle_to_removal(evidence: Evidence, case: Case, actor: Any) -> str:
    """Why it cannot be crossed out now; empty when it can. Asks the database nothing."""
    if evidence.is_removed:
        return "这件材料已经划除，不用再办。"
    return machine_of(case.kind).obstacle("add_evidence", case, actor)


def share(
    evidence: Iterable[Evidence], department: Department, *, actor: User, now: datetime | None = None
) -> int:
    """Let the department see these pieces: evidence travels whole with a request. Repeating it changes nothing.

    Returns how many were new to it. Pieces that were crossed out, and those that it provided itself, are passed over.
    """
    pks = sorted({one.pk for one in evidence})
    allowed = policy_for(Evidence).scope(actor, "share").filter(pk__in=pks)
    for one in Evidence.objects.filter(pk__in=pks, removed_at=None).exclude(pk__in=allowed.values("pk"))[:1]:
        policy_for(Evidence).require(actor, "share", one)
    known = EvidenceShare.objects.filter(evidence__in=pks, department=department).values("evidence")
    if not _not_held(pks, department).exclude(pk__in=known).exists():
        return 0
    with act("evidence.share", actor=actor, on=department, data={"evidence": pks}):
        locked = list(_not_held(pks, department).select_for_update(of=("self",)).order_by("pk"))
        held = set(known.values_list("evidence", flat=True))
        new = [one for one in locked if one.pk not in held]
        for one in new:
            EvidenceShare(
                evidence=one, department=department, shared_by=actor, shared_at=now or present()
            ).save()
    return len(new)


def _not_held(pks: list[int], department: Department) -> QuerySet[Evidence]:
    """Those that are not the department's own and were not crossed out."""
    found = Evidence.objects.filter(pk__in=pks, removed_at=None)
    return found.exclude(department=department).exclude(uploaded_for=department)


def share_one(evidence: Evidence, *, actor: User, department: Department, now: datetime | None = None) -> str:
    """Hand one piece on that came in after the request was sent; only to a department that was asked in this case."""
    policy_for(Evidence).require(actor, "share", evidence)
    with transaction.atomic():
        in_the_way = obstacle_to_sharing(evidence, engine.locked(evidence.case_id), actor)
        if in_the_way:
            raise Refused("evidence.state", in_the_way)
        asked = Request.objects.filter(
            case=evidence.case_id, kind=Request.Kind.VERIFICATION, department=department
        )
        if not asked.exists():
            raise Refused(
                "evidence.not_asked", f"本案没有向{department}发过协查，不能移送材料。请先发出协查。"
            )
        if not share([evidence], department, actor=actor, now=now):
            return f"{department}已经能看到这件材料。"
    return f"已移送{department}：{evidence}"


def obstacle_to_sharing(evidence: Evidence, case: Case, actor: Any) -> str:
    """Why it cannot be handed on now: crossed out, or the case takes no evidence any more. Asks the database nothing."""
    if evidence.is_removed:
        return "这件材料已经划除。"
    return machine_of(case.kind).obstacle("add_evidence", case, actor)


def content_of(evidence: Evidence) -> File:
    """The plain content in a file without a name, checked against what was handed in; the caller closes it."""
    try:
        return opened(evidence.file, sha256=evidence.sha256)
    except CannotOpen as error:
        raise _broken(evidence) from error


def _broken(evidence: Evidence) -> Refused:
    return Refused(
        "evidence.broken",
        f"{evidence.number}号材料的文件读不出来，或者与收到时不一致，没有打开。请告知系统管理员从备份恢复。",
    )


def verify(evidence: Evidence) -> bool:
    """Whether the stored file is still, bit for bit, what was handed in."""
    try:
        content_of(evidence).close()
    except Refused:
        return False
    return True
