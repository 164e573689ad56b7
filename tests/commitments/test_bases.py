"""By what is counted: dated versions that two people of the office make; the past stays counted as it was."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import IntegrityError, connection, transaction

from accounts import dated
from accounts.policy import NotAllowed, policy_for
from audit import bulk
from audit.acts import act
from audit.faults import Refused
from commitments.models import FigureBasis
from commitments.rules.figures import basis_faults, parse_pairs, plain
from commitments.selectors.bases import basis_on, shipped
from commitments.selectors.figures import figures_of
from commitments.services.bases import drafted, load_shipped_bases
from credit_records.models import Subject

from ..roles import holds_besides
from .counter import at, company

FROM = date(2026, 7, 1)
GIVEN = {
    "in_force_from": FROM,
    "enterprise_pairs": ("91", "92"),
    "coverage_target": Decimal("2.5"),
    "performance_target": Decimal(1),
    "source": "示例文件第一条",
    "reason": "个体工商户计入。",
}


def propose(city, **changes) -> FigureBasis:
    return proposed_by(city.officer, now=at(16), **changes)


def proposed_by(actor, *, now=None, **changes) -> FigureBasis:
    given = {**GIVEN, **changes}
    reason = given.pop("reason")
    return dated.propose(drafted(**given), actor=actor, reason=reason, now=now)


@pytest.fixture
def shipped_rows(city):
    load_shipped_bases(actor=city.system)


def test_the_shipped_row_is_loaded_once_and_never_over_the_offices_own(city, shipped_rows):
    assert load_shipped_bases(actor=city.system) == []
    dated.confirm(propose(city), actor=city.approver, now=at(17))
    assert load_shipped_bases(actor=city.system) == []
    rows = list(FigureBasis.objects.order_by("in_force_from").values_list("in_force_from", "in_force_to"))
    assert rows == [(date(2022, 1, 1), date(2026, 6, 30)), (FROM, None)]


def test_a_database_without_rows_is_counted_by_what_is_shipped(city):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM commitments_figurebasis")
    assert basis_on(date(2026, 11, 20)).source == shipped()[0]["source"]


def test_two_people_change_it_and_the_past_stays(city, shipped_rows):
    basis = propose(city)
    assert basis_on(FROM).enterprise_pairs == ("91",)
    with pytest.raises(NotAllowed):
        dated.confirm(basis, actor=city.officer, now=at(17))
    dated.confirm(basis, actor=city.approver, now=at(17))
    assert basis_on(date(2026, 6, 30)).enterprise_pairs == ("91",)
    found = basis_on(FROM)
    assert (found.enterprise_pairs, found.coverage_target) == (("91", "92"), Fraction(5, 2))
    assert (found.coverage_words, found.performance_words) == ("2.5", "1")
    assert basis_on(date(2000, 1, 1)).enterprise_pairs == ("91",)
    assert [row.history_type for row in basis.history.order_by("history_id")] == ["+", "~"]


def test_nobody_confirms_the_own_draft_even_as_approver(city, shipped_rows):

    holds_besides(city.officer, "approver", city.office)
    with pytest.raises(Refused) as refused:
        dated.confirm(propose(city), actor=city.officer, now=at(17))
    assert refused.value.code == "four_eyes"


@pytest.mark.parametrize(
    "who", ["clerk", "reviewer", "approver", "supervisor", "stranger", "auditor", "upper"]
)
def test_only_the_officer_drafts(city, who):
    with pytest.raises(NotAllowed):
        proposed_by(getattr(city, who))


def test_who_reads_and_who_decides(city, shipped_rows):
    basis, policy = propose(city), policy_for(FigureBasis)
    people = ("clerk", "stranger", "officer", "approver", "supervisor", "auditor", "upper", "sysadmin")

    def who(verb: str) -> set[str]:
        return {one for one in people if policy.allows(getattr(city, one), verb, basis)}

    assert who("view") == {"clerk", "stranger", "officer", "approver", "supervisor"}
    assert who("confirm") == who("reject") == {"approver"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"enterprise_pairs": ()}, "figure_basis.pairs_missing"),
        ({"enterprise_pairs": ("91", "00")}, "figure_basis.pair"),
        ({"coverage_target": Decimal(0)}, "figure_basis.target"),
        ({"performance_target": Decimal(10000)}, "figure_basis.target"),
        ({"source": " "}, "figure_basis.source"),
        ({"reason": " "}, "reason.missing"),
        ({"in_force_from": date(2022, 1, 1)}, "dated.order"),
    ],
)
def test_what_is_wrong_is_refused(city, shipped_rows, changes, code):
    with pytest.raises(Refused) as refused:
        propose(city, **changes)
    assert refused.value.code == code
    assert FigureBasis.objects.count() == 1


def test_one_draft_at_a_time_and_a_rejected_one_makes_room(city, shipped_rows):
    first = propose(city)
    with pytest.raises(Refused) as refused:
        propose(city)
    assert refused.value.code == "dated.proposal_exists"
    dated.reject(first, actor=city.approver, reason="依据不足。", now=at(17))
    with pytest.raises(Refused) as refused:
        dated.confirm(first, actor=city.approver, now=at(17))
    assert refused.value.code == "dated.state"
    assert propose(city).pk != first.pk


def test_the_database_refuses_two_bases_on_one_day(city, shipped_rows):
    row = FigureBasis(
        **{**shipped()[0], "in_force_from": FROM}, state="in_force", proposed_by=city.system, proposed_at=at(16)
    )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic(), act("test.overlap", actor=city.system):
        bulk.create_all(FigureBasis, [row])


def test_figures_follow_the_basis_of_their_day(counter, shipped_rows, settings):
    """By hand: two companies (91) and a shop (92); the shop counts from July on."""
    city = counter.city
    with act("test.shop", actor=city.system):
        company(9)
        Subject.objects.create(
            kind="individual_business", name="示例小店", name_key="示例小店", code="92640100DEM00009XX"
        )
    dated.confirm(propose(city, in_force_from=date(2026, 11, 10)), actor=city.approver, now=at(17))
    counter.register()
    counted = figures_of()
    assert (counted.enterprise_count, counted.enterprises().count()) == (4, 4)
    assert (str(counted.coverage), counted.coverage.target) == ("0.25", Fraction(5, 2))
    assert figures_of(on=date(2026, 11, 9)).basis.enterprise_pairs == ("91",)


def test_pairs_are_read_as_people_write_them():
    assert parse_pairs(" 91、a1，91;92 ") == ("91", "A1", "92")
    assert basis_faults(("91",), Decimal(2), Decimal(1), "文件") == []
    assert [plain(Decimal(text)) for text in ("2.00", "1.50", "10")] == ["2", "1.5", "10"]
