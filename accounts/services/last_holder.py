"""三员 are never without anybody: whoever is the last holder of such a role is followed by another before it ends, or runs out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Q

from accounts.models import SEPARATE_ROLES, Membership, Role
from accounts.rules.compatibility import Term
from accounts.rules.coverage import first_gap
from audit.clock import today
from audit.faults import Refused


def keep_a_holder(roles: Iterable[str], *, after: date, without: Q) -> None:
    """Refuse (`account.last_holder`) when on some day after `after`, from today on, nobody would hold one of these roles any more.

    `without` says which memberships go. Whoever leaves, is deactivated or stands in for another counts for nobody, and who
    holds a role to a day counts to that day. Inside the act: of two who let each other's role go at once the second waits
    here and sees the first.
    """
    on = max(after + timedelta(days=1), today())
    for role in Role:
        if role not in SEPARATE_ROLES or role not in set(roles):
            continue
        going = set(Membership.objects.filter(without, role=role).values_list("pk", flat=True))
        held = _holders(role)
        left = [term for key, term in held if key not in going]
        for term in (term.common(Term(on)) for key, term in held if key in going):
            gap = first_gap(term, left) if term is not None else None
            if gap is not None:
                raise Refused(
                    "account.last_holder",
                    f"这是最后一位{role.label}，{gap}起将无人担任。请先由安全管理员授予另一人{role.label}(不填截止日期)，再办这一步；"
                    "只剩一位安全管理员的，由运维人员在服务器上用 create_account 开设。",
                )


def keep_a_successor(role: str, until: date | None) -> None:
    """Refuse (`account.last_holder`) to give one of the three roles to a day after which nobody would hold it."""
    if until is None or role not in SEPARATE_ROLES:
        return
    gap = first_gap(Term(until + timedelta(days=1)), [term for _, term in _holders(role)])
    if gap is not None:
        label = Role(role).label
        raise Refused(
            "account.last_holder",
            f"{label}不能无人担任，而{gap}起没有人任{label}。请不填截止日期，或者先授予另一人{label}(不填截止日期)，再给这一位定期限。",
        )


def running_out(on: date) -> dict[str, date]:
    """Of the three roles those that nobody will hold on some day from `on` on, with the first such day."""
    found = {role: first_gap(Term(on), [term for _, term in _terms(role)]) for role in sorted(SEPARATE_ROLES)}
    return {str(role): day for role, day in found.items() if day is not None}


def _holders(role: str) -> list[tuple[int, Term]]:
    """Locked: who ends one at the same moment waits."""
    list(Membership.objects.select_for_update(of=("self",)).filter(role=role).order_by("pk"))
    return _terms(role)


def _terms(role: str) -> list[tuple[int, Term]]:
    held = Membership.objects.filter(role=role, deputy_of__isnull=True, user__is_active=True).select_related(
        "user"
    )
    found = []
    for one in held:
        ends = [day for day in (one.until, one.user.last_day) if day is not None]
        term = Term(one.since, min(ends, default=None))
        if term.until is None or term.until >= term.since:
            found.append((one.pk, term))
    return found
