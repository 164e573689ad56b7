"""The list of matters: drafted and worded by a clerk, published and ended by a reviewer, with dated wordings."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.policy import NotAllowed, NotVisible, policy_for
from audit.faults import Refused
from commitments.models import CommitmentMatter
from commitments.selectors.matters import matters_applying, template_on
from commitments.services.matters import (
    amend_matter,
    draft_matter,
    end_matter,
    publish_matter,
    word_matter,
)

from .counter import DAY, at


def draft(city, **values) -> CommitmentMatter:
    given = {
        "actor": city.clerk,
        "department": city.scjg,
        "name": "烟花爆竹零售告知承诺",
        "kind": "approval",
        "legal_basis": "示例条例第三条",
        "content": "{承诺人名称}承诺符合条件。",
        "liability": "依法撤销。",
        "in_force_from": DAY,
        "now": at(16),
        **values,
    }
    return draft_matter(**given)


def test_a_matter_is_drafted_published_and_ended(city):
    matter = draft(city)
    assert list(matters_applying([city.scjg.pk], DAY)) == []
    publish_matter(matter, actor=city.reviewer, now=at(16))
    assert list(matters_applying([city.scjg.pk], DAY)) == [matter]
    assert list(matters_applying([city.sthj.pk], DAY)) == []
    end_matter(matter, actor=city.reviewer, reason="条例已废止。", now=at(18))
    assert list(matters_applying([city.scjg.pk], date(2026, 11, 17))) == [matter]
    assert list(matters_applying([city.scjg.pk], date(2026, 11, 18))) == []
    assert draft(city, in_force_from=date(2026, 11, 19)).name == matter.name


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": " "}, "matter.name_missing"),
        ({"name": "示" * 201}, "text.too_long"),
        ({"kind": "repair"}, "matter.kind"),
        ({"legal_basis": " "}, "matter.no_legal_basis"),
        ({"content": ""}, "matter.wording_missing"),
        ({"liability": ""}, "matter.wording_missing"),
        ({"content": "{法人}承诺"}, "commitment.template_mark"),
    ],
)
def test_a_draft_that_could_not_be_published_is_refused(city, values, code):
    with pytest.raises(Refused) as refusal:
        draft(city, **values)
    assert refusal.value.code == code
    assert not CommitmentMatter.objects.exists()


def test_the_same_name_stands_once_in_a_department(city):
    draft(city)
    with pytest.raises(Refused) as refusal:
        draft(city)
    assert refusal.value.code == "matter.name_taken"
    assert draft(city, actor=city.stranger, department=city.sthj).pk


def test_the_wording_of_the_day_is_used_and_the_old_one_stays(city):
    matter = draft(city)
    publish_matter(matter, actor=city.reviewer, now=at(16))
    second = {"content": "承诺符合新条件。", "liability": "依法撤销。"}
    with pytest.raises(Refused) as refusal:
        word_matter(matter, actor=city.clerk, in_force_from=date(2026, 11, 16), now=at(17), **second)
    assert refusal.value.code == "matter.wording_in_past"
    word_matter(matter, actor=city.clerk, in_force_from=date(2026, 12, 1), now=at(17), **second)
    with pytest.raises(Refused) as refusal:
        word_matter(matter, actor=city.clerk, in_force_from=date(2026, 12, 1), now=at(17), **second)
    assert refusal.value.code == "matter.wording_day_taken"
    days = {date(2026, 11, 15): None, DAY: 1, date(2026, 11, 30): 1, date(2026, 12, 1): 2}
    found = {day: template_on(matter, day) for day in days}
    assert {day: one and one.number for day, one in found.items()} == days


def test_a_matter_without_a_wording_in_force_is_not_published(city):
    matter = draft(city, in_force_from=date(2026, 12, 1))
    with pytest.raises(Refused) as refusal:
        publish_matter(matter, actor=city.reviewer, now=at(16))
    assert refusal.value.code == "matter.no_wording"


def test_only_a_draft_is_amended(city):
    matter = draft(city)
    changed = {"name": "烟花零售告知承诺", "kind": "proof", "legal_basis": "示例条例第四条"}
    assert amend_matter(matter, actor=city.clerk, **changed).kind == "proof"
    publish_matter(matter, actor=city.reviewer, now=at(16))
    with pytest.raises(Refused) as refusal:
        amend_matter(matter, actor=city.clerk, **changed)
    assert refusal.value.code == "matter.state"


def test_who_drafted_does_not_publish_even_with_both_roles(city):
    from accounts.services import give_role

    matter = draft(city)
    give_role(city.clerk, "reviewer", actor=city.system, department=city.scjg, since=date(2020, 1, 1))
    del city.clerk.roles
    with pytest.raises(Refused) as refusal:
        publish_matter(matter, actor=city.clerk, now=at(16))
    assert refusal.value.code == "four_eyes"


@pytest.mark.parametrize(
    ("person", "refusal"),
    [
        ("clerk", NotAllowed),
        ("officer", NotAllowed),
        ("stranger", NotVisible),
        ("strange_reviewer", NotVisible),
    ],
)
def test_nobody_but_the_departments_reviewer_publishes(city, person, refusal):
    with pytest.raises(refusal):
        publish_matter(draft(city), actor=getattr(city, person), now=at(16))


def test_drafts_are_seen_at_home_and_by_the_office_and_the_published_by_all_departments(city):
    matter = draft(city)
    people = ("clerk", "reviewer", "officer", "supervisor", "stranger", "auditor")

    def seen() -> set[str]:
        scope = policy_for(CommitmentMatter)
        return {who for who in people if scope.allows(getattr(city, who), "view", matter)}

    assert seen() == {"clerk", "reviewer", "officer", "supervisor"}
    publish_matter(matter, actor=city.reviewer, now=at(16))
    assert seen() == {"clerk", "reviewer", "officer", "supervisor", "stranger"}
    with pytest.raises(NotAllowed):
        word_matter(
            matter, actor=city.stranger, content="新", liability="新", in_force_from=date(2026, 12, 1)
        )
