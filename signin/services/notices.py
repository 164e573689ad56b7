"""What a person is told about the sign-ins of their account, so that they notice one that was not theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from axes.models import AccessFailureLog
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.mail import EmailMessage
from procrastinate.contrib.django import app

from accounts.models import User
from audit.acts import note
from audit.clock import CHINA
from audit.clock import now as present
from audit.context import current_origin

from .. import sessions
from ..lockout import counted_as
from ..models import SignIn
from ..rules import browser_family
from . import identities

TASK = "signin.mail_new_place"


def signed_in(request: Any, user: User) -> None:
    """The sign-in is whole, the second factor given where it is asked for: told in the journal, and on the pages to the person."""
    if not identities.bind_kept(request, user):
        logout(request)
        return
    note("account.sign_in", actor=user, on=user)
    if request.resolver_match is not None:
        record(request, user)


def record(request: Any, user: User, *, now: datetime | None = None) -> SignIn:
    """Write down a sign-in on the pages, and lay what happened since the one before into the session."""
    moment = now or present()
    address = current_origin().address
    browser = browser_family(request.META.get("HTTP_USER_AGENT", ""))
    before = SignIn.objects.filter(user=user)
    last = before.order_by("-at").first()
    if last is not None:
        failed = AccessFailureLog.objects.filter(
            username=counted_as(user.username), attempt_time__gt=last.at
        ).count()
        request.session[sessions.LAST] = {
            "at": last.at.astimezone(CHINA).strftime("%m-%d %H:%M"),
            "address": last.address,
            "failed": failed,
        }
        if failed:
            messages.warning(
                request, f"上次登录后有{failed}次登录失败。如果不是您本人，请修改密码并告知系统管理员。"
            )
    new = last is not None and not before.filter(address=address, browser=browser).exists()
    made = SignIn.objects.create(user=user, at=moment, address=address, browser=browser)
    if new:
        note("account.sign_in_new_place", actor=user, on=user, data={"browser": browser})
        messages.warning(
            request,
            f"这是您第一次从{address or '此处'}用这个浏览器登录，已记入审计日志。如果不是您本人，请立即修改密码并告知系统管理员。",
        )
        if settings.EMAIL_HOST and user.email:
            app.configure_task(TASK).defer(sign_in_id=made.pk)
    return made


def mail(sign_in_id: int) -> bool:
    """Tell the person by mail of a sign-in from a new place; False where there is nobody to write to any more."""
    made = SignIn.objects.select_related("user").filter(pk=sign_in_id, user__is_active=True).first()
    if made is None or not settings.EMAIL_HOST or not made.user.email:
        return False
    at = made.at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
    EmailMessage(
        "信衡：您的账号从新的地方登录",
        f"您的账号于{at}从{made.address or '未知地址'}登录，此前没有用过这个地址或浏览器。\n"
        "如果是您本人，不需要做什么；如果不是，请立即修改密码并告知系统管理员。\n",
        to=[made.user.email],
    ).send()
    return True
