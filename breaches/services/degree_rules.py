"""Verbs of the degree rules: an officer drafts and amends, an approver puts in force; the one before ends the day before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.models import User
from accounts.policy import NotAllowed, policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from breaches.models import DegreeRule
from breaches.rules.degrees import DegreeRuleError, read
from credit_records.rules.text import clean_text

from .drafts import KEY, hands_in

State = DegreeRule.State
_FIELDS = ("key", "title", "source", "in_force_from", "in_force_to", "body")


def draft(
    *,
    actor: User,
    key: str,
    title: str,
    source: str,
    in_force_from: date,
    body: Mapping[str, Any],
    in_force_to: date | None = None,
    now: datetime | None = None,
) -> DegreeRule:
    """Draft another rule; it judges nothing before it is confirmed. Raises `Refused` (degree_rule.*)."""
    if not policy_for(DegreeRule).may_create(actor):
        raise NotAllowed("只有信用办经办人可以拟订违诺程度规则。")
    rule = DegreeRule(
        **_checked(
            {
                "key": key,
                "title": title,
                "source": source,
                "in_force_from": in_force_from,
                "in_force_to": in_force_to,
                "body": body,
            }
        ),
        drafted_by=actor,
    )
    with act("degree_rule.draft", actor=actor, data={"key": rule.key}):
        _saved(rule)
    return rule


def amend(
    rule: DegreeRule, *, actor: User, reason: str = "", now: datetime | None = None, **changes: Any
) -> DegreeRule:
    """Change a draft (`changes` by the names of `draft`). What is in force is followed by another one, never changed."""
    unknown = set(changes) - set(_FIELDS)
    if unknown:
        raise TypeError(f"a degree rule has no {sorted(unknown)}")
    policy_for(DegreeRule).require(actor, "view", rule)
    with act("degree_rule.amend", actor=actor, on=rule, reason=reason.strip()):
        held = _draft(rule, actor, "amend")
        for name, value in _checked({name: getattr(held, name) for name in _FIELDS} | changes).items():
            setattr(held, name, value)
        _saved(held)
    return held


def confirm(rule: DegreeRule, *, actor: User, reason: str = "", now: datetime | None = None) -> DegreeRule:
    """Put a draft in force from its day on; the rule before it ends the day before. Not by whoever wrote in it (四眼).

    Not for days that are over and had a rule: a breach is judged by the rule of the day on which it was found.
    """
    policy_for(DegreeRule).require(actor, "view", rule)
    moment = now or present()
    with act("degree_rule.confirm", actor=actor, on=rule, reason=reason.strip()):
        before = list(
            DegreeRule.objects.select_for_update().filter(state=State.IN_FORCE).order_by("in_force_from")
        )
        held = _draft(rule, actor, "confirm")
        if actor.pk in hands_in(held):
            raise Refused("four_eyes", "拟订或者修改过规则的人不能自己确认，请由其他审批人办理。")
        _checked({name: getattr(held, name) for name in _FIELDS})
        if before:
            _follow(before[-1], held, today=local_day(moment))
        held.state, held.confirmed_by, held.confirmed_at = State.IN_FORCE, actor, moment
        try:
            with transaction.atomic():
                held.save(update_fields=["state", "confirmed_by", "confirmed_at"])
        except IntegrityError as error:
            raise Refused("degree_rule.order", "施行期限与现有规则重叠，请核对施行日期。") from error
    return held


def _follow(latest: DegreeRule, held: DegreeRule, *, today: date) -> None:
    if held.in_force_from <= latest.in_force_from:
        raise Refused(
            "degree_rule.order",
            f"施行日期应晚于现有最新规则“{latest}”的施行日期{latest.in_force_from}，请由经办人改正。",
        )
    if held.in_force_from < today:
        raise Refused(
            "degree_rule.in_past",
            f"施行日期{held.in_force_from}已过，已经发现的违诺仍适用当时的规则，请由经办人改为今天或者以后。",
        )
    last = held.in_force_from - timedelta(days=1)
    if latest.in_force_to is None or latest.in_force_to > last:
        latest.in_force_to = last
        latest.save(update_fields=["in_force_to"])


def discard(rule: DegreeRule, *, actor: User, reason: str = "", now: datetime | None = None) -> None:
    """Throw a draft away; its history stays."""
    policy_for(DegreeRule).require(actor, "view", rule)
    with act("degree_rule.discard", actor=actor, on=rule, reason=reason.strip(), data={"key": rule.key}):
        _draft(rule, actor, "discard").delete()


def standing_for(in_force_from: date, in_force_to: date | None) -> str:
    """In force on a first filling; a draft where the office has a rule for some of these days."""
    taken = DegreeRule.objects.filter(
        Q(in_force_to=None) | Q(in_force_to__gte=in_force_from), state=State.IN_FORCE
    )
    if in_force_to is not None:
        taken = taken.filter(in_force_from__lte=in_force_to)
    return State.DRAFT if taken.exists() else State.IN_FORCE


def _draft(rule: DegreeRule, actor: User, verb: str) -> DegreeRule:
    held = DegreeRule.objects.select_for_update().filter(pk=rule.pk).first()
    if held is None:
        raise Refused("degree_rule.state", "该草稿已经删除，不用再办。")
    if held.state != State.DRAFT:
        raise Refused("degree_rule.state", f"“{held}”{held.get_state_display()}，只有草稿可以办这一步。")
    policy_for(DegreeRule).require(actor, verb, held)
    return held


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are kept; refused with everything that is wrong with them."""
    kept = dict(values) | {name: clean_text(values[name]) for name in ("key", "title", "source")}
    problems = []
    if not KEY(kept["key"]):
        problems.append("代号只能由小写字母、数字和短横线组成，不超过60个字符")
    problems += [f"缺少{word}" for name, word in (("title", "名称"), ("source", "来源")) if not kept[name]]
    if kept["in_force_from"] is None:
        problems.append("缺少施行日期")
    elif kept["in_force_to"] is not None and kept["in_force_to"] < kept["in_force_from"]:
        problems.append("失效日期早于施行日期")
    try:
        read(kept["body"])
    except DegreeRuleError as error:
        problems += error.problems
    if problems:
        raise Refused("degree_rule.faulty", f"违诺程度规则有误：{'；'.join(problems)}。")
    return kept


def _saved(rule: DegreeRule) -> None:
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError as error:
        raise Refused("degree_rule.key_taken", f"已有代号为“{rule.key}”的规则，请换一个代号。") from error
