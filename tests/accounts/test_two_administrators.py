"""Two administrators at once, on real connections: what the one has given the other sees, and nothing is half done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from accounts import services
from accounts.models import Membership, Role, RolePair, User
from accounts.selectors.review import violations
from audit.clock import today
from audit.faults import Refused
from casework.models import Case
from casework.services import assignment

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def db(transactional_db):
    """Everything here is committed: other connections must see it."""


def at_once(*attempts: Callable[[], Any]) -> list[str]:
    """Run all at the same moment, each on a connection of its own; what became of each, in their order."""
    start, outcomes = threading.Barrier(len(attempts)), dict.fromkeys(range(len(attempts)), "")

    def run(place: int, attempt: Callable[[], Any]) -> None:
        try:
            start.wait()
            attempt()
        except Refused as refusal:
            outcomes[place] = refusal.code
        except Exception as other:  # a deadlock, for instance: told, not swallowed
            outcomes[place] = repr(other)
        else:
            outcomes[place] = "done"
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(attempts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(outcomes.values())


def test_of_two_who_act_on_one_account_at_once_the_second_sees_the_first(city, way):
    """One set-up for all of them: what commits is built anew for every test."""
    second_admin = city.person("secadmin2", "沈示例", Role.SECURITY_ADMIN, None)
    newcomer = city.person("officer2", "韩示例", Role.OFFICER, city.office)
    day = today()

    def give(user: User, role: str, by: User, body=city.office) -> Callable[[], Any]:
        return lambda: services.give_role(
            User.objects.get(pk=user.pk),
            role,
            actor=User.objects.get(pk=by.pk),
            department=body,
            since=day,
            reason="任命",
        )

    # Roles that do not go together, and the same role twice.
    one, other = (
        services.register_account(
            actor=city.system, username=name, display_name="褚示例", department=city.office
        )
        for name in ("one", "other")
    )
    outcomes = at_once(give(one, Role.OFFICER, city.secadmin), give(one, Role.APPROVER, second_admin))
    assert sorted(outcomes) == ["account.roles_apart", "done"]
    outcomes = at_once(
        give(other, Role.CLERK, city.secadmin, city.scjg), give(other, Role.CLERK, second_admin, city.scjg)
    )
    assert sorted(outcomes) == ["account.role_held", "done"]

    # A deputy is arranged while the role ends: whoever comes second is told, or the deputy ends with it.
    held = Membership.objects.get(user=city.approver)
    outcomes = at_once(
        lambda: services.deputise(
            held, actor=city.secadmin, deputy=other, since=day, until=day + timedelta(days=5), reason="休假"
        ),
        lambda: services.end_role(held, actor=second_admin, until=day, reason="调离"),
    )
    assert outcomes[1] == "done"
    assert outcomes[0] in ("done", "account.deputy")
    lasting = Membership.objects.lasting(day)
    assert not lasting.filter(user=city.approver).exists()
    assert not lasting.filter(deputy_of=held).exists()

    # Two who would stand in for each other.
    mine, theirs = Membership.objects.get(user=city.clerk), Membership.objects.get(user=city.stranger)
    crossing = at_once(
        *(
            lambda stood_for=stood_for, deputy=deputy, by=by: services.deputise(
                stood_for, actor=by, deputy=deputy, since=day, until=day, reason="休假"
            )
            for stood_for, deputy, by in (
                (mine, city.stranger, city.secadmin),
                (theirs, city.clerk, second_admin),
            )
        )
    )
    assert crossing == ["done", "done"]

    # A person is let go while a role is given: it ends with the last day, or is refused.
    gone = at_once(
        lambda: services.leave(city.supervisor, actor=city.sysadmin, last_day=day, reason="调离"),
        give(city.supervisor, Role.OFFICER, city.secadmin),
    )
    assert gone[0] == "done"
    assert gone[1] in ("done", "account.closed")
    assert not Membership.objects.lasting(day).filter(user=city.supervisor).exists()

    # And while a case is put into the hands of the person who leaves: it waits in the list of the office, or has gone along.
    way.accept()
    case = Case.objects.get()
    left = at_once(
        lambda: services.leave(
            city.officer, actor=city.sysadmin, last_day=day, successor=newcomer, reason="调离"
        ),
        lambda: assignment.assign(
            case, actor=User.objects.get(pk=newcomer.pk), officer=newcomer, reason="改派"
        ),
    )
    assert left[0] == "done", left
    case.refresh_from_db()
    assert case.assignee == newcomer

    # The same pair from two sides.
    def pair(role_a: str, role_b: str, by: User) -> Callable[[], Any]:
        return lambda: services.add_pair(
            actor=by, role_a=role_a, role_b=role_b, scope="same_body", since=day, reason="录审分离"
        )

    added = at_once(pair("clerk", "reviewer", city.secadmin), pair("reviewer", "clerk", second_admin))
    assert sorted(added) == ["account.pair", "done"]
    assert RolePair.objects.filter(role_a="clerk").count() == 1
    assert not violations(day)

    # Each of two security administrators lets the other's role go: one of them stays.
    def ends(whose: User, by: User) -> Callable[[], Any]:
        held = Membership.objects.get(user=whose)
        return lambda: services.end_role(held, actor=User.objects.get(pk=by.pk), until=day, reason="调离")

    gone = at_once(ends(second_admin, city.secadmin), ends(city.secadmin, second_admin))
    assert sorted(gone) == ["account.last_holder", "done"]
