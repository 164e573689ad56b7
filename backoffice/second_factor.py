"""The pages of the second factor. They open before anything else does, so they show nothing but themselves."""

from __future__ import annotations

from binascii import unhexlify
from typing import Any

import segno
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.sealing import CannotOpen, seal, unseal
from audit.faults import Refused
from signin import sessions
from signin.models import RecoverySheet, TotpDevice
from signin.services import notices, second_factor
from signin.services.second_factor import State

from .passwords import CodeForm

_PENDING = "signin_pending_secret"
_MAY_REPLACE = "signin_may_replace"
"""When a code was given for binding another telephone (seconds); good for `_REPLACING`. An open screen alone is no proof."""
_REPLACING = 600


def _page(page: Any) -> Any:
    """For signed-in people only, where two factors are switched on; answers are kept nowhere."""

    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        if not settings.TWO_FACTOR:
            raise Http404("本系统没有启用两步验证。")
        return page(request, *args, **kwargs)

    return never_cache(
        require_http_methods(["GET", "HEAD", "POST"])(sensitive_post_parameters("code")(guarded))
    )


def _draw(request: HttpRequest, template: str, title: str, **more: Any) -> TemplateResponse:
    status = more.pop("status", 200)
    context = {**admin.site.each_context(request), "title": title, **more}
    return TemplateResponse(request, f"signin/{template}.html", context, status=status)


def _onward(request: HttpRequest) -> str:
    """Where the person wanted to go, if that is a place of ours."""
    wanted = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("admin:index")


def _done(request: HttpRequest) -> None:
    """The session is now that of somebody proven: another key, so that an earlier one is worth nothing, and the only one."""
    whole = request.session.get(sessions.FACTOR) in second_factor.NOT_YET
    request.session.cycle_key()
    sessions.take_over(request, request.user)
    request.session[sessions.FACTOR] = str(State.DONE)
    if whole:
        notices.signed_in(request, request.user)


@_page
def second_factor_page(request: HttpRequest) -> HttpResponse:
    """The code after the password."""
    if request.session.get(sessions.FACTOR) != State.DUE:
        return redirect("signin:mine")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        answer = second_factor.verify(request.user, form.cleaned_data["code"])
        if answer.taken:
            _done(request)
            if answer.recovery:
                request.session[_MAY_REPLACE] = sessions.seconds()
                text = f"您用恢复码登录，该恢复码已作废，还剩{answer.left}个。手机找不到的，请在“两步验证”页重新绑定。"
                messages.warning(request, text)
            return HttpResponseRedirect(_onward(request))
        form.add_error("code", _wrong(answer))
    return _draw(request, "second_factor", "两步验证", form=form, onward=_onward(request))


@_page
def set_up(request: HttpRequest) -> HttpResponse:
    """Bind a telephone: picture and secret, a code as proof, then the recovery codes, once."""
    state = request.session.get(sessions.FACTOR)
    if state == State.DUE:
        return redirect("signin:second_factor")
    if TotpDevice.objects.filter(user=request.user.pk).exists():
        if state == State.TO_SET_UP:  # bound elsewhere since
            request.session[sessions.FACTOR] = str(State.DUE)
            return redirect("signin:second_factor")
        if sessions.seconds() - request.session.get(_MAY_REPLACE, 0) >= _REPLACING:
            return redirect("signin:mine")
    form = CodeForm(request.POST or None)
    secret = _pending(request)
    if request.method == "POST" and form.is_valid():
        try:
            codes = second_factor.set_up(request.user, secret=secret, code=form.cleaned_data["code"])
        except Refused as refusal:
            form.add_error("code", refusal.message)
        else:
            del request.session[_PENDING]
            request.session.pop(_MAY_REPLACE, None)
            _done(request)
            return _draw(
                request, "recovery_codes", "恢复码", codes=codes, onward=_onward(request), bound=True
            )
    picture = segno.make(second_factor.address_of(secret, request.user), error="m").svg_inline(
        scale=5, border=4, omitsize=False, title="二维码", light="#fff"
    )
    return _draw(
        request,
        "set_up",
        "设置两步验证",
        form=form,
        picture=mark_safe(picture),  # noqa: S308  drawn here from our own address
        secret=second_factor.as_typed(secret),
        demanded=state == State.TO_SET_UP,
        onward=_onward(request),
    )


@_page
def mine(request: HttpRequest) -> HttpResponse:
    """One's own second factor: since when, how many recovery codes are left; new codes, another telephone."""
    device = TotpDevice.objects.filter(user=request.user.pk).first()
    if device is None:
        return redirect("signin:set_up")
    replaces = "replace" in request.POST
    form = CodeForm(None if replaces else request.POST or None)
    other = CodeForm(request.POST if replaces else None, auto_id="other_%s")
    del other.fields["code"].widget.attrs["autofocus"]
    if replaces and other.is_valid():
        answer = second_factor.verify(request.user, other.cleaned_data["code"])
        if answer.taken:
            request.session[_MAY_REPLACE] = sessions.seconds()
            return redirect("signin:set_up")
        other.add_error("code", _wrong(answer))
    elif request.method == "POST" and not replaces and form.is_valid():
        try:
            codes = second_factor.renew_codes(request.user, code=form.cleaned_data["code"])
        except Refused as refusal:
            form.add_error("code", refusal.message)
        else:
            return _draw(request, "recovery_codes", "恢复码", codes=codes, onward=reverse("admin:index"))
    sheet = RecoverySheet.objects.filter(user=request.user.pk).first()
    left = sheet.left if sheet is not None else 0
    return _draw(request, "mine", "两步验证", form=form, other=other, device=device, left=left)


def _wrong(answer: second_factor.Answer) -> str:
    wait = f"请等待{answer.wait}秒后再试。" if answer.wait else ""
    return f"验证码不正确，或者已经用过。{wait}"


def _pending(request: HttpRequest) -> bytes:
    """The secret that is being set up, kept sealed in the session until a code of it has come back."""
    try:
        return unhexlify(unseal(request.session[_PENDING]))
    except (KeyError, CannotOpen):
        secret = second_factor.new_secret()
        request.session[_PENDING] = seal(secret.hex())
        return secret


app_name = "signin"
urlpatterns = [
    path("second-factor/", second_factor_page, name="second_factor"),
    path("second-factor/set-up/", set_up, name="set_up"),
    path("second-factor/mine/", mine, name="mine"),
]
