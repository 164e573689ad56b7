"""A person sees when and from where the account was signed in to before, and learns of a new place."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from audit.models import Event
from signin.models import SignIn
from signin.services import notices

from .conftest import HOME, sign_in, text_of

NEW = "这是您第一次从"


def arrive(username: str = "clerk", address: str = "10.0.0.1", agent: str = "Mozilla/5.0 Chrome/141"):
    client = Client(REMOTE_ADDR=address, HTTP_USER_AGENT=agent)
    sign_in(client, username)
    return text_of(client.get(HOME))


def test_the_workbench_says_when_and_from_where_the_last_sign_in_was(city):
    assert "上次登录" not in arrive()
    page = arrive(address="10.0.0.2")
    assert "上次登录" in page
    assert "来自10.0.0.1" in page
    assert "登录失败" not in page


def test_failures_since_the_last_sign_in_are_told_and_those_of_others_not(city):
    arrive()
    for username in ("clerk", "clerk", "reviewer"):
        sign_in(Client(REMOTE_ADDR="10.0.0.9"), username, "falsch-Geraten-1")
    page = arrive()
    assert "此后登录失败2次" in page
    assert "上次登录后有2次登录失败" in page
    assert "登录失败" not in arrive()


@pytest.mark.parametrize(
    ("address", "agent", "told"),
    [
        ("10.0.0.1", "Mozilla/5.0 Chrome/141", False),
        ("10.0.0.1", "Mozilla/5.0 Chrome/142", False),
        ("10.0.0.2", "Mozilla/5.0 Chrome/141", True),
        ("10.0.0.1", "Mozilla/5.0 Firefox/141", True),
    ],
)
def test_a_new_address_or_browser_is_told_and_journalled(city, address, agent, told):
    assert NEW not in arrive()
    arrive("reviewer", "10.0.0.2")
    assert (NEW in arrive(address=address, agent=agent)) is told
    assert Event.objects.filter(verb="account.sign_in_new_place").count() == told
    assert NEW not in arrive(address=address, agent=agent)


def test_with_a_mail_server_the_person_is_written_to(city, settings):
    settings.EMAIL_HOST = "mail.example"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.DEFAULT_FROM_EMAIL = "xinheng@example.gov.cn"
    arrive()
    arrive(address="10.0.0.2")
    jobs = ProcrastinateJob.objects.filter(task_name=notices.TASK)
    assert not jobs.exists()  # no address
    from audit.acts import act

    with act("test.mail", actor=city.system):
        city.clerk.email = "clerk@example.gov.cn"
        city.clerk.save(update_fields=["email"])
    arrive(address="10.0.0.3")
    assert notices.mail(**jobs.get().args)
    assert mail.outbox[0].to == ["clerk@example.gov.cn"]
    assert "10.0.0.3" in mail.outbox[0].body
    SignIn.objects.all().delete()
    assert not notices.mail(**jobs.get().args)
