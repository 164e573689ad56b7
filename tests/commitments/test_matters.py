"""The list of matters: drafted and worded by a clerk, published and ended by a reviewer, with dated wordings."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest

from accounts.policy import NotAllowed, NotVisible, policy_for
from accounts.services import give_role
from audit.faults import Refused
from commitments.models import Commitment, CommitmentMatter
from commitments.selectors.matters import matters_applying, template_on
from commitments.services import publishing
from commitments.services.matters import (
    amend_matter,
    confirm_wording,
    draft_matter,
    end_matter,
    publish_matter,
    reject_wording,
    word_matter,
)
from exchange.models import Entry

from .counter import DAY, at
from .uploading import commitment


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
    confirm_wording(matter, actor=city.reviewer, now=at(17))
    with pytest.raises(Refused) as refusal:
        word_matter(matter, actor=city.clerk, in_force_from=date(2026, 12, 1), now=at(17), **second)
    assert refusal.value.code == "matter.wording_day_taken"
    days = {date(2026, 11, 15): None, DAY: 1, date(2026, 11, 30): 1, date(2026, 12, 1): 2}
    found = {day: template_on(matter, day) for day in days}
    assert {day: one and one.number for day, one in found.items()} == days


def proposed(city) -> CommitmentMatter:
    """A published matter with a further wording that waits."""
    matter = draft(city)
    publish_matter(matter, actor=city.reviewer, now=at(16))
    word_matter(
        matter,
        actor=city.clerk,
        content="承诺乙。",
        liability="撤销。",
        in_force_from=date(2026, 11, 18),
        now=at(17),
    )
    return matter


def last_told() -> str:
    return Entry.objects.order_by("-pk").first().payload["content"]


def test_what_a_clerk_words_governs_and_is_public_only_once_a_reviewer_has_confirmed_it(city, upload):
    matter, day = proposed(city), date(2026, 11, 18)
    own = {"承诺事项": matter.name, "承诺类型": "审批替代型", "承诺作出日期": "2026/11/18"}
    assert template_on(matter, day).number == 1
    publishing.sweep(actor=city.system, now=at(18))
    assert last_told() == "{承诺人名称}承诺符合条件。"
    upload(commitment(1, **own), publish=True)
    confirmed = confirm_wording(matter, actor=city.reviewer, now=at(18))
    assert (confirmed.state, confirmed.decided_by) == ("confirmed", city.reviewer)
    assert (template_on(matter, day), last_told()) == (confirmed, "承诺乙。")
    upload(commitment(2, **own), publish=True)
    assert list(Commitment.objects.order_by("pk").values_list("template__number", flat=True)) == [1, 2]


def test_a_wording_that_was_sent_back_never_governs_and_leaves_its_day_free(city):
    matter = proposed(city)
    with pytest.raises(Refused) as refusal:
        reject_wording(matter, actor=city.reviewer, reason=" ", now=at(17))
    assert refusal.value.code == "reason.missing"
    reject_wording(matter, actor=city.reviewer, reason="依据不对。", now=at(17))
    assert template_on(matter, date(2026, 11, 18)).number == 1
    word_matter(
        matter,
        actor=city.clerk,
        content="承诺丙。",
        liability="撤销。",
        in_force_from=date(2026, 11, 18),
        now=at(17),
    )
    assert confirm_wording(matter, actor=city.reviewer, now=at(18)).number == 3


@pytest.mark.parametrize(
    ("person", "refusal"),
    [
        ("clerk", NotAllowed),
        ("officer", NotAllowed),
        ("stranger", NotAllowed),
        ("strange_reviewer", NotAllowed),
    ],
)
def test_nobody_but_the_departments_reviewer_confirms_a_wording(city, person, refusal):
    matter = proposed(city)
    for verb in (confirm_wording, partial(reject_wording, reason="不对。")):
        with pytest.raises(refusal):
            verb(matter, actor=getattr(city, person), now=at(17))


def test_who_worded_does_not_confirm_even_with_both_roles_and_nobody_confirms_twice_or_too_late(city):
    matter = proposed(city)
    give_role(city.clerk, "reviewer", actor=city.system, department=city.scjg, since=date(2020, 1, 1))
    del city.clerk.holdings

    def refused(code: str, verb, **given) -> None:
        with pytest.raises(Refused) as refusal:
            verb(matter, **given)
        assert refusal.value.code == code

    refused("four_eyes", confirm_wording, actor=city.clerk, now=at(17))
    refused("matter.wording_in_past", confirm_wording, actor=city.reviewer, now=at(19))
    second = {"content": "承诺丙。", "liability": "撤销。", "in_force_from": date(2026, 12, 1)}
    refused("matter.wording_waits", word_matter, actor=city.second_clerk, now=at(17), **second)
    confirm_wording(matter, actor=city.reviewer, now=at(17))
    refused("matter.no_wording_waits", confirm_wording, actor=city.reviewer, now=at(17))


def test_who_worded_a_draft_does_not_publish_it(city):
    """The draft is another's: with its publication the wording is confirmed too."""
    matter = draft(city, actor=city.second_clerk)
    word_matter(
        matter, actor=city.clerk, content="承诺乙。", liability="撤销。", in_force_from=date(2026, 12, 1)
    )
    give_role(city.clerk, "reviewer", actor=city.system, department=city.scjg, since=date(2020, 1, 1))
    del city.clerk.holdings
    with pytest.raises(Refused) as refusal:
        publish_matter(matter, actor=city.clerk, now=at(16))
    assert refusal.value.code == "four_eyes"
    publish_matter(matter, actor=city.reviewer, now=at(16))
    assert set(matter.templates.values_list("state", "decided_by")) == {("confirmed", city.reviewer.pk)}


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
    matter = draft(city)
    give_role(city.clerk, "reviewer", actor=city.system, department=city.scjg, since=date(2020, 1, 1))
    del city.clerk.holdings
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
