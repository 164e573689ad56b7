"""Big lists are paged by key: every row once, in order, without a count and without an offset."""

from __future__ import annotations

import itertools
import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from .conftest import page, text_of


def listed(response) -> list[int]:
    return [record.pk for record in response.context["cl"].result_list]


def link(response, rel: str) -> str | None:
    hit = re.search(rf'<a class="bo-button" rel="{rel}" href="([^"]+)"', text_of(response))
    return page("changelist") + unescape(hit[1]) if hit else None


@pytest.fixture
def rows(desk):
    """53 decisions on few days, so that most pages begin and end amid one day."""
    subject = desk.subject()
    days = itertools.cycle([date(2026, 3, 1) + timedelta(days=n) for n in (0, 1, 1, 2, 2, 2, 2)])
    made = [desk.record(subject, decision_date=next(days)) for _ in range(53)]
    return [r.pk for r in sorted(made, key=lambda r: (r.decision_date, r.pk), reverse=True)]


def test_walking_forward_and_back_meets_every_row_once_in_order(signed_in, rows):
    client = signed_in("clerk")
    response = client.get(page("changelist"))
    pages = [listed(response)]
    while url := link(response, "next"):
        response = client.get(url)
        pages.append(listed(response))
    assert [len(one) for one in pages] == [20, 20, 13]
    assert list(itertools.chain(*pages)) == rows
    back = [listed(response)]
    while url := link(response, "prev"):
        response = client.get(url)
        back.insert(0, listed(response))
    assert back == pages
    assert link(response, "next")


def test_a_row_added_meanwhile_shifts_nothing(signed_in, desk, rows):
    client = signed_in("clerk")
    first = client.get(page("changelist"))
    desk.record(decision_date=date(2027, 1, 1))
    assert listed(client.get(link(first, "next"))) == rows[20:40]


def test_neither_a_count_nor_an_offset_is_asked_of_the_database(signed_in, rows):
    client = signed_in("clerk")
    first = client.get(page("changelist"))
    for url in (page("changelist"), link(first, "next"), page("changelist") + "?q=2026"):
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        asked = [q["sql"] for q in queries if 'FROM "credit_records_record"' in q["sql"]]
        assert len(asked) == 1
        assert not re.search(r"COUNT\(|OFFSET|DISTINCT", asked[0], re.I)
        assert "LIMIT 21" in asked[0]
        assert '"accounts_department"' in asked[0]  # named in the list, fetched with it


def test_a_deep_page_is_a_range_of_the_index(signed_in, rows):
    client = signed_in("officer")
    url = link(client.get(page("changelist")), "next")
    with CaptureQueriesContext(connection) as queries:
        client.get(url)
    asked = next(q["sql"] for q in queries if "ROW(" in q["sql"])
    with connection.cursor() as cursor:
        # So few rows would be read whole; the question is whether the index can serve.
        for way in ("seqscan", "hashjoin", "mergejoin", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN {asked}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Cond: (ROW(decision_date, id) < ROW(" in plan, plan
    assert "Sort" not in plan


def test_queries_of_a_page_are_pinned(signed_in, rows, django_assert_num_queries):
    client = signed_in("clerk")
    with django_assert_num_queries(5):  # session, user, roles, unread notices, the page with what it names
        client.get(page("changelist"))


def test_pages_keep_search_and_filters(signed_in, desk, rows):
    for _ in range(25):
        desk.record(state="published", decision_date=date(2026, 3, 2))
    client = signed_in("clerk")
    first = client.get(page("changelist") + "?state__exact=published&q=2026")
    url = link(first, "next")
    assert "state__exact=published" in url
    assert "q=2026" in url
    assert len(listed(client.get(url))) == 5
    # A new search begins with the first page.
    shown = text_of(client.get(url))
    search_form = re.search(r'<form[^>]*id="changelist-search".*?</form>', shown, re.S)[0]
    assert 'name="after"' not in search_form


@pytest.mark.parametrize(
    "token", ["x", "bnVsbA", "W10", "WzEsMl0", "WyIyMDI2LTAzLTAxIixudWxsXQ", "A" * 600, "WyJ4IiwieSJd"]
)
@pytest.mark.parametrize("way", ["after", "before"])
def test_a_token_that_is_none_of_ours_means_the_first_page(signed_in, rows, way, token):
    response = signed_in("clerk").get(f"{page('changelist')}?{way}={token}")
    assert response.status_code == 200
    assert listed(response) == rows[:20]


def test_the_end_of_a_list_says_so(signed_in, desk):
    desk.record()
    response = signed_in("clerk").get(page("changelist"))
    assert link(response, "next") is None
    assert link(response, "prev") is None
    assert "本页1条" in text_of(response)


def test_an_empty_list_says_what_to_do(signed_in, catalogue):
    shown = text_of(signed_in("clerk").get(page("changelist") + "?q=DEM"))
    assert "没有符合条件的" in shown
    assert "清除查找和筛选" in shown
