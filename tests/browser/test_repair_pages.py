"""The pages of repairs before the office's usual screen: mistakes, empty states, several cases at once, paper."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.urls import reverse

from casework.models import Case
from repair.models import Application, Material
from repair.services.handling import ItemAnswer
from repair.services.materials import Verdict
from repair.services.registering import Claim

from ..repair.admin.conftest import published, too_early  # noqa: F401  a record whose time has not come
from ..repair.applying import FULFILLED, ORDER, RepairWay, at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADD = "/admin/repair/application/add/"
LIST = "/admin/casework/case/?kind=repair"


@pytest.fixture
def on_day(monkeypatch):
    from audit import clock

    moment: list[datetime] = [at(16, 16)]
    monkeypatch.setattr(clock.timezone, "now", lambda: moment[0])
    return lambda day: moment.__setitem__(0, day)


def _fits(desk) -> None:
    """Nothing is wider than the screen."""
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= 1366


def test_a_registration_with_mistakes_keeps_everything(
    desk, city, subject, too_early, apply_for_repair, on_day,  # noqa: F811
):  # fmt: skip
    taken = RepairWay(city, apply_for_repair())
    desk.sign_in("officer")
    desk.open(ADD)
    desk.picture("repair-30-find")
    desk.open(f"{ADD}?q=并不存在的公司")
    desk.picture("repair-31-not-found")
    desk.open(f"{ADD}?subject={subject.pk}")
    assert desk.page.is_disabled(f"input[name=record][value='{taken.application.items.get().record_id}']")
    assert desk.page.is_visible("text=自 2027-01-13 起可申请")
    desk.page.click(f"label[for=record-{too_early.pk}]")
    desk.page.check("input[name=kind][value=shield]")
    desk.page.wait_for_selector("input[name=committed_on]", state="hidden")
    desk.page.fill("input[name=court]", "银川市示例人民法院")
    desk.page.fill("input[name=applicant_name]", "")
    desk.submit("button[name=do][value=register]")
    assert desk.page.input_value("input[name=court]") == "银川市示例人民法院"
    assert desk.page.is_checked(f"input[name=record][value='{too_early.pk}']")
    # The keyboard stands in the first field that is wrong.
    assert desk.page.evaluate("document.activeElement.name") == "order_number"
    _fits(desk)
    desk.picture("repair-32-mistakes")
    assert Application.objects.count() == 1
    desk.problems = [problem for problem in desk.problems if "422" not in problem]  # the refused input


def test_missing_material_is_asked_for_in_one_dialog(desk, city, apply_for_repair, on_day):
    way = RepairWay(city, apply_for_repair())
    way.check(
        fulfilment=Verdict(Material.State.MISSING), licence=Verdict(Material.State.FAULTY, "复印件模糊")
    )
    desk.sign_in("officer")
    desk.open(reverse("admin:repair_application_change", args=[way.application.pk]))
    desk.picture("repair-33-missing")
    desk.page.click(".ca-steps button:has-text('要求补正')")
    asks = desk.page.locator("dialog[open] [name=asks]")
    assert "1．缺少履行义务证明材料(第1项)。" in asks.input_value()
    desk.picture("repair-34-correction")
    desk.submit(desk.page.locator("dialog[open] button[type=submit]"))
    assert Case.objects.get().state == "correcting"
    desk.picture("repair-35-correcting")


def test_what_cannot_be_granted_is_grey_and_says_why(desk, city, apply_for_repair, on_day):
    way = (
        RepairWay(city, apply_for_repair())
        .accept()
        .ask()
        .answer(ItemAnswer("not", "缴款系统中没有该笔款项。"))
    )
    on_day(at(18, 9))
    desk.sign_in("officer")
    desk.open(reverse("admin:repair_application_propose", args=[way.application.pk]))
    assert desk.page.is_disabled("input[name=i1-outcome][value=granted]")
    assert desk.page.is_visible("text=不能准予：")
    _fits(desk)
    desk.picture("repair-36-not-eligible")


def test_several_are_accepted_proposed_and_approved(desk, city, records, too_early, apply_for_repair, on_day):  # noqa: F811
    claims = (*(Claim(record, FULFILLED) for record in records), Claim(too_early))
    ways = [RepairWay(city, apply_for_repair(claim)) for claim in claims]
    for way in ways:
        way.check()
    desk.sign_in("officer")
    desk.open(LIST)
    for way in ways:
        desk.page.check(f'input[name=_selected_action][value="{way.application.pk}"]')
    desk.page.select_option("select[name=action]", label="信用修复：批量受理")
    desk.page.locator(
        "#changelist-form button[name=index], #changelist-form button[type=submit]"
    ).first.click()
    desk.page.get_by_text("选中 3 件，可以办理 2 件。").wait_for()
    _fits(desk)
    desk.picture("repair-40-accept-verdicts")
    desk.page.get_by_role("button", name="批量受理 2 件").click()
    desk.page.get_by_text("已办理 2 件").wait_for()
    desk.picture("repair-41-accepted")
    assert sorted(Case.objects.values_list("state", flat=True)) == ["accepted", "accepted", "received"]
    for way in ways[:2]:
        way.fresh()
        way.ask().answer()
    on_day(at(18, 9))
    pks = "&".join(f"case={way.application.pk}" for way in ways)
    desk.open(f"{reverse('admin:repair_application_several', args=['propose'])}?{pks}")
    desk.page.fill("textarea[name=reason]", "材料齐全，各项条件都满足。")
    desk.picture("repair-42-propose-verdicts")
    desk.page.get_by_role("button", name="批量拟办准予 2 件").click()
    desk.page.get_by_text("已办理 2 件").wait_for()
    desk.sign_out()
    on_day(at(18, 15))
    desk.sign_in("approver")
    desk.open(f"{reverse('admin:repair_application_several', args=['decide'])}?{pks}")
    _fits(desk)
    desk.picture("repair-43-decide-verdicts")
    desk.page.get_by_role("button", name="批量审批 2 件").click()
    desk.page.get_by_text("已办理 2 件").wait_for()
    _fits(desk)
    desk.picture("repair-44-decided")
    desk.open(reverse("admin:repair_application_several", args=["decide"]))
    desk.picture("repair-45-empty")
    assert sorted(Case.objects.values_list("state", flat=True)) == ["decided", "decided", "received"]


def test_a_shielding_on_screen_and_on_paper(desk, city, apply_for_repair, on_day):
    way = RepairWay(city, apply_for_repair(**ORDER)).accept().propose().decide()
    on_day(at(19, 9))
    desk.sign_in("approver")
    desk.open(reverse("admin:repair_application_change", args=[way.application.pk]))
    assert desk.page.is_visible("a:has-text('结束屏蔽')")
    desk.picture("repair-46-shielded")
    desk.page.emulate_media(media="print")
    assert not desk.page.is_visible("a:has-text('结束屏蔽')")
    desk.picture("repair-47-print")
    desk.page.emulate_media(media="screen")
    desk.page.click("a:has-text('结束屏蔽')")
    desk.page.fill("textarea[name=reason]", "重整程序终结。")
    desk.picture("repair-48-end-shielding")
