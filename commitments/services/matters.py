"""The list of matters (承诺事项清单): a clerk drafts and words, a reviewer publishes and ends."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts.models import Department, User
from accounts.policy import NotAllowed, policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from commitments.models import CommitmentMatter, MatterTemplate
from commitments.policies import departments_kept_by
from commitments.rules.fields import text_faults
from commitments.rules.letter_text import mark_faults
from commitments.rules.periods import Period, parse_period
from credit_records.rules.faults import Fault
from credit_records.rules.text import clean_text

from .publishing import tell_of_matter
from .registering import Faulty

State = CommitmentMatter.State


def draft_matter(
    *,
    actor: User,
    department: Department,
    name: str,
    kind: str,
    legal_basis: str,
    content: str,
    liability: str,
    in_force_from: date,
    verify_within: int | None = None,
    verify_unit: str = "",
    verify_basis: str = "",
    now: datetime | None = None,
) -> CommitmentMatter:
    """Draft a matter with its first wording; without a legal basis there is none (国办发〔2020〕49号)."""
    if department.pk not in departments_kept_by(actor):
        raise NotAllowed("只能拟订本单位的承诺事项。")
    moment = now or present()
    with act("matter.draft", actor=actor, on=department, data={"name": name}):
        matter = CommitmentMatter(
            department=department, drafted_by=actor, drafted_at=moment, **_checked(name, kind, legal_basis)
        )
        _saved(matter)
        period = _period(verify_within, verify_unit, verify_basis)
        _worded(matter, content, liability, in_force_from, period, actor, moment)
    return matter


def amend_matter(
    matter: CommitmentMatter, *, actor: User, name: str, kind: str, legal_basis: str, reason: str = ""
) -> CommitmentMatter:
    """Change a draft. What is published is ended and drafted anew: commitments rest on it as it stands."""
    policy_for(CommitmentMatter).require(actor, "view", matter)
    with act("matter.amend", actor=actor, on=matter, reason=reason.strip()):
        held = _locked(matter)
        if held.state != State.DRAFT:
            raise Refused("matter.state", f"“{held}”{held.get_state_display()}，只有草稿可以修改。")
        policy_for(CommitmentMatter).require(actor, "amend", held)
        for field, value in _checked(name, kind, legal_basis).items():
            setattr(held, field, value)
        _saved(held)
    return held


def word_matter(
    matter: CommitmentMatter,
    *,
    actor: User,
    content: str,
    liability: str,
    in_force_from: date,
    verify_within: int | None = None,
    verify_unit: str = "",
    verify_basis: str = "",
    reason: str = "",
    now: datetime | None = None,
) -> MatterTemplate:
    """A better wording from a day on, or another period until its commitments are looked after; earlier ones stay with the
    commitments made under them.

    For a published matter not before today: what was signed under the old wording was signed under it. It governs, and the
    public reads it, once a reviewer has confirmed it (`confirm_wording`); that of a draft with the publication.
    """
    policy_for(CommitmentMatter).require(actor, "word", matter)
    moment = now or present()
    with act("matter.word", actor=actor, on=matter, reason=reason.strip()):
        held = _locked(matter)
        policy_for(CommitmentMatter).require(actor, "word", held)
        if held.state == State.ENDED:
            raise Refused("matter.state", f"“{held}”已停用，不能再增加范本。")
        if held.state == State.PUBLISHED and in_force_from < local_day(moment):
            raise Refused("matter.wording_in_past", "已公布事项的新范本不能早于今天施行，请核对施行日期。")
        if held.state == State.PUBLISHED and _waiting(held) is not None:
            raise Refused("matter.wording_waits", f"“{held}”已有待确认的新范本，请审核员先确认或者退回。")
        period = _period(verify_within, verify_unit, verify_basis)
        return _worded(held, content, liability, in_force_from, period, actor, moment)


def confirm_wording(matter: CommitmentMatter, *, actor: User, now: datetime | None = None) -> MatterTemplate:
    """Let the proposed wording of a published matter govern from its day on; by another person than wrote it (四眼)."""
    policy_for(CommitmentMatter).require(actor, "publish", matter)
    moment = now or present()
    with act("matter.confirm_wording", actor=actor, on=matter):
        held, wording = _held_with_waiting(matter, actor)
        if wording.written_by_id == actor.pk:
            raise Refused("four_eyes", "拟订人不能自己确认，请由其他审核人办理。")
        if wording.in_force_from < local_day(moment):
            raise Refused(
                "matter.wording_in_past",
                f"范本原定自{wording.in_force_from}施行，已经过去，不能补施行；请退回，由录入员另定施行日期。",
            )
        _decide(wording, MatterTemplate.State.CONFIRMED, actor, moment)
        tell_of_matter(held, actor=actor, now=moment)
    return wording


def reject_wording(
    matter: CommitmentMatter, *, actor: User, reason: str, now: datetime | None = None
) -> MatterTemplate:
    """The proposed wording of a published matter does not come; the present one stays."""
    reason = reason.strip()
    policy_for(CommitmentMatter).require(actor, "publish", matter)
    if not reason:
        raise Refused("reason.missing", "退回范本必须写明理由。")
    with act("matter.reject_wording", actor=actor, on=matter, reason=reason):
        _, wording = _held_with_waiting(matter, actor)
        _decide(wording, MatterTemplate.State.REJECTED, actor, now or present())
    return wording


def _held_with_waiting(matter: CommitmentMatter, actor: User) -> tuple[CommitmentMatter, MatterTemplate]:
    held = _locked(matter)
    policy_for(CommitmentMatter).require(actor, "publish", held)
    if held.state != State.PUBLISHED:
        raise Refused("matter.state", f"“{held}”{held.get_state_display()}，没有要确认的范本。")
    wording = _waiting(held)
    if wording is None:
        raise Refused("matter.no_wording_waits", f"“{held}”没有待确认的范本，请刷新页面。")
    return held, wording


def _waiting(held: CommitmentMatter) -> MatterTemplate | None:
    return held.templates.filter(state=MatterTemplate.State.PROPOSED).first()


def _decide(wording: MatterTemplate, state: str, actor: User, now: datetime) -> None:
    wording.state, wording.decided_by, wording.decided_at = state, actor, now
    wording.save(update_fields=["state", "decided_by", "decided_at"])


def publish_matter(
    matter: CommitmentMatter, *, actor: User, reason: str = "", now: datetime | None = None
) -> CommitmentMatter:
    """Put the matter on the public list; by another person than drafted it (四眼)."""
    policy_for(CommitmentMatter).require(actor, "publish", matter)
    with act("matter.publish", actor=actor, on=matter, reason=reason.strip()):
        held = _locked(matter)
        policy_for(CommitmentMatter).require(actor, "publish", held)
        if held.state != State.DRAFT:
            raise Refused("matter.state", f"“{held}”{held.get_state_display()}，不用再公布。")
        if held.drafted_by_id == actor.pk:
            raise Refused("four_eyes", "拟订人不能自己公布，请由其他审核人办理。")
        today = local_day(now or present())
        if not held.templates.filter(in_force_from__lte=today).exists():
            raise Refused("matter.no_wording", f"“{held}”还没有今天已施行的承诺书范本，请先补充范本。")
        for wording in held.templates.all():
            if wording.written_by_id == actor.pk:
                raise Refused("four_eyes", f"范本{wording}是您拟订的，请由其他审核人公布。")
            _decide(wording, MatterTemplate.State.CONFIRMED, actor, now or present())
        held.state, held.published_on, held.published_by = State.PUBLISHED, today, actor
        held.save(update_fields=["state", "published_on", "published_by"])
        tell_of_matter(held, actor=actor, now=now)
    return held


def end_matter(
    matter: CommitmentMatter, *, actor: User, reason: str, now: datetime | None = None
) -> CommitmentMatter:
    """Take no further commitments on it from today on; those taken stay."""
    reason = reason.strip()
    policy_for(CommitmentMatter).require(actor, "end", matter)
    if not reason:
        raise Refused("reason.missing", "停用承诺事项必须写明理由。")
    with act("matter.end", actor=actor, on=matter, reason=reason):
        held = _locked(matter)
        policy_for(CommitmentMatter).require(actor, "end", held)
        if held.state == State.ENDED:
            raise Refused("matter.state", f"“{held}”已停用，不用再办。")
        held.state, held.ended_on = State.ENDED, local_day(now or present())
        held.save(update_fields=["state", "ended_on"])
        tell_of_matter(held, actor=actor, now=now)
    return held


def _locked(matter: CommitmentMatter) -> CommitmentMatter:
    return (
        CommitmentMatter.objects.select_for_update(of=("self",))
        .select_related("department")
        .get(pk=matter.pk)
    )


def _checked(name: str, kind: str, legal_basis: str) -> dict[str, str]:
    cleaned = {"name": clean_text(name), "kind": kind, "legal_basis": clean_text(legal_basis)}
    _refuse(
        [
            *text_faults("事项名称", cleaned["name"], 200),
            *text_faults("法律依据", cleaned["legal_basis"], 2000),
        ]
    )
    if not cleaned["name"]:
        raise Refused("matter.name_missing", "请填写承诺事项的名称。")
    if kind not in CommitmentMatter.Kind.values:
        raise Refused("matter.kind", "请选择承诺类型。")
    if not cleaned["legal_basis"]:
        raise Refused(
            "matter.no_legal_basis", "承诺事项必须写明法律依据(文件名称和条款)，没有依据的不得列入清单。"
        )
    return cleaned


def _saved(matter: CommitmentMatter) -> None:
    try:
        with transaction.atomic():
            matter.save()
    except IntegrityError as error:
        raise Refused("matter.name_taken", f"本单位已有承诺事项“{matter.name}”，请核对。") from error


def _period(amount: int | None, unit: str, basis: str) -> Period | None:
    found = parse_period(amount, unit, clean_text(basis))
    if isinstance(found, list):
        _refuse(found)
        return None
    return found


def _worded(
    matter: CommitmentMatter,
    content: str,
    liability: str,
    in_force_from: date,
    period: Period | None,
    actor: User,
    now: datetime,
) -> MatterTemplate:
    texts = {"content": clean_text(content), "liability": clean_text(liability)}
    if not all(texts.values()):
        raise Refused("matter.wording_missing", "承诺书范本必须写明承诺内容和违诺责任。")
    faults = [
        *text_faults("承诺内容", texts["content"], 4000),
        *text_faults("违诺责任", texts["liability"], 4000),
    ]
    _refuse([*faults, *mark_faults(texts["content"]), *mark_faults(texts["liability"])])
    earlier = MatterTemplate.objects.filter(matter=matter)
    standing = earlier.exclude(state=MatterTemplate.State.REJECTED)
    if standing.filter(in_force_from=in_force_from).exists():
        raise Refused("matter.wording_day_taken", f"该事项已有自{in_force_from}施行的范本，请另选施行日期。")
    return MatterTemplate.objects.create(
        matter=matter,
        number=(earlier.aggregate(last=Max("number"))["last"] or 0) + 1,
        in_force_from=in_force_from,
        verify_within=period.amount if period else None,
        verify_unit=period.unit if period else "",
        verify_basis=period.basis if period else "",
        written_by=actor,
        written_at=now,
        **texts,
    )


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise Faulty([(fault.code, fault.message) for fault in faults])
