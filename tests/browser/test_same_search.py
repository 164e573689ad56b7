"""The same search at five desks: each sees what is theirs, and nobody is told what the others have."""

from __future__ import annotations

import pytest

from ..credit_records.builders import OTHER_SOURCE, penalty

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAME = "银川示例第1商贸有限公司"
MARKET, ENVIRONMENT = "银市监罚〔2026〕1号", "银环罚〔2026〕7号"


@pytest.fixture
def two_bodies_punished_it(city, report):
    """One company, one published penalty of each of the two departments."""
    report(penalty(1), publish=True)
    other = penalty(
        1,
        行政处罚决定书文号=ENVIRONMENT,
        处罚机关=OTHER_SOURCE[0],
        处罚机关统一社会信用代码=OTHER_SOURCE[1],
        数据来源单位=OTHER_SOURCE[0],
        数据来源单位统一社会信用代码=OTHER_SOURCE[1],
    )
    report(other, actor=city.stranger, submit=True)


@pytest.mark.parametrize(
    ("username", "seen"),
    [
        ("clerk", {MARKET}),
        ("stranger", {ENVIRONMENT}),
        ("officer", {MARKET, ENVIRONMENT}),
        ("supervisor", {MARKET, ENVIRONMENT}),
    ],
)
def test_the_same_search_shows_each_desk_its_own(desk, two_bodies_punished_it, username, seen):
    desk.sign_in(username)
    desk.page.locator("#nav-sidebar a[href='/admin/credit_records/record/']").first.wait_for()
    desk.open(f"/admin/credit_records/record/?q={NAME}")
    text = desk.page.locator("#main").inner_text()
    assert {number for number in (MARKET, ENVIRONMENT) if number in text} == seen
    desk.picture(f"same-search-{username}")


@pytest.mark.parametrize("username", ["auditor", "sysadmin", "secadmin"])
def test_the_three_administrators_have_no_records_to_search(desk, two_bodies_punished_it, username):
    desk.sign_in(username)
    assert not desk.page.locator("a[href='/admin/credit_records/record/']").count()
    desk.picture(f"same-search-{username}-home")
    answer = desk.page.goto(f"{desk.address}/admin/credit_records/record/?q={NAME}")
    assert answer.status == 403
    text = desk.page.locator("body").inner_text()
    assert MARKET not in text
    assert ENVIRONMENT not in text
    desk.picture(f"same-search-{username}")
    desk.problems.clear()  # the browser reports the refusal itself
