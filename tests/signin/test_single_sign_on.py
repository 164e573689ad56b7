"""OpenID Connect against a provider that lives in the test: every lie of a token or a provider is refused."""

from __future__ import annotations

import hashlib
import json
import time
from base64 import urlsafe_b64encode
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django_otp.oath import totp

from accounts.models import User
from accounts.policy import NotAllowed
from accounts.services import deactivate, reset_password
from audit.faults import Refused
from audit.models import Event
from signin.models import Identity
from signin.services import second_factor
from signin.services.identities import bind, unbind

from . import with_single_sign_on  # noqa: F401  the product's own addresses are read before a test sets a provider up
from .conftest import HOME, LOGIN, sign_in, text_of

ISSUER, CLIENT = "https://id.example.gov.cn", "xinheng-test"
BEGIN, BACK = "/sign-in/oidc/begin/", "/sign-in/oidc/callback/"
FAILED = "统一身份认证没有通过"


@pytest.fixture(scope="module")
def keys():
    return [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]


class Provider:
    """Hands out tokens as the test wants them, and checks what the product sends."""

    def __init__(self, keys) -> None:
        self.keys = keys
        self.claims: dict = {}
        self.told = {"sub": "s-1", "preferred_username": "clerk"}
        self.signer, self.algorithm, self.down = keys[0], "RS256", False
        self.challenge = self.nonce = ""

    def send(self, adapter, request, **more):
        if self.down:
            raise requests.ConnectionError("down")
        assert more["timeout"] == 10
        path = urlsplit(request.url).path
        response = requests.Response()
        response.status_code, response.request, response.url = 200, request, request.url
        response._content = json.dumps(getattr(self, path.strip("/"))(request)).encode()
        return response

    def token(self, request):
        given = parse_qs(request.body)
        verifier = given["code_verifier"][0].encode()
        proof = urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
        assert proof == self.challenge
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": CLIENT,
            "sub": "s-1",
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        key = self.signer if self.algorithm == "RS256" else "a" * 32 if self.algorithm == "HS256" else None
        token = jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": "k1"})
        return {"access_token": "access", "id_token": token}

    def jwks(self, request):
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.keys[0].public_key()))
        return {"keys": [{**public, "kid": "k1", "alg": "RS256", "use": "sig"}]}

    def userinfo(self, request):
        return self.told


@pytest.fixture
def provider(settings, monkeypatch, keys):
    settings.ROOT_URLCONF = "tests.signin.with_single_sign_on"
    settings.OIDC_RP_CLIENT_ID, settings.OIDC_RP_CLIENT_SECRET = CLIENT, "secret"
    settings.OIDC_ISSUER = ISSUER
    settings.OIDC_OP_AUTHORIZATION_ENDPOINT = f"{ISSUER}/authorize"
    settings.OIDC_OP_TOKEN_ENDPOINT = f"{ISSUER}/token"
    settings.OIDC_OP_USER_ENDPOINT = f"{ISSUER}/userinfo"
    settings.OIDC_OP_JWKS_ENDPOINT = f"{ISSUER}/jwks"
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, "signin.oidc.Backend"]
    provider = Provider(keys)
    monkeypatch.setattr(
        requests.adapters.HTTPAdapter, "send", lambda *given, **more: provider.send(*given, **more)
    )
    return provider


def go(provider: Provider, client: Client | None = None, *, onward: str = "", state: str = ""):
    """To the provider and back, as a browser would."""
    client = client or Client()
    asked = client.get(BEGIN, {"next": onward} if onward else {})
    query = parse_qs(urlsplit(asked.url).query)
    assert query["code_challenge_method"] == ["S256"]
    provider.challenge, provider.nonce = query["code_challenge"][0], query["nonce"][0]
    return client, client.get(BACK, {"code": "c", "state": state or query["state"][0]})


def refused(provider: Provider) -> bool:
    client, answer = go(provider)
    assert answer.url == LOGIN
    assert "_auth_user_id" not in client.session
    return FAILED in text_of(client.get(LOGIN))


def test_the_person_named_by_the_provider_is_signed_in_to_where_they_wanted(city, provider):
    client, answer = go(provider, onward="/admin/credit_records/record/")
    assert answer.url == "/admin/credit_records/record/"
    assert client.get(HOME).wsgi_request.user == city.clerk
    assert Event.objects.filter(verb="account.sign_in", actor=city.clerk).exists()
    _, answer = go(provider, onward="https://evil.example/")
    assert answer.url == HOME


def test_who_asked_for_no_page_lands_where_the_sign_in_with_a_password_lands(city, provider):
    provider.told = {"sub": "s-1", "preferred_username": "supervisor"}
    assert go(provider)[1].url == sign_in(Client(), "supervisor").url == reverse("admin:supervision_sla")


def named(provider, sub, name="clerk") -> None:
    provider.claims, provider.told = {"sub": sub}, {"sub": sub, "preferred_username": name}


def test_an_account_stays_with_the_person_who_signed_in_first_until_it_is_unbound(city, provider):
    """A name can be given to another person at the provider; the account is not."""
    for _ in range(2):
        assert go(provider)[1].url == HOME
    assert Identity.objects.get().user == city.clerk
    named(provider, "s-2")
    assert refused(provider)
    event = Event.objects.filter(verb="account.sign_in", result="refused", target_id=str(city.clerk.pk)).get()
    assert event.data == {"code": "signin.other_person"}
    named(provider, "s-1", "officer")
    assert refused(provider)  # nor is the person anybody else here
    with pytest.raises(NotAllowed):
        unbind(city.clerk, actor=city.officer, reason="换人")
    unbind(city.clerk, actor=city.sysadmin, reason="平台换发标识，已当面核实")
    with pytest.raises(Refused, match="没有绑定"):
        unbind(city.clerk, actor=city.sysadmin, reason="平台换发标识，已当面核实")
    named(provider, "s-2")
    assert go(provider)[1].url == HOME
    provider.claims, provider.told = {}, {"sub": "s-1", "preferred_username": "clerk"}
    assert refused(provider)


def test_another_issuer_is_another_person_and_the_three_are_unbound_on_the_server(city, provider):
    bind(city.auditor, "https://former.example.gov.cn", "s-1")
    provider.told = {"sub": "s-1", "preferred_username": "auditor"}
    assert refused(provider)
    with pytest.raises(Refused, match="服务器"):
        unbind(city.auditor, actor=city.sysadmin, reason="更换平台")
    call_command("unbind_identity", "auditor", reason="更换平台", stdout=StringIO())
    assert go(provider)[1].url == HOME


def test_who_lacks_the_second_factor_binds_nothing(city, provider, settings):
    settings.TWO_FACTOR = True
    provider.told = {"sub": "s-1", "preferred_username": "officer"}
    client, _ = go(provider)
    assert not Identity.objects.exists()
    bind(city.officer, ISSUER, "s-2")  # somebody else completes the sign-in in between
    secret = second_factor.new_secret()
    second_factor.set_up(city.officer, secret=secret, code=f"{totp(secret):06}")
    client.get(reverse("signin:set_up"))
    client.post(reverse("signin:second_factor"), {"code": f"{totp(secret, drift=1):06}"})
    assert client.get(HOME).url.startswith(LOGIN)
    assert not Event.objects.filter(verb="account.sign_in", actor=city.officer, result="done").exists()


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-system"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": 1},
        {"exp": None},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": "s-2"},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_now_and_about_this_person_is_refused(city, provider, claims):
    provider.claims = claims
    assert refused(provider)


def test_a_token_of_another_signer_or_kind_is_refused(city, provider, keys):
    provider.signer = keys[1]
    assert refused(provider)
    for algorithm in ("HS256", "none"):
        provider.signer, provider.algorithm = keys[0], algorithm
        assert refused(provider)


@pytest.mark.parametrize(
    "told",
    [
        {"preferred_username": "nobody.here"},
        {"preferred_username": "CLERK"},
        {"preferred_username": "system"},
        {"preferred_username": ""},
        {"preferred_username": None},
        {"preferred_username": ["clerk"]},
    ],
    ids=str,
)
def test_no_account_is_made_and_none_matched_by_half(city, provider, told):
    before = User.objects.count()
    provider.told = {"sub": "s-1", **told}
    assert refused(provider)
    assert User.objects.count() == before


def test_a_closed_account_stays_closed(city, provider):
    deactivate(city.clerk, actor=city.sysadmin, reason="调离")
    assert refused(provider)


def test_a_state_that_was_not_given_out_and_a_silent_provider_lead_back(city, provider):
    client, answer = go(provider, state="x" * 32)
    assert answer.url == LOGIN
    assert "_auth_user_id" not in client.session
    provider.down = True
    assert refused(provider)
    assert Client().get(BACK, {"error": "access_denied", "state": "x"}).url == LOGIN


def test_the_way_back_works_once(city, provider):
    client = Client()
    asked = client.get(BEGIN)
    query = parse_qs(urlsplit(asked.url).query)
    provider.challenge, provider.nonce = query["code_challenge"][0], query["nonce"][0]
    back = {"code": "c", "state": query["state"][0]}
    assert client.get(BACK, back).url == HOME
    client.post(reverse("admin:logout"))
    assert client.get(BACK, back).url == LOGIN


@pytest.mark.parametrize("vouched", [False, True])
def test_our_second_factor_is_asked_unless_the_provider_asks_for_two(
    city, provider, settings, clock, vouched
):
    settings.TWO_FACTOR, settings.OIDC_ASKS_TWO_FACTORS = True, vouched
    provider.told = {"sub": "s-1", "preferred_username": "officer"}
    client, _ = go(provider)
    for _ in range(2):
        assert client.get(HOME).status_code == (200 if vouched else 302)
        clock(minutes=2)


def test_the_word_of_the_provider_alone_makes_nobody_one_of_the_three(city, provider, settings):
    settings.TWO_FACTOR = settings.OIDC_ASKS_TWO_FACTORS = True
    provider.told = {"sub": "s-1", "preferred_username": "auditor"}
    client, _ = go(provider)
    assert client.get(HOME).url == reverse("signin:set_up")


def test_a_code_in_the_address_of_the_sign_in_page_is_not_taken(city, provider):
    """Without state, nonce and proof key it could be anybody's."""
    asked = []
    provider.token = lambda request: asked.append(request)
    answer = Client().post(
        f"{LOGIN}?code=c&state=x", {"username": "clerk", "password": "falsch-Geraten-1", "next": HOME}
    )
    assert (answer.status_code, asked) == (200, [])


def test_the_local_password_and_its_lock_are_of_no_concern(city, provider):
    reset_password(city.clerk, actor=city.sysadmin, password="Neues-Heng-2027", reason="遗忘")
    for _ in range(5):
        sign_in(Client(), "clerk", "falsch-Geraten-1")
    client, _ = go(provider)
    assert client.get(HOME).status_code == 200


def test_a_sign_in_there_ends_the_session_here(city, provider):
    first = Client()
    sign_in(first, "clerk")
    go(provider)
    assert first.get(HOME).status_code == 302


def test_passwords_can_be_left_to_the_three_administrators(city, provider, settings):
    assert "统一身份认证登录" in text_of(Client().get(LOGIN))
    settings.OIDC_ONLY = True
    right, wrong = sign_in(Client(), "officer"), sign_in(Client(), "officer", "falsch-Geraten-1")
    for answer in (right, wrong):  # nothing tells a guesser that a password was right
        assert "“统一身份认证”登录" in text_of(answer)
        assert "账号或密码不正确" in text_of(answer)
    assert Event.objects.filter(verb="account.sign_in", result="refused").count() == 2
    assert sign_in(Client(), "sysadmin").status_code == 302


def test_where_none_is_set_up_there_is_no_address_and_no_button(city):
    assert django_settings.OIDC_RP_CLIENT_ID == ""
    with pytest.raises(NoReverseMatch):
        reverse("oidc_authentication_init")
    assert Client().get(BEGIN).status_code == 404
    assert "统一身份认证" not in text_of(Client().get(LOGIN))
