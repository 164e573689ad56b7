"""A real browser before a real server. Set SCREENSHOTS to a folder to keep a picture of every page visited."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from time import monotonic

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Locator, Page, Request, sync_playwright

from accounts.models import User

from ..conftest import PASSWORD

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install chromium, or name one in CHROMIUM")
    # Playwright runs an event loop of its own; Django then takes the test's database calls for asynchronous ones.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Desk:
    """One person before the office's usual screen."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.problems: list[str] = []
        self.pictures = Path(os.environ["SCREENSHOTS"]) if os.environ.get("SCREENSHOTS") else None
        self._under_way: set[Request] = set()
        page.on("request", lambda one: self._under_way.add(one) if one.is_navigation_request() else None)
        for end in ("requestfinished", "requestfailed"):
            page.on(end, lambda one: self._under_way.discard(one))
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda message: self._note(message))

    def _note(self, message) -> None:
        if message.type == "error":
            self.problems.append(f"{message.text} {message.location.get('url')}")

    def sign_in(self, username: str) -> None:
        """Signed in already: the page for it is used where it matters (`sign_in_by_hand`)."""
        client = Client()
        client.force_login(User.objects.get(username=username))
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value, "url": self.address}
        self.page.context.add_cookies([{**cookie, "httpOnly": True, "sameSite": "Lax"}])
        self.open("/admin/")

    def sign_in_by_hand(self, username: str) -> None:
        self.open("/admin/login/")
        self.page.fill("input[name=username]", username)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.press("input[name=password]", "Enter")
        # A supervisor opens on a board, everybody else on the workbench.
        self.page.wait_for_url(lambda url: "/login/" not in url)

    def sign_out(self) -> None:
        self.answered()
        self.page.context.clear_cookies()

    def open(self, path: str) -> None:
        self.answered()
        self.page.goto(f"{self.address}{path}")

    def submit(self, button: str | Locator) -> None:
        """Press what sends a form, and wait for the page that answers: it may have the address of the one before."""
        with self.page.expect_navigation():
            (self.page.locator(button) if isinstance(button, str) else button).click()

    def answered(self) -> None:
        """What was sent has been answered: who leaves before takes it back, or sends it as nobody."""
        deadline = monotonic() + 60
        while self._under_way and monotonic() < deadline:
            self.page.wait_for_timeout(10)
        assert not self._under_way, [request.url for request in self._under_way]

    def picture(self, name: str) -> None:
        if self.pictures is not None:
            self.pictures.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=self.pictures / f"{name}.png", full_page=True)


@pytest.fixture
def desk(browser, live_server, settings, tmp_path):
    context = browser.new_context(
        viewport={"width": 1366, "height": 768},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        accept_downloads=True,
    )
    context.set_default_timeout(60_000)  # a machine that is busy is slow, not wrong
    desk = Desk(context.new_page(), live_server.url)
    yield desk
    context.close()
    assert desk.problems == []
