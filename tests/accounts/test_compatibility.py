"""Which roles go together: the rule and the service against a definition that goes from day to day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Membership, Role, RolePair
from accounts.models.roles import above
from accounts.rules.compatibility import ABOVE, ANYWHERE, SAME_BODY, Pair, Post, Term, apart_by_law, same_post
from accounts.selectors.review import violations
from audit.faults import Refused

from .giving import DAY, give, newcomer

FIRST = date(2026, 1, 1)
days = st.integers(0, 12).map(lambda number: FIRST + timedelta(days=number))
terms = st.builds(Term, days, st.none() | days)
posts = st.builds(
    Post,
    st.sampled_from(["one", "two", "three"]),
    st.integers(0, 3),
    terms,
    st.frozensets(st.integers(1, 3), max_size=2),
)
pairs = st.builds(
    Pair,
    st.sampled_from(["one", "two"]),
    st.sampled_from(["two", "three"]),
    st.sampled_from([ANYWHERE, SAME_BODY, ABOVE]),
    terms,
)


def on(term: Term, day: date) -> bool:
    return term.since <= day and (term.until is None or day <= term.until)


def incompatible(pair: Pair, one: Post, other: Post) -> bool:
    """The rule as one would say it, without a thought of intervals."""
    for first, second in ((one, other), (other, one)):
        if first.role == pair.first and second.role == pair.second:
            if pair.scope == ANYWHERE:
                return True
            if pair.scope == SAME_BODY and first.body == second.body:
                return True
            if pair.scope == ABOVE and first.body in second.above:
                return True
    return False


@given(pairs, posts, posts)
@settings(max_examples=400, deadline=None)
def test_roles_clash_on_exactly_the_days_on_which_both_are_held_against_the_pair(pair, one, other):
    calendar = [FIRST + timedelta(days=number) for number in range(15)]
    naive = [
        day
        for day in calendar
        if incompatible(pair, one, other) and on(one.term, day) and on(other.term, day) and on(pair.term, day)
    ]
    clash = pair.clash(one, other)
    assert clash == pair.clash(other, one)
    assert [day for day in calendar if clash is not None and on(clash, day)] == naive


@given(posts, posts)
def test_the_same_role_is_held_twice_on_exactly_the_common_days(one, other):
    calendar = [FIRST + timedelta(days=number) for number in range(15)]
    same = (one.role, one.body) == (other.role, other.body)
    naive = [day for day in calendar if same and on(one.term, day) and on(other.term, day)]
    twice = same_post(one, other)
    assert [day for day in calendar if twice is not None and on(twice, day)] == naive


@given(terms, terms)
def test_a_term_lies_within_another_when_each_of_its_days_does(one, other):
    calendar = [FIRST + timedelta(days=number) for number in range(15)]
    if one.until is not None and one.until < one.since:
        return
    assert one.within(other) == all(on(other, day) for day in calendar if on(one, day))


def test_three_apart_from_each_other_and_from_all_others():
    found = apart_by_law(("x", "y", "z"), ("a", "b"))
    assert {frozenset(pair) for pair in found} == {
        frozenset(pair) for pair in ("xy", "xz", "yz", "xa", "xb", "ya", "yb", "za", "zb")
    }
    assert len(found) == 9


PLACES = {
    Role.CLERK: "scjg", Role.REVIEWER: "scjg", Role.OFFICER: "office", Role.APPROVER: "office",
    Role.SUPERVISOR: "office", Role.UPPER_REVIEWER: "upper_office",
}  # fmt: skip
givings = st.tuples(
    st.sampled_from(list(Role)), st.booleans(), st.integers(0, 9), st.none() | st.integers(0, 6)
)


@given(st.lists(givings, min_size=2, max_size=5))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_service_gives_exactly_what_the_naive_definition_allows(city, asked):
    """Random roles, bodies and days on random accounts: given or refused as the days one by one would say."""
    rules = [pair.rule for pair in RolePair.objects.all()]
    calendar = [DAY + timedelta(days=number) for number in range(20)]
    with transaction.atomic():
        person = newcomer(city, "random")
        held: list[Post] = []
        for role, elsewhere, begins, lasts in asked:
            body = getattr(city, PLACES[role]) if role in PLACES else None
            if body is not None and elsewhere:
                body = city.sthj if role in (Role.CLERK, Role.REVIEWER) else city.office
            since = DAY + timedelta(days=begins)
            term = Term(since, None if lasts is None else since + timedelta(days=lasts))
            post = Post(role, body.pk if body else 0, term, above(body))
            in_the_way = [
                other
                for other in held
                for day in calendar
                if on(term, day) and on(other.term, day)
                if (other.role, other.body) == (post.role, post.body)
                or any(incompatible(rule, post, other) for rule in rules)
            ]
            if in_the_way:
                with pytest.raises(Refused):
                    give(city, person, role, body, since, term.until)
            else:
                give(city, person, role, body, since, term.until)
                held.append(post)
        assert not violations(DAY, people=[person])
        assert Membership.objects.filter(user=person).count() == len(held)
        transaction.set_rollback(True)
