"""Proposals (督办建议): what the boards found, laid before the office, which drafts a letter from it or says why not.

The rooms above know the facts and hand them in; this room keeps them. A room above writes a source, a function that
yields `Fact`s, and registers it when it starts: `register_source(source)`. With it goes, by kind, a check that tells of open
proposals what has become of their facts (`Check`): one whose fact is gone is closed with that sentence (情况已消除), never deleted.
The daily job and the button on the page call all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.models import Department, User
from accounts.policy import NotAllowed, policy_for
from audit.acts import act
from audit.clock import now as present
from audit.faults import Refused
from oversight.machine import OF_PROPOSALS, require_state
from oversight.models import Directive, Proposal
from oversight.policies import WORKS
from oversight.rules.grades import PROMPT

from . import directives

QUIET_DAYS = 30
"""A fact that was taken up or dismissed is not proposed again for so many days [own]."""
_UNDER_WAY = (Directive.State.DRAFT, Directive.State.SUBMITTED, Directive.State.ISSUED)
DEMANDS = "请核查原因，及时整改，并按期书面回复整改情况，附佐证材料。"
"""What a draft made from a proposal asks for, until the officer words it."""


@dataclass(frozen=True)
class Fact:
    """One thing worth supervising, as a board sees it."""

    kind: str
    """`late-case`, `silent-department`, `falling-rate`, or another that `KINDS` of the source names."""
    key: str
    """Tells this fact from others of its kind; with the month in it where the next month is another fact."""
    office: Department
    """Whose business it is: the office that answers for the bodies."""
    matter: str
    bodies: Sequence[Department]
    facts: str
    """What is the case, in sentences that can stand in a letter: no names of persons."""
    evidence: str = ""
    """The page on which it is seen (an address of this product, without the host)."""


Source = Callable[[datetime], Iterable[Fact]]
Check = Callable[[Sequence[Proposal], datetime], Mapping[int, str]]
"""Of these open proposals of one kind those whose fact is gone, by key, each with what has become of it, as a sentence."""
_sources: list[Source] = []
_checks: dict[str, Check] = {}
_kinds: dict[str, str] = {}


def register_source(source: Source, kinds: dict[str, str], checks: Mapping[str, Check] | None = None) -> None:
    """Add a source of facts, with the Chinese names of the kinds it yields and their checks; rooms do so when they start."""
    if source not in _sources:
        _sources.append(source)
    _kinds.update(kinds)
    _checks.update(checks or {})


def kind_words(kind: str) -> str:
    return _kinds.get(kind, kind)


def kinds() -> dict[str, str]:
    return dict(_kinds)


def offer(fact: Fact, *, actor: User, now: datetime | None = None) -> Proposal | None:
    """Lay a fact before the office; None when it lies there already, its letter is under way, or it was dealt with lately.

    Not asked of a policy: the fact is the product's own finding. `actor` is the system account (the job) or whoever pressed the
    button in the office.
    """
    moment = now or present()
    if not fact.bodies:
        return None
    known = Proposal.objects.filter(office=fact.office, kind=fact.kind, fact=fact.key)
    # What was gone and has come back is news, however short the time between.
    quiet = Q(decided_at__gt=moment - timedelta(days=QUIET_DAYS)) & ~Q(state=Proposal.State.GONE)
    if known.filter(Q(state=Proposal.State.OPEN) | quiet | Q(directive__state__in=_UNDER_WAY)).exists():
        return None
    proposal = Proposal(
        office=fact.office,
        kind=fact.kind,
        fact=fact.key[:120],
        matter=fact.matter[:100],
        bodies=[one.pk for one in fact.bodies],
        facts=fact.facts,
        evidence=fact.evidence[:300],
        proposed_at=moment,
    )
    try:
        with act("proposal.offer", actor=actor, data={"kind": fact.kind, "matter": proposal.matter}):
            proposal.save()
    except IntegrityError:
        return None  # another run was quicker
    return proposal


def gather(*, actor: User, now: datetime | None = None) -> int:
    """Ask all sources and offer what they found, a person for the own offices alone; returns how many are new."""
    moment, own = now or present(), _offices_of(actor)
    found = 0
    for source in _sources:
        for fact in source(moment):
            if own is None or fact.office.pk in own:
                found += offer(fact, actor=actor, now=moment) is not None
    return found


def close_gone(*, actor: User, now: datetime | None = None) -> int:
    """Close the open proposals whose fact is gone, a person those of the own offices; returns how many.

    One that somebody has taken up stays with its letter. Each in an act of its own; safe to repeat and beside other runs.
    """
    moment, own = now or present(), _offices_of(actor)
    waiting = Proposal.objects.filter(state=Proposal.State.OPEN)
    if own is not None:
        waiting = waiting.filter(office__in=own)
    closed = 0
    for kind, check in _checks.items():
        rows = list(waiting.filter(kind=kind).select_related("office").order_by("pk"))
        if rows:
            gone = check(rows, moment)
            closed += sum(_close(one, gone[one.pk], actor, moment) for one in rows if one.pk in gone)
    return closed


def _close(proposal: Proposal, why: str, actor: User, moment: datetime) -> bool:
    with transaction.atomic():
        held = Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
        if held.state != Proposal.State.OPEN:
            return False  # somebody was quicker
        with act("proposal.gone", actor=actor, on=held, reason=why):
            held.decided_reason = why
            held.state, held.decided_at = Proposal.State.GONE, moment
            held.save(update_fields=["state", "decided_at", "decided_reason"])
    return True


def _offices_of(actor: User) -> frozenset[int] | None:
    """For whose offices somebody may ask; None is the job, for all of them."""
    if actor.username == User.SYSTEM:
        return None
    own = frozenset(actor.departments_as(*WORKS))
    if not own:
        raise NotAllowed("只有信用办的经办人和督查员可以生成督办建议。")
    return own


def take(proposal: Proposal, *, actor: User, grade: str = PROMPT, now: datetime | None = None) -> Directive:
    """Draft a letter from it, worded with its facts; the officer goes on with the draft."""
    policy_for(Proposal).require(actor, "take", proposal)
    with act("proposal.take", actor=actor, on=proposal):
        held = _locked(proposal, "take")
        bodies = list(Department.objects.filter(pk__in=held.bodies, active=True).order_by("code"))
        held.directive = directives.draft(
            actor=actor, office=held.office, matter=held.matter, grade=grade, bodies=bodies, facts=held.facts,
            demands=DEMANDS, evidence=held.evidence, now=now,
        )  # fmt: skip
        _decided(held, Proposal.State.TAKEN, actor, now)
    return held.directive


def dismiss(proposal: Proposal, *, actor: User, reason: str, now: datetime | None = None) -> Proposal:
    """Not taken up, with the reason."""
    policy_for(Proposal).require(actor, "dismiss", proposal)
    if not reason.strip():
        raise Refused("reason.missing", "不采纳必须写明理由。")
    with act("proposal.dismiss", actor=actor, on=proposal, reason=reason.strip()):
        held = _locked(proposal, "dismiss")
        held.decided_reason = reason.strip()
        _decided(held, Proposal.State.DISMISSED, actor, now)
    return held


def _locked(proposal: Proposal, verb: str) -> Proposal:
    held = Proposal.objects.select_for_update(of=("self",)).select_related("office").get(pk=proposal.pk)
    require_state(OF_PROPOSALS, verb, held)
    return held


def _decided(held: Proposal, state: str, actor: User, now: datetime | None) -> None:
    held.state, held.decided_by, held.decided_at = state, actor, now or present()
    held.save(update_fields=["state", "decided_by", "decided_at", "decided_reason", "directive"])
