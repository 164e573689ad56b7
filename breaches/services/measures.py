"""Verbs of the list of measures: an officer drafts and amends, an approver puts in force and ends.

A measure in force is never edited: a better one follows it under a new key, and the old one gets its last day. What
decisions have taken already stays as they took it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.policy import NotAllowed, policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from breaches.models import Measure
from breaches.selectors.letters import quoted
from commitments.models import Commitment
from credit_records.models import Record
from credit_records.rules.text import clean_text

from .drafts import KEY, hands_in

State, Effect = Measure.State, Measure.Effect
_TEXTS = (("title", "名称"), ("text", "文书中的表述"))
_FIELDS = (
    "key", "title", "effect", "text", "legal_basis", "degrees", "commitment_kinds", "months", "in_force_from",
    "in_force_to",
)  # fmt: skip
_MOST_MONTHS = 120


def draft(
    *,
    actor: User,
    key: str,
    title: str,
    effect: str,
    text: str,
    legal_basis: str,
    degrees: Sequence[str],
    in_force_from: date,
    commitment_kinds: Sequence[str] = (),
    months: int | None = None,
    in_force_to: date | None = None,
    now: datetime | None = None,
) -> Measure:
    """Draft a measure; nothing is taken by it before it is confirmed. Raises `Refused` (measure.*)."""
    if not policy_for(Measure).may_create(actor):
        raise NotAllowed("只有信用办经办人可以拟订违诺后果措施。")
    measure = Measure(
        **_checked(
            {
                "key": key,
                "title": title,
                "effect": effect,
                "text": text,
                "legal_basis": legal_basis,
                "degrees": degrees,
                "commitment_kinds": commitment_kinds,
                "months": months,
                "in_force_from": in_force_from,
                "in_force_to": in_force_to,
            }
        ),
        drafted_by=actor,
    )
    with act("measure.draft", actor=actor, data={"key": measure.key}):
        _saved(measure)
    return measure


def amend(
    measure: Measure, *, actor: User, reason: str = "", now: datetime | None = None, **changes: Any
) -> Measure:
    """Change a draft (`changes` by the names of `draft`)."""
    unknown = set(changes) - set(_FIELDS)
    if unknown:
        raise TypeError(f"a measure has no {sorted(unknown)}")
    policy_for(Measure).require(actor, "view", measure)
    with act("measure.amend", actor=actor, on=measure, reason=reason.strip()):
        held = _held(measure, actor, "amend", State.DRAFT)
        for name, value in _checked({name: getattr(held, name) for name in _FIELDS} | changes).items():
            setattr(held, name, value)
        _saved(held)
    return held


def confirm(measure: Measure, *, actor: User, reason: str = "", now: datetime | None = None) -> Measure:
    """Put a draft on the list from its day on; not by whoever wrote in it (四眼)."""
    policy_for(Measure).require(actor, "view", measure)
    with act("measure.confirm", actor=actor, on=measure, reason=reason.strip()):
        held = _held(measure, actor, "confirm", State.DRAFT)
        if actor.pk in hands_in(held):
            raise Refused("four_eyes", "拟订或者修改过措施的人不能自己确认，请由其他审批人办理。")
        _checked({name: getattr(held, name) for name in _FIELDS})
        held.state, held.confirmed_by, held.confirmed_at = State.IN_FORCE, actor, now or present()
        held.save(update_fields=["state", "confirmed_by", "confirmed_at"])
    return held


def discard(measure: Measure, *, actor: User, reason: str = "", now: datetime | None = None) -> None:
    """Throw a draft away; its history stays."""
    policy_for(Measure).require(actor, "view", measure)
    with act("measure.discard", actor=actor, on=measure, reason=reason.strip(), data={"key": measure.key}):
        _held(measure, actor, "discard", State.DRAFT).delete()


def end(
    measure: Measure, *, actor: User, reason: str, last_day: date | None = None, now: datetime | None = None
) -> Measure:
    """Give a measure of the list its last day, today unless told; later decisions no longer take it."""
    reason = reason.strip()
    policy_for(Measure).require(actor, "view", measure)
    if not reason:
        raise Refused("reason.missing", "停用措施必须写明理由。")
    today = local_day(now or present())
    last = last_day or today
    with act("measure.end", actor=actor, on=measure, reason=reason, data={"last_day": str(last)}):
        held = _held(measure, actor, "end", State.IN_FORCE)
        if held.in_force_to is not None and held.in_force_to < today:
            raise Refused("measure.ended", f"“{held}”已于{held.in_force_to}停用，不用再办。")
        if last < max(today, held.in_force_from):
            raise Refused(
                "measure.last_day",
                f"最后一天不能早于今天和施行日期{held.in_force_from}，请改正；已作出的认定不受影响。",
            )
        held.in_force_to = last
        held.save(update_fields=["in_force_to"])
    return held


def _held(measure: Measure, actor: User, verb: str, state: str) -> Measure:
    held = Measure.objects.select_for_update().filter(pk=measure.pk).first()
    if held is None:
        raise Refused("measure.state", "该草稿已经删除，不用再办。")
    if held.state != state:
        raise Refused(
            "measure.state",
            f"“{held}”{held.get_state_display()}，只有{State(state).label}的措施可以办这一步。",
        )
    policy_for(Measure).require(actor, verb, held)
    return held


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are kept; refused with everything that is wrong with them."""
    texts = ("key", "title", "text", "legal_basis")
    kept = dict(values) | {name: clean_text(values[name]) for name in texts}
    kept["degrees"], kept["commitment_kinds"] = list(kept["degrees"]), list(kept["commitment_kinds"])
    if not quoted(kept["legal_basis"]):  # our own definition alone is none
        raise Refused(
            "measure.no_legal_basis", "没有法律依据的措施不得列入清单，请写明法律、法规、文件和条款。"
        )
    problems = list(_problems(kept))
    if problems:
        raise Refused("measure.faulty", f"措施有误：{'；'.join(problems)}。")
    return kept


def _problems(kept: Mapping[str, Any]) -> list[str]:
    problems = [f"缺少{word}" for name, word in _TEXTS if not kept[name]]
    if not KEY(kept["key"]):
        problems.append("代号只能由小写字母、数字和短横线组成，不超过60个字符")
    if kept["effect"] not in Effect.values:
        problems.append("请选择措施的作用")
    if not kept["degrees"] or not set(kept["degrees"]) <= set(Record.Severity.values):
        problems.append("请至少选择一种适用程度")
    if not set(kept["commitment_kinds"]) <= set(Commitment.Kind.values):
        problems.append("适用承诺类型不在列表中")
    elif kept["effect"] == Effect.NO_COMMITMENT and Commitment.Kind.REPAIR in kept["commitment_kinds"]:
        problems.append("信用修复型承诺不能限制，否则主体无法申请信用修复")
    if kept["effect"] == Effect.REFERRAL and kept["months"] is not None:
        problems.append("移送是一次办理的，不填期限")
    elif kept["months"] is not None and not 1 <= kept["months"] <= _MOST_MONTHS:
        problems.append(f"期限应为1至{_MOST_MONTHS}个月，没有期限的不填")
    if kept["in_force_from"] is None:
        problems.append("缺少施行日期")
    elif kept["in_force_to"] is not None and kept["in_force_to"] < kept["in_force_from"]:
        problems.append("失效日期早于施行日期")
    return problems


def _saved(measure: Measure) -> None:
    try:
        with transaction.atomic():
            measure.save()
    except IntegrityError as error:
        raise Refused("measure.key_taken", f"已有代号为“{measure.key}”的措施，请换一个代号。") from error
