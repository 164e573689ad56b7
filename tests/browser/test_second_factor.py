"""Two factors before a real browser: set-up at the first sign-in, codes of recovery, the next sign-in by code."""

from __future__ import annotations

from base64 import b32decode

import pytest
from django_otp.oath import TOTP

from signin import sessions

from ..conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_officer_binds_a_telephone_and_signs_in_with_it(desk, city, settings, monkeypatch):
    settings.TWO_FACTOR = True
    page = desk.page

    def to_the_door() -> None:
        page.goto(f"{desk.address}/admin/login/")
        page.fill("input[name=username]", "officer")
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")

    to_the_door()
    page.wait_for_url("**/second-factor/set-up/**")
    assert page.locator(".bo-qr svg").bounding_box()["width"] > 150
    secret = b32decode(page.inner_text(".bo-secret").replace(" ", ""))
    desk.picture("sign-in-set-up")
    page.fill("input[name=code]", f"{TOTP(secret).token():06}")
    page.press("input[name=code]", "Enter")
    page.wait_for_selector(".bo-codes")
    assert page.locator(".bo-codes li").count() == 10
    desk.picture("sign-in-recovery-codes")
    page.click("text=已经保存，继续")
    page.wait_for_url(f"{desk.address}/admin/")

    desk.sign_out()
    later = sessions.seconds() + 30
    monkeypatch.setattr(sessions, "seconds", lambda: later)
    to_the_door()
    page.wait_for_url("**/second-factor/**")
    desk.picture("sign-in-code")
    shown = TOTP(secret)
    shown.time = later
    page.fill("input[name=code]", f"{shown.token():06}")
    page.press("input[name=code]", "Enter")
    page.wait_for_url(f"{desk.address}/admin/")
    desk.picture("sign-in-workbench")


def test_what_was_typed_is_sent_after_signing_in_again(desk, city, monkeypatch):
    page = desk.page
    desk.sign_in("sysadmin")
    desk.open(f"/admin/accounts/user/{city.clerk.pk}/change/")
    page.fill("input[name=display_name]", "张新示例")
    page.fill("textarea[name=change_reason]", "更名")
    later = sessions.seconds() + 3600
    monkeypatch.setattr(sessions, "seconds", lambda: later)
    page.click("button[name=_save], input[name=_save]")
    page.wait_for_selector("text=刚才的内容没有提交")
    desk.picture("sign-in-ended")
    with page.context.expect_page() as opened:
        page.click("text=在新窗口登录")
    window = opened.value
    window.fill("input[name=username]", "sysadmin")
    window.fill("input[name=password]", PASSWORD)
    window.press("input[name=password]", "Enter")
    window.wait_for_url(f"{desk.address}/admin/")
    window.close()
    page.click("button:has-text('重新提交')")
    page.wait_for_selector("#nav-sidebar", state="attached")
    city.clerk.refresh_from_db()
    assert city.clerk.display_name == "张新示例"
    desk.problems[:] = [one for one in desk.problems if "403" not in one]
