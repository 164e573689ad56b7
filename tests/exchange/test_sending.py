"""What answers mean, and the line itself: certificates, proxies, limits. No database."""

from __future__ import annotations

import datetime as dt
import json
import ssl
import time
from email.utils import format_datetime
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from audit.clock import now as present
from exchange.services import sending
from exchange.services.delivering import LEASE
from exchange.services.sending import LARGEST_ANSWER, Message, headers_of, judge, send

NOW = dt.datetime(2026, 11, 20, 4, tzinfo=dt.UTC)
MESSAGE = Message("k", "repair.granted", b'{"a":1}')


def body(**told) -> bytes:
    return json.dumps(told).encode()


@pytest.mark.parametrize(
    ("status", "answer", "outcome"),
    [
        (200, body(receipt="R1"), "delivered"),
        (201, body(receipt=17), "delivered"),
        (202, body(receipt="R1"), "delivered"),
        (200, body(receipt=""), "again"),
        (200, body(receipt=True), "again"),
        (200, body(receipt=["R1"]), "again"),
        (200, b"[]", "again"),
        (200, b"", "again"),
        (200, b"\xff\xfe", "again"),
        (200, b"[" * 5000, "again"),
        (204, b"", "again"),
        (409, body(receipt="R1"), "delivered"),
        (409, body(code="duplicate"), "delivered"),
        (409, body(code="conflict"), "refused"),
        (409, b"", "refused"),
        *(
            (status, b"", "again")
            for status in (100, 301, 302, 307, 308, 408, 425, 429, 500, 502, 503, 504, 599)
        ),
        *((status, b"", "refused") for status in (400, 401, 403, 404, 405, 410, 413, 415, 422, 451)),
    ],
)
def test_only_a_receipt_is_proof(status, answer, outcome):
    assert judge(status, {}, answer, now=NOW).outcome == outcome


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("120", 120),
        (" 5 ", 5),
        ("-5", 0),
        ("soon", 0),
        ("", 0),
        ("1e9", 0),
        ("99999999999999999999", 0),
        (format_datetime(NOW + dt.timedelta(minutes=2), usegmt=True), 120),
        (format_datetime(NOW - dt.timedelta(minutes=2), usegmt=True), 0),
    ],
)
def test_the_platform_asks_for_time_in_seconds_or_by_date(asked, seconds):
    assert judge(503, {"retry-after": asked}, b"", now=NOW).wait == seconds


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (body(message="主体\n不存在\x00"), "平台退回(400)：主体 不存在"),
        (body(detail="x" * 5000), "平台退回(400)：" + "x" * 500),
        ("<b>坏请求</b>".encode(), "平台退回(400)：<b>坏请求</b>"),
        (b"", "平台退回(400)"),
    ],
)
def test_what_the_platform_says_becomes_one_harmless_line(answer, said):
    assert judge(400, {}, answer, now=NOW).message == said


def test_numbers_of_people_in_what_the_platform_says_are_masked():
    assert "19491231" not in judge(400, {}, body(message="号码11010519491231002X不符"), now=NOW).message


def test_the_signature_covers_path_key_moment_and_content():
    def mark(url="https://a.example/x", key=b"k" * 32, now=NOW, message=MESSAGE) -> str:
        return headers_of(message, url=url, key=key, now=now)["X-Xinheng-Signature"]

    others = [
        mark(url="https://a.example/y"),
        mark(key=b"q" * 32),
        mark(now=NOW + dt.timedelta(seconds=1)),
        mark(message=Message("other", "repair.granted", b'{"a":1}')),
        mark(message=Message("k", "repair.granted", b'{"a":2}')),
    ]
    assert len({mark(), *others}) == 6
    assert mark() == mark()


def test_any_key_becomes_a_plain_header():
    found = headers_of(
        Message("异议:银信〔2026〕1号\r\nX-Evil: 1", "主题", b"{}"), url="https://a/", key=b"k", now=NOW
    )
    assert all(value.isascii() and value.isprintable() for value in found.values())


def test_a_platform_that_is_not_there_is_nobody(settings):
    settings.UPPER_PLATFORM_URL, settings.UPPER_PLATFORM_KEY = "http://127.0.0.1:9/x", b"k" * 32
    found = send(MESSAGE, now=present())
    assert (found.outcome, found.reached) == ("again", False)


def test_a_name_that_does_not_exist_is_nobody(settings):
    settings.UPPER_PLATFORM_URL, settings.UPPER_PLATFORM_KEY = "https://platform.invalid/x", b"k" * 32
    assert send(MESSAGE, now=present()).reached is False


@pytest.mark.parametrize("trouble", ["take_and_hang", "take_and_trickle"])
def test_the_whole_has_one_limit_however_slowly_it_trickles(receiver, trouble):
    receiver.misbehave(trouble)
    begun = time.monotonic()
    assert send(MESSAGE, now=present()).outcome == "again"
    assert time.monotonic() - begun < 3


def test_an_answer_without_end_is_not_read(receiver):
    receiver.misbehave("take_and_flood")
    assert send(MESSAGE, now=present()).message == "平台的答复过大，没有读完"
    assert LARGEST_ANSWER < 1_000_000


def test_neither_proxies_nor_redirects_are_followed(receiver, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert send(MESSAGE, now=present()).outcome == "delivered"
    receiver.misbehave("elsewhere")
    assert send(MESSAGE, now=present()).status == 307
    assert len(receiver.heard) == 2


# --- certificates ---------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path):
    """A self-signed certificate for this machine; its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "示例平台")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(present() - dt.timedelta(days=1))
        .not_valid_after(present() + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    file, key_file = tmp_path / "ca.pem", tmp_path / "key.pem"
    file.write_bytes(made.public_bytes(pem))
    key_file.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return file, key_file


def test_a_certificate_that_nobody_vouches_for_is_refused_unless_its_authority_is_named(
    receiver, certificate, settings
):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
    settings.UPPER_PLATFORM_URL = receiver.url.replace("http:", "https:")
    refused = send(MESSAGE, now=present())
    assert (refused.outcome, refused.reached, receiver.taken) == ("again", False, {})
    settings.UPPER_PLATFORM_CA = str(certificate[0])
    assert send(MESSAGE, now=present()).outcome == "delivered"


def test_the_limit_of_a_try_is_shorter_than_the_lease():
    assert sending._LIMITS.connect < 10
    assert dt.timedelta(seconds=2 * sending.WHOLE_SECONDS) < LEASE
