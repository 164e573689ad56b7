"""Sign-in by the government's single sign-on (OpenID Connect), an option: `XINHENG_OIDC_*`.

mozilla-django-oidc does the exchange. Added to it: the token must be for us, from the issuer named, not expired and about the same
person as the answer of the provider (the package checks neither); accounts are matched by name and never made, and stay bound to the
person who signed in first (`signin.identities`); a provider that does not answer leads back to the sign-in page.
"""

from __future__ import annotations

import logging
from typing import Any

import jwt
import requests
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import BACKEND_SESSION_KEY
from django.core.exceptions import SuspiciousOperation
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView, OIDCAuthenticationRequestView

from accounts.models import SEPARATE_ROLES, User
from audit.clock import today

from .services import identities

logger = logging.getLogger(__name__)

BACKEND = "signin.oidc.Backend"
FAILED = "统一身份认证没有通过，或者您在本系统没有启用的账号。请重试；仍不行的，请联系系统管理员。"


def is_on() -> bool:
    return bool(settings.OIDC_RP_CLIENT_ID)


def vouches(user: Any, backend: str) -> bool:
    """Whether the provider has already asked for two factors in a session of that backend, so that ours is not asked on top.

    Never for the three administrators: whoever runs the provider would be all three of them.
    """
    return settings.OIDC_ASKS_TWO_FACTORS and backend == BACKEND and not user.holds(*SEPARATE_ROLES)


def signed_in_by(request: HttpRequest) -> bool:
    """Whether this session came from the provider: then the age of the local password is nobody's concern."""
    return request.session.get(BACKEND_SESSION_KEY) == BACKEND


class Backend(OIDCAuthenticationBackend):
    """Finds the active account that the provider names; makes and changes none."""

    def authenticate(self, request: Any, **given: Any) -> Any:
        """Only on the way back from the provider: the package would also take a code out of the address of the sign-in page."""
        return super().authenticate(request, **given) if given.get("nonce") else None

    def get_payload_data(self, token: str, key: Any) -> dict[str, Any]:
        try:
            if jwt.get_unverified_header(token).get("alg") != self.OIDC_RP_SIGN_ALGO:
                raise SuspiciousOperation("the token is signed in another way than agreed")
            return jwt.decode(
                token,
                key,
                algorithms=[self.OIDC_RP_SIGN_ALGO],
                audience=self.OIDC_RP_CLIENT_ID,
                issuer=settings.OIDC_ISSUER,
                leeway=30,
                options={"require": ["exp", "iat", "aud", "iss", "sub"]},
            )
        except jwt.InvalidTokenError as error:
            raise SuspiciousOperation(f"the token does not hold: {error}") from error

    def get_userinfo(self, access_token: str, id_token: str, payload: dict[str, Any]) -> dict[str, Any]:
        told = super().get_userinfo(access_token, id_token, payload)
        if told.get("sub") != payload["sub"]:
            raise SuspiciousOperation("the answer is about somebody else than the token")
        return told

    def verify_claims(self, claims: dict[str, Any]) -> bool:
        return isinstance(claims.get(settings.OIDC_CLAIM), str) and bool(claims[settings.OIDC_CLAIM])

    def filter_users_by_claims(self, claims: dict[str, Any]) -> QuerySet:
        return User.objects.working(today()).filter(username=claims[settings.OIDC_CLAIM])

    def update_user(self, user: User, claims: dict[str, Any]) -> User:
        """Nothing of the account is changed: whom the provider means is looked at, and bound once the sign-in is whole."""
        if identities.is_somebody_else(user, settings.OIDC_ISSUER, claims["sub"]):
            identities.tell_somebody_else(user)
            raise SuspiciousOperation("the name belongs to another person than before")
        identities.keep_in_mind(user, settings.OIDC_ISSUER, claims["sub"])
        return user

    def describe_user_by_claims(self, claims: dict[str, Any]) -> str:
        return "the name given"

    def get_user(self, user_id: Any) -> Any:
        user = super().get_user(user_id)
        return user if user is not None and user.is_active and not user.has_left(today()) else None


class Begin(OIDCAuthenticationRequestView):
    """Sends the browser to the provider."""


class Return(OIDCAuthenticationCallbackView):
    """Takes the browser back; whatever fails leads to the sign-in page with a sentence."""

    def get(self, request: HttpRequest) -> HttpResponse:
        try:
            return super().get(request)
        except (
            SuspiciousOperation,
            requests.RequestException,
            jwt.PyJWTError,
            ValueError,
            KeyError,
        ) as fault:
            logger.warning("single sign-on failed: %s", type(fault).__name__)
            return self.login_failure()

    def login_failure(self) -> HttpResponse:
        messages.error(self.request, FAILED)
        return redirect("admin:login")
