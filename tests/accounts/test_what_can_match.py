"""A condition that tells by its form whether it can match says what Django's compiler says."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest
from django.db.models import Exists, Q
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import policy
from accounts.models import Department, Membership
from accounts.policy import EVERYTHING, NOTHING, can_match

pytestmark = pytest.mark.django_db


class _Bodies(policy.Policy):
    model = Department
    rules = {"view": lambda rule: rule.within}


def _scope(rule):
    """The bodies that a policy of this rule shows."""
    return _Bodies.scope(SimpleNamespace(is_authenticated=True, is_active=True, within=rule))


LEAVES = [
    ("pk__in", []),
    ("pk__in", (1, 2)),
    ("pk__in", [None]),
    ("user__department__in", set()),
    ("user__department__in", frozenset({1})),
    ("role__in", ()),
    ("role", "clerk"),
    ("role", ""),
    ("department", None),
    ("department__isnull", False),
    ("since__lte", date(2026, 11, 16)),
    ("department__in", Department.objects.none()),
    ("department__in", Department.objects.filter(level="city")),
    ("department__in", Department.objects.filter(pk__in=[])),
    ("department", Department(pk=1)),
    ("department__in", _scope(EVERYTHING)),
    ("user__department__in", _scope(NOTHING)),
    ("department__in", _scope(Q(level="city") | NOTHING)),
    ("department__in", _scope(~NOTHING)),
    ("department__in", _scope(Q(pk__in=Department.objects.none()))),
    ("department__in", _scope(Q(pk__in=_scope(NOTHING)))),
    ("department__in", _scope(Q(level="city")).filter(pk__in=[])),
    ("department__in", _scope(Q(level="city")).none()),
    ("department__in", _scope(Q(level="city")).values("pk")),
]


def _conditions():
    leaf = st.one_of(
        st.sampled_from(LEAVES).map(lambda leaf: Q(leaf)),
        st.sampled_from(
            [Q(), NOTHING, Q(Exists(Department.objects.none())), Q(Exists(Department.objects.all()))]
        ),
    )
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            inner.map(lambda one: ~one),
            *(
                st.lists(inner, min_size=1, max_size=3).map(lambda parts, how=how: Q(*parts, _connector=how))
                for how in (Q.AND, Q.OR, Q.XOR)
            ),
        ),
        max_leaves=8,
    )


@settings(max_examples=300)
@given(_conditions())
def test_the_form_says_what_the_compiler_says(rule):
    assert can_match(Membership, rule) == policy._compiles(Membership, rule)


@pytest.mark.parametrize("leaf", LEAVES, ids=[f"{number}-{name}" for number, (name, _) in enumerate(LEAVES)])
@pytest.mark.parametrize("turned", [False, True], ids=["plain", "turned"])
def test_a_single_comparison_too(leaf, turned):
    rule = ~Q(leaf) if turned else Q(leaf)
    assert can_match(Membership, rule) == policy._compiles(Membership, rule)


def test_departments_and_offices_are_told_without_the_compiler(monkeypatch):
    monkeypatch.setattr(policy, "_compiles", None)
    assert can_match(Membership, Q(department__in=[]) | Q(role="clerk", since__lte=date(2026, 11, 16)))
    assert not can_match(Membership, Q(department__in=[]) & ~Q(role="clerk"))
    assert not can_match(Membership, NOTHING)
    assert can_match(Membership, Q())
    assert can_match(Membership, Q(department__in=_scope(Q(level="city"))))
    assert not can_match(Membership, Q(department__in=_scope(NOTHING)))
