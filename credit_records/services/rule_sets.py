"""Verbs of a rule set: draft, amend, propose, confirm, reject. What it would do is rehearsed before (`rehearsing`).

The officer drafts and proposes; another person confirms; in the same transaction the records that it governs are judged
again. A record decided before its first day is never touched: it keeps the rule set it was decided under.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from psycopg import sql

from accounts.models import User
from accounts.policy import NotAllowed, policy_for
from audit.acts import act, note
from audit.bulk import write_history
from audit.clock import now as present
from audit.faults import Refused
from credit_records import impact
from credit_records.models import Record, RuleSet
from credit_records.rules.publicity import PublicityRules
from credit_records.rules.rule_sets import PublicityRuleError, rule_set_from_dict
from credit_records.selectors.record_pages import rules_of
from credit_records.selectors.rule_sets import (
    authors,
    body_of,
    data_of,
    forerunners,
    is_rehearsed,
    last_day_of,
    latest_rehearsal,
)

from . import rejudging
from .rehearsing import rehearse

State = RuleSet.State


class FaultyRuleSet(Refused):
    """The data of a rule set has mistakes; `problems` names every one of them."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("ruleset.faulty", "规则有误，没有保存：" + "；".join(self.problems) + "。")


def problems_of(data: Mapping[str, Any]) -> list[str]:
    """Every mistake in the data of a rule set, the parts that rooms above read among them."""
    found: list[str] = []
    try:
        rule_set_from_dict(data)
    except PublicityRuleError as error:
        prefix = f"公示规则“{data.get('key')}”："
        found += [problem.removeprefix(prefix) for problem in error.problems]
    return found + impact.problems(body_of(data))


def draft_rule_set(
    base: RuleSet,
    *,
    actor: User,
    title: str,
    source: str,
    in_force_from: date,
    key: str = "",
    reason: str = "",
) -> RuleSet:
    """A new draft with the rules of another one, to be edited, rehearsed and proposed.

    `in_force_from` is the first day of decision that it is to govern. Without a `key` it gets one of its own.
    """
    if not policy_for(RuleSet).may_create(actor):
        raise NotAllowed("只有信用办经办人可以起草公示规则。")
    title, source = title.strip(), source.strip()
    if not title or not source:
        raise Refused("ruleset.source", "请写明规则的名称和来源(文件名称和文号)。")
    draft = RuleSet(
        key=key or _free_key(in_force_from),
        title=title,
        source=source,
        in_force_from=in_force_from,
        body={**base.body, "effective_on": in_force_from.isoformat()},
        state=State.DRAFT,
        based_on=base,
        prepared_by=actor,
    )
    with act("ruleset.draft", actor=actor, on=base, reason=reason, data={"key": draft.key}):
        try:
            with transaction.atomic():
                draft.save()
        except IntegrityError as error:
            raise Refused("ruleset.key_taken", f"代号“{draft.key}”已被使用，请换一个。") from error
    return draft


def _free_key(in_force_from: date) -> str:
    stem = f"rules-{in_force_from:%Y%m%d}"
    taken = set(RuleSet.objects.filter(key__startswith=stem).values_list("key", flat=True))
    return next(key for key in (stem, *(f"{stem}-{n}" for n in range(2, 100))) if key not in taken)


def amend_rule_set(
    rule_set: RuleSet,
    *,
    actor: User,
    data: Mapping[str, Any],
    reason: str = "",
    seen: int | None = None,
) -> RuleSet:
    """Write the whole of a draft anew: title, source, first day and rules; the key stays.

    Refused with every mistake (`FaultyRuleSet`). `seen` is the newest history row that the editor saw; with a newer one
    there the draft was changed meanwhile.
    """
    with act("ruleset.amend", actor=actor, on=rule_set, reason=reason):
        locked = _locked(rule_set)
        if locked.state != State.DRAFT:
            raise Refused(
                "ruleset.state",
                f"{locked}现为“{locked.get_state_display()}”，只有草稿可以修改；要改就据此起草新规则，或者先退回。",
            )
        policy_for(RuleSet).require(actor, "change", locked)
        newest = locked.history.order_by("-history_id").values_list("history_id", flat=True).first()
        if seen is not None and newest != seen:
            raise Refused("ruleset.changed_meanwhile", "在您打开页面之后草稿已被修改，请刷新核对后再改。")
        whole = {**data, "key": locked.key, "in_force_to": None}
        problems = problems_of(whole)
        if problems:
            raise FaultyRuleSet(problems)
        locked.title, locked.source = str(data["title"]).strip(), str(data["source"]).strip()
        locked.in_force_from = date.fromisoformat(str(data["in_force_from"]))
        locked.body = body_of(whole)
        locked.save(update_fields=["title", "source", "in_force_from", "body"])
    return locked


def propose_rule_set(
    rule_set: RuleSet, *, actor: User, reason: str = "", now: datetime | None = None
) -> RuleSet:
    """Hand a draft to the approver, freshly rehearsed; it stays as it is until it is confirmed or comes back."""
    moment = now or present()
    with act("ruleset.propose", actor=actor, on=rule_set, reason=reason):
        locked = _locked(rule_set)
        if locked.state != State.DRAFT:
            raise Refused("ruleset.state", f"{locked}现为“{locked.get_state_display()}”，只有草稿可以提交。")
        policy_for(RuleSet).require(actor, "propose", locked)
        problems = problems_of(data_of(locked))
        if problems:
            raise FaultyRuleSet(problems)
        rehearse(locked, actor=actor, reason="提交前预演", now=moment)
        locked.state, locked.proposed_by, locked.proposed_at = State.PROPOSED, actor, moment
        locked.returned_because = ""
        locked.save(update_fields=["state", "proposed_by", "proposed_at", "returned_because"])
    return locked


def reject_rule_set(rule_set: RuleSet, *, actor: User, reason: str) -> RuleSet:
    """Send a proposed draft back to the officer, with the reason."""
    if not reason.strip():
        raise Refused("reason.missing", "退回必须写明理由。")
    policy_for(RuleSet).require(actor, "reject", rule_set)
    with act("ruleset.reject", actor=actor, on=rule_set, reason=reason):
        locked = _locked(rule_set)
        if locked.state != State.PROPOSED:
            raise Refused(
                "ruleset.state", f"{locked}现为“{locked.get_state_display()}”，只有待确认的规则可以退回。"
            )
        locked.state, locked.returned_because = State.DRAFT, reason.strip()
        locked.save(update_fields=["state", "returned_because"])
    return locked


def confirm_rule_set(
    rule_set: RuleSet, *, actor: User, reason: str = "", now: datetime | None = None
) -> RuleSet:
    """Put a proposed rule set in force and judge the records that it governs again, in one transaction.

    The one before it ends the day before; one that it replaces for all its days is superseded; its own end is the day
    before the next one begins. Not by anyone who had a hand in it. `rejudged` on the answer says how many records
    changed; repaired, withdrawn and ended ones and those with a department's finding keep theirs.
    """
    policy_for(RuleSet).require(actor, "confirm", rule_set)
    moment = now or present()
    with act("ruleset.confirm", actor=actor, on=rule_set, reason=reason.strip() or f"{rule_set}施行"):
        # All of them: batches that are being submitted hold them until they are through (`rejudging.bring_up_to_date`).
        rows = {one.pk: one for one in RuleSet.objects.select_for_update().order_by("pk")}
        locked = rows[rule_set.pk]
        if locked.state != State.PROPOSED:
            raise Refused(
                "ruleset.state", f"{locked}现为“{locked.get_state_display()}”，只有待确认的规则可以确认。"
            )
        if actor.pk in authors(locked):
            raise Refused("four_eyes", "起草、修改或提交过本规则的人不能自己确认，请由其他审批人办理。")
        problems = problems_of(data_of(locked))
        if problems:
            raise FaultyRuleSet(problems)
        if not is_rehearsed(locked, latest_rehearsal(locked)):
            raise Refused(
                "ruleset.not_rehearsed", "本规则还没有按现在的内容预演，请先点“预演”，核对后再确认。"
            )
        last = _make_room(locked, moment)
        locked.state, locked.in_force_to = State.IN_FORCE, last
        locked.confirmed_by, locked.confirmed_at = actor, moment
        locked.save(update_fields=["state", "in_force_to", "confirmed_by", "confirmed_at"])
        changed = rejudging.rejudge_records(
            PublicityRules([rules_of(locked)]), first=locked.in_force_from, last=last
        )
        if changed:
            write_history(Record, kind="~", where=sql.SQL("id = ANY(%s)"), params=[changed])
        note("ruleset.rejudge", actor=actor, on=locked, data={"count": len(changed)})
        locked.rejudged = len(changed)
    return locked


def _make_room(rule_set: RuleSet, moment: datetime) -> date | None:
    """End the rule sets in force whose days this one takes; returns its own last day."""
    last = last_day_of(rule_set)
    for one in forerunners(rule_set):
        if one.in_force_from < rule_set.in_force_from:
            one.in_force_to = rule_set.in_force_from - timedelta(days=1)
            one.save(update_fields=["in_force_to"])
        else:
            one.state, one.superseded_at = State.SUPERSEDED, moment
            one.save(update_fields=["state", "superseded_at"])
    return last


def _locked(rule_set: RuleSet) -> RuleSet:
    return RuleSet.objects.select_for_update().get(pk=rule_set.pk)
