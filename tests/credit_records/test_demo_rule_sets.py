"""The demo holds a change of law to rehearse, loaded once."""

from __future__ import annotations

import pytest

from credit_records.demo import rule_sets
from credit_records.models import Record, RuleSet, SeverityFinding

from .builders import penalty
from .reporting import NOW

pytestmark = pytest.mark.django_db


def test_the_draft_is_there_rehearsed_and_loaded_once(report, city):
    report(penalty(1, 公示截止期=None, **{"罚款金额(万元)": 80}), publish=True)
    assert rule_sets.load(NOW) == 1
    assert rule_sets.load(NOW) == 0
    draft = RuleSet.objects.get(title=rule_sets.TITLE)
    assert (draft.state, draft.in_force_from.isoformat(), len(draft.body["amounts"])) == (
        "draft",
        "2026-12-01",
        2,
    )
    found = draft.rehearsals.get()
    assert (found.as_if, found.records, found.changed) == (True, 1, 1)
    assert Record.objects.get().rule_set == "order-36"


def test_findings_are_made_by_the_reviewer_once(report, city):
    city.person("reviewer.scjg", "李示例二", "reviewer", city.scjg)
    report(*(penalty(n, 公示截止期=None) for n in range(1, 13)), publish=True)
    assert rule_sets.load(NOW) == 3
    assert rule_sets.load(NOW) == 0
    assert set(SeverityFinding.objects.values_list("severity", flat=True)) == {"minor", "serious"}


def test_before_anything_is_there_nothing_is_loaded(system):
    assert rule_sets.load(NOW) == 0
