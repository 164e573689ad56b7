"""The plan's table is dated data: proposed by one, confirmed by another, what held before stays readable."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from accounts import dated
from accounts.models import User
from accounts.services import give_role
from accounts.services.roles import end_with
from audit.acts import act
from audit.clock import today
from audit.faults import Refused
from backoffice.dated_pages import versions_of
from supervision.admin.indicators.forms import COLUMNS, initial_of
from supervision.models import Indicator
from supervision.selectors.figures import indicators_on
from supervision.services.shipped import load_shipped_indicators

CODE = "y22-22-timely"


@pytest.fixture
def row(city) -> Indicator:
    load_shipped_indicators(actor=city.system)
    return Indicator.objects.get(code=CODE)


def answers(row: Indicator, **changed) -> dict[str, object]:
    given = {name: value for name, value in initial_of(row, today()).items() if value not in (None, False)}
    return {**given, "in_force_from": str(today()), "reason": "按正式方案录入。", **changed}


def propose(client, row, **changed):
    return client.post(reverse("admin:supervision_indicator_propose", args=[row.pk]), answers(row, **changed))


def verb(client, row, name, **given):
    return client.post(reverse("admin:supervision_indicator_verb", args=[row.pk, name]), given)


def test_lead_and_weight_are_entered_by_one_and_confirmed_by_another(city, row, signed_in):
    officer, approver = signed_in("officer"), signed_in("approver")
    done = propose(officer, row, lead="示例局", weight="3.5", target="99")
    assert done.status_code == 302, done.content.decode()
    new = Indicator.objects.get(code=CODE, state="proposed")
    page = approver.get(done["Location"]).content.decode()
    for told in ("牵头单位：空 → 示例局", "权重：空 → 3.5", "目标值：100 → 99", "确认施行"):
        assert told in page, told
    assert new.name in officer.get(reverse("admin:supervision_indicator_changelist")).content.decode()
    assert verb(officer, new, "confirm").status_code == 403
    assert [one.weight for one in indicators_on(today()) if one.code == CODE] == [None]
    assert verb(approver, new, "confirm").status_code == 302
    assert [str(one.weight) for one in indicators_on(today()) if one.code == CODE] == ["3.50"]
    row.refresh_from_db()
    assert row.in_force_to == today() - timedelta(days=1)
    assert [one.weight for one in indicators_on(row.in_force_to) if one.code == CODE] == [None]
    told = versions_of(row, COLUMNS)
    assert [(one.words, one.first) for one in told] == [("现行", False), ("已终止", True)]
    assert {change.label for change in told[0].changes} == {"牵头单位", "权重", "目标值"}


def test_nobody_confirms_the_own_proposal_or_after_the_role_is_gone(city, row, signed_in):
    """Who has drafted and becomes the approver afterwards; and an approver whose role has ended."""
    both = city.person("both", "褚示例", "officer", city.office)
    assert propose(signed_in("both"), row, lead="示例局").status_code == 302
    with act("test.change", actor=city.system):
        end_with(both.memberships.get(), today() - timedelta(days=1))
        give_role(both, "approver", actor=city.system, department=city.office, since=today())
    client, approver = signed_in("both"), signed_in("approver")
    new = Indicator.objects.get(state="proposed")
    verb(client, new, "confirm")
    new.refresh_from_db()
    assert new.state == "proposed"
    with pytest.raises(Refused, check=lambda raised: raised.code == "four_eyes"):
        dated.confirm(new, actor=User.objects.get(pk=both.pk))
    with act("test.leave", actor=city.system):
        end_with(city.approver.memberships.get(), today() - timedelta(days=1))
    assert verb(approver, new, "confirm").status_code == 404
    new.refresh_from_db()
    assert new.state == "proposed"


def test_a_version_has_no_figure_of_a_day_on_which_it_does_not_hold(city, row, signed_in):
    officer, approver = signed_in("officer"), signed_in("approver")
    propose(officer, row, target="50", in_force_from=str(today() + timedelta(days=9)))
    new = Indicator.objects.get(state="proposed")
    verb(approver, new, "confirm")
    url = "admin:supervision_indicator_change"
    assert "now" in officer.get(reverse(url, args=[row.pk])).context
    assert "now" not in officer.get(reverse(url, args=[new.pk])).context


def test_what_is_sent_back_says_why_and_holds_nothing(city, row, signed_in):
    officer, approver = signed_in("officer"), signed_in("approver")
    propose(officer, row, lead="示例局")
    new = Indicator.objects.get(state="proposed")
    assert verb(approver, new, "reject").status_code == 422
    verb(approver, new, "reject", reason="牵头单位有误。")
    new.refresh_from_db()
    assert new.state == "rejected"
    history = approver.get(reverse("admin:supervision_indicator_history", args=[new.pk])).content.decode()
    assert "牵头单位有误。" in history
    assert propose(officer, row, lead="另一示例局").status_code == 302


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, "没有改动"),
        ({"lead": "示例局", "source": ""}, "请填写依据。"),
        ({"lead": "示例局", "reason": ""}, "请填写拟订理由。"),
        ({"lead": "示例局", "in_force_from": "2022-01-01"}, "施行日期应晚于现有最新版本"),
        ({"lead": "示例局", "target": "-1"}, "不能小于0。"),
        ({"lead": "示例局", "weight": "重"}, "请填写数字。"),
    ],
    ids=lambda value: str(value),
)
def test_a_wrong_proposal_says_what_is_wrong_and_keeps_what_was_typed(row, signed_in, changed, told):
    answer = propose(signed_in("officer"), row, **changed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert told in page
    if changed:
        assert 'value="示例局"' in page
    assert not Indicator.objects.filter(state="proposed").exists()


def test_a_new_row_is_kept_by_hand_and_takes_no_place_that_is_taken(city, row, signed_in):
    officer, approver = signed_in("officer"), signed_in("approver")
    url = reverse("admin:supervision_indicator_add")
    given = {
        "plan": row.plan, "number": 36, "place": 1, "told": "count", "in_force_from": "2026-01-01", "name": "示例指标",
        "formula": "按台账报送", "wanted": "at_least", "period": "quarter", "source": "示例文件", "reason": "补齐。",
    }  # fmt: skip
    taken = officer.post(url, {**given, "number": 22})
    assert taken.status_code == 422
    assert "已经在表中" in taken.content.decode()
    assert officer.post(url, given).status_code == 302
    new = Indicator.objects.get(code="kept-36-1")
    assert (new.state, new.computed, new.target) == ("proposed", "", None)
    verb(approver, new, "confirm")
    page = officer.get(reverse("admin:supervision_indicator_changelist")).content.decode()
    assert "示例指标" in page
    assert "还没有布置到责任单位。" in page


@pytest.mark.parametrize("username", ["clerk", "reviewer", "approver", "supervisor"])
def test_others_read_and_propose_nothing(row, signed_in, username):
    client = signed_in(username)
    page = client.get(reverse("admin:supervision_indicator_change", args=[row.pk]))
    assert page.status_code == 200
    assert "拟订新版本</a>" not in page.content.decode()
    assert propose(client, row, lead="示例局").status_code == 403
    assert client.get(reverse("admin:supervision_indicator_add")).status_code == 403


def test_the_page_of_one_indicator_works_out_the_months_when_asked(row, signed_in):
    client, url = signed_in("officer"), reverse("admin:supervision_indicator_change", args=[row.pk])
    assert {whence for _, _, whence in client.get(url).context["months"]} == {"未封存"}
    months = client.get(url, {"anew": "1", "on": "2026-06-03"}).context["months"]
    assert [month for month, _, _ in months][-1] == date(2026, 6, 1)
    assert {words for _, words, _ in months} == {"无数据"}
