"""产生台账: a month told at once, corrected with a reason, refused line by line, and nothing typed is lost."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from accounts.policy import NotAllowed
from audit.faults import Refused
from audit.models import Event
from credit_records.models import CatalogueItem, ZeroReport
from credit_records.services.zero_reports import report_zero
from supervision.demo.ledgers import _said
from supervision.models import MonthlyProduction
from supervision.services.production import LinesRefused, Said, tell_month

MARCH = date(2026, 3, 1)
SECRET = "涉及国家秘密，依法不予公开。"


@pytest.fixture
def items(catalogue) -> dict[str, CatalogueItem]:
    return {one.code: one for one in CatalogueItem.objects.all()}


@pytest.fixture
def tell(city, items):
    def run(*lines, actor=None, reason="", month=MARCH, **more):
        said = [Said(items[code], *rest) for code, *rest in lines]
        actor = actor or city.clerk
        return tell_month(department=city.scjg, month=month, lines=said, actor=actor, reason=reason, **more)

    return run


def ledger() -> dict[str, tuple[int, int]]:
    return {
        one.item.code: (one.produced, one.exempt) for one in MonthlyProduction.objects.select_related("item")
    }


def zeros() -> list[str]:
    return list(ZeroReport.objects.filter(withdrawn_at=None).values_list("item__code", flat=True))


def test_a_month_is_told_at_once_and_nothing_produced_is_a_zero_report(city, tell):
    lines = [("penalty-org", 5), ("licence-org", 12, 2, SECRET), ("award", 0)]
    assert tell(*lines) == 3
    assert ledger() == {"penalty-org": (5, 0), "licence-org": (12, 2)}
    assert zeros() == ["award"]
    event = Event.objects.filter(verb="production.tell").get()
    assert event.data["lines"] == {"penalty-org": [5, 0], "licence-org": [12, 2], "award": [0, 0]}
    line = MonthlyProduction.objects.get(item__code="penalty-org")
    assert line.history.get().event_id == event.pk
    with pytest.raises(Refused) as refused:
        tell(*lines)
    assert refused.value.code == "production.unchanged"


def test_what_cannot_be_keeps_the_whole_month_out_and_every_line_says_why(city, tell, items):
    with pytest.raises(LinesRefused) as refused:
        tell(("penalty-org", 5), ("licence-org", 2, 3, SECRET), ("award", 4, 1, " "), ("payment", -1))
    told = {code: refused.value.lines[items[code].pk].code for code in ("licence-org", "award", "payment")}
    assert told == {
        "licence-org": "production.exempt",
        "award": "production.exempt_reason",
        "payment": "production.number",
    }
    assert len(refused.value.lines) == 3
    assert not ledger()
    with pytest.raises(Refused, match="还没有到"):
        tell(("penalty-org", 1), month=date(2099, 1, 1))
    for actor in (city.stranger, city.reviewer, city.officer):
        with pytest.raises(NotAllowed):
            tell(("penalty-org", 1), actor=actor)


def test_a_correction_says_why_and_passes_over_what_stands(tell):
    tell(("penalty-org", 5), ("licence-org", 12))
    with pytest.raises(LinesRefused):
        tell(("penalty-org", 5), ("licence-org", 13))
    assert tell(("penalty-org", 5), ("licence-org", 13), reason="漏计一件。") == 1
    line = MonthlyProduction.objects.get(item__code="licence-org")
    changes = list(line.history.order_by("history_id").values_list("produced", "history_change_reason"))
    assert changes == [(12, None), (13, "漏计一件。")]
    assert MonthlyProduction.objects.get(item__code="penalty-org").history.count() == 1


def test_a_number_after_a_zero_report_takes_it_back_and_the_other_way_round(tell):
    tell(("award", 0))
    with pytest.raises(LinesRefused):
        tell(("award", 1))
    tell(("award", 1), reason="补计。")
    assert (ledger(), zeros()) == ({"award": (1, 0)}, [])
    tell(("award", 0), reason="重复计算。")
    assert (ledger(), zeros()) == ({"award": (0, 0)}, ["award"])


def test_nothing_produced_is_refused_where_decisions_were_reported(counted, tell, items):
    with pytest.raises(LinesRefused) as refused:
        tell(("penalty-org", 0), ("award", 3), reason="核对。", month=date(2026, 4, 1))
    assert refused.value.lines[items["penalty-org"].pk].code == "zero_report.records_exist"
    assert "award" not in ledger()


# --- the page ---------------------------------------------------------------------------------------------------


GRID = "admin:supervision_monthlyproduction_changelist"
TELL = "admin:supervision_monthlyproduction_tell"


def form(page, **typed: str) -> dict[str, str]:
    """What the browser would send: every line as it stands, and what was typed (code__part)."""
    found = {"department": str(page.context["department"].pk), "month": f"{page.context['month']:%Y-%m}"}
    for one in [*page.context["usual"], *page.context["others"]]:
        shown = {
            "produced": one.produced,
            "exempt": one.exempt,
            "reason": one.exempt_reason,
            "seen": one.seen,
            "was": one.was,
        }
        found |= {f"{one.name}-{part}": value for part, value in shown.items()}
        for key, value in typed.items():
            code, _, part = key.partition("__")
            if code.replace("_", "-") == one.line.item.code:
                found[f"{one.name}-{part}"] = value
    return found


def test_a_clerk_tells_a_month_on_the_page(counted, signed_in):
    client = signed_in("clerk")
    page = client.get(reverse(GRID), {"month": "2026-03"})
    assert [one.line.item.code for one in page.context["usual"]] == ["penalty-org"]
    posted = form(page, licence_org__produced="４", licence_org__exempt="1", licence_org__reason=SECRET)
    done = client.post(reverse(TELL), posted, follow=True)
    assert "已保存2026年3月产生台账：1项。" in done.content.decode()
    march = MonthlyProduction.objects.get(item__code="licence-org", month=MARCH)
    assert (march.produced, march.exempt, march.exempt_reason) == (4, 1, SECRET)
    shown = {one.line.item.code: one.line for one in done.context["usual"]}
    assert (shown["licence-org"].missing, shown["penalty-org"].missing) == (3, 1)


WRONG = [
    ({"licence_org__produced": "十二"}, "“十二”不是整数"),
    ({"licence_org__produced": "2", "licence_org__exempt": "3"}, "不予报送数不能多于产生数"),
    ({"licence_org__produced": "2", "licence_org__exempt": "1"}, "请写明依据和理由"),
    ({"licence_org__exempt": "1"}, "请填产生数"),
    ({"penalty_org__produced": ""}, "已填报的不能清空"),
    ({"penalty_org__produced": "9"}, "请写明理由"),
    ({"licence_org__produced": "2", "licence_org__reason": SECRET}, "没有填不予报送数"),
    ({"licence_org__produced": "10000001"}, "产生数应为0到10000000之间的整数"),
    ({"licence_org__produced": "9" * 40}, "太大，请核对"),
    ({"licence_org__produced": "-1"}, "“-1”不是整数"),
    ({"licence_org__produced": "1.5"}, "“1.5”不是整数"),
]


def test_nothing_typed_is_lost_when_a_line_cannot_be(counted, signed_in):
    client = signed_in("clerk")
    page = client.get(reverse(GRID), {"month": "2026-03"})
    before = ledger()
    for typed, wrong in WRONG:
        posted = form(page, award__produced="31", **typed)
        again = client.post(reverse(TELL), posted)
        assert again.status_code == 200, typed
        assert wrong in again.content.decode(), typed
        lines = [*again.context["usual"], *again.context["others"]]
        assert {f"{one.name}-produced": one.produced for one in lines}.items() <= posted.items(), typed
        assert 'value="31"' in again.content.decode(), typed
    assert ledger() == before


def test_of_two_clerks_the_second_is_told_and_keeps_what_was_typed(counted, signed_in):
    page = signed_in("clerk").get(reverse(GRID), {"month": "2026-03"})
    first = form(page, penalty_org__produced="4") | {"reason": "补计。"}
    second = form(page, penalty_org__produced="6", award__produced="1") | {"reason": "复核。"}
    assert signed_in("clerk").post(reverse(TELL), first).status_code == 302
    late = signed_in("clerk2").post(reverse(TELL), second)
    assert "同事刚刚改过这一行，现在是：产生数4、不予报送数0" in late.content.decode()
    assert ('value="6"' in late.content.decode(), 'value="复核。"' in late.content.decode()) == (True, True)
    assert MonthlyProduction.objects.get(month=MARCH).produced == 4
    assert "award" not in ledger()
    # Who has seen what stands now may say otherwise.
    again = form(late) | {"reason": "复核。"}
    assert signed_in("clerk2").post(reverse(TELL), again).status_code == 302
    assert dict(MonthlyProduction.objects.filter(month=MARCH).values_list("item__code", "produced")) == {
        "penalty-org": 6,
        "award": 1,
    }


def test_a_line_that_one_clerk_left_alone_keeps_what_the_other_said_meanwhile(counted, signed_in):
    page = signed_in("clerk").get(reverse(GRID), {"month": "2026-03"})
    first = form(page, penalty_org__produced="4") | {"reason": "补计。"}
    second = form(page, award__produced="1")
    assert signed_in("clerk").post(reverse(TELL), first).status_code == 302
    assert signed_in("clerk2").post(reverse(TELL), second).status_code == 302
    assert dict(MonthlyProduction.objects.filter(month=MARCH).values_list("item__code", "produced")) == {
        "penalty-org": 4,
        "award": 1,
    }


def test_no_month_of_an_address_breaks_the_page(counted, signed_in):
    client = signed_in("clerk")
    page = client.get(reverse(GRID), {"month": "2026-03"})
    posted = form(page, licence_org__produced="3")
    for month in ("0001-01", "1999-12", "9999-12", "2100-01", "x", ""):
        assert client.get(reverse(GRID), {"month": month}).status_code == 200, month
        assert client.post(reverse(TELL), posted | {"month": month}).status_code == 404, month


def test_a_zero_report_and_the_grid_lead_to_each_other(counted, signed_in, items):
    award = items["award"]
    zero = report_zero(department=counted.scjg, item=award, month=MARCH, actor=counted.clerk)
    client = signed_in("clerk")
    grid = client.get(reverse(GRID), {"month": "2026-03"}).content.decode()
    assert reverse("admin:credit_records_zeroreport_change", args=[zero.pk]) in grid
    assert reverse("admin:credit_records_zeroreport_add") in grid
    zero_months = client.get(reverse("admin:credit_records_zeroreport_add")).content.decode()
    assert reverse(GRID) in zero_months


def test_who_reads_and_who_tells_a_month(counted, signed_in):
    asked = {"department": counted.scjg.pk, "month": "2026-03"}
    for username, may_read, may_tell in [
        ("reviewer", 200, 403), ("supervisor", 200, 403), ("stranger", 404, 404), ("auditor", 403, 403),
    ]:  # fmt: skip
        client = signed_in(username)
        page = client.get(reverse(GRID), asked)
        assert page.status_code == may_read, username
        assert b"-produced" not in page.content, username
        assert client.post(reverse(TELL), asked).status_code == may_tell, username
        assert client.get(reverse(TELL)).status_code == 405, username


def test_a_supervisor_sees_the_bodies_of_the_area_at_a_glance(counted, signed_in):
    page = signed_in("supervisor").get(reverse(GRID), {"month": "2026-03"})
    [line] = page.context["table"]
    assert (line["name"], line["told"], line["due"], line["reported"], line["missing"]) == (
        "市场监管",
        1,
        2,
        1,
        1,
    )
    assert [one.short_name for one in page.context["silent"]] == ["生态环境"]
    april = signed_in("supervisor").get(reverse(GRID), {"month": "2026-04"}).context["table"]
    assert [(one["name"], one["without"], one["untold"]) for one in april] == [
        ("市场监管", 0, 0),
        ("生态环境", 1, 1),
    ]


def test_the_workbench_reminds_clerks_of_a_month_without_ledger(counted, signed_in, on):
    home = reverse("admin:index")
    with on(7, 2):
        assert "6月产生台账未填报" in signed_in("stranger").get(home).content.decode()
        assert "产生台账未填报" not in signed_in("clerk").get(home).content.decode()
        assert "产生台账未填报" not in signed_in("officer").get(home).content.decode()


def test_queries_of_the_grid_are_pinned(counted, signed_in, django_assert_num_queries):
    client = signed_in("clerk")
    client.get(reverse(GRID), {"month": "2026-03"})
    with django_assert_num_queries(14):
        client.get(reverse(GRID), {"month": "2026-03"})


def test_the_demo_tells_complete_short_and_exempt_lines_the_same_every_time(items):
    by_key = {one.pk: one for one in items.values()}
    counts = dict.fromkeys(list(by_key)[:8], 6)
    months = [date(2026, month, 1) for month in range(1, 11)]
    told = [one for month in months for one in _said("scjg", month, counts, by_key)]
    assert told == [one for month in months for one in _said("scjg", month, counts, by_key)]
    assert {bool(one.exempt) == bool(one.exempt_reason) and one.exempt < one.produced for one in told} == {
        True
    }
    assert {one.produced - one.exempt - 6 for one in told} >= {-1, 0, 1}
    assert any(one.exempt for one in told)
