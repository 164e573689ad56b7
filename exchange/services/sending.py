"""One message to the upper platform over HTTPS, and what its answer means. No database here: nothing is locked while we wait."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from django.conf import settings

from credit_records.rules.identifiers import mask_numbers_in
from exchange.models import Attempt

Outcome = Attempt.Outcome
_Answered = tuple[int, Mapping[str, str], bytes]

WHOLE_SECONDS = 30.0
"""From the first byte of the connection to the last of the answer; the single waits below are shorter."""
_LIMITS = httpx.Timeout(15.0, connect=5.0)
LARGEST_ANSWER = 64_000
_LONGEST_SAYING = 500
_LONGEST_RECEIPT = 200
_DUPLICATE = "duplicate"
_AGAIN_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True)
class Message:
    """What is sent: the same key and the same bytes however often."""

    key: str
    topic: str
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What one try came to."""

    outcome: str
    message: str
    status: int | None = None
    receipt: str = ""
    wait: float = 0.0
    """Seconds that the platform asks us to wait before the next try."""
    reached: bool = True
    """False when nobody answered: then others would wait in vain as well."""


def headers_of(message: Message, *, url: str, key: bytes, now: datetime) -> dict[str, str]:
    """Idempotency key, digest (RFC 9530) and signature.

    Signed are method, path, key, moment and digest, with line feeds between them; the platform refuses moments far from its own.
    """
    digest = hashlib.sha256(message.body).digest()
    named = quote(message.key, safe="-._~:/")
    moment = str(int(now.timestamp()))
    signed = "\n".join(["POST", urlsplit(url).path or "/", named, moment, digest.hex()])
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "xinheng-exchange/1",
        "Idempotency-Key": named,
        "Content-Digest": f"sha-256=:{base64.b64encode(digest).decode()}:",
        "X-Xinheng-Topic": quote(message.topic, safe="-._~:"),
        "X-Xinheng-Timestamp": moment,
        "X-Xinheng-Signature": f"v1={hmac.new(key, signed.encode(), 'sha256').hexdigest()}",
    }


def send(message: Message, *, now: datetime) -> Answer:
    """Send once and say what came of it; never raises for what the network or the platform does."""
    url = settings.UPPER_PLATFORM_URL
    headers = headers_of(message, url=url, key=settings.UPPER_PLATFORM_KEY, now=now)
    try:
        status, given, body = _apart(_post(url, headers, message.body))
    except (TimeoutError, httpx.TimeoutException):
        return _nobody("平台没有在规定时间内答复，是否收到不明")
    except httpx.ConnectError as error:
        return _nobody(f"连接不上平台({_name(error)})")
    except _TooLarge:
        return Answer(Outcome.AGAIN, "平台的答复过大，没有读完")
    except (httpx.HTTPError, OSError) as error:
        return _nobody(f"与平台的连接中断({_name(error)})，是否收到不明")
    return judge(status, given, body, now=now)


def judge(status: int, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Answer:
    """What an answer means. Only a receipt is proof: a page of some gateway with status 200 is none."""
    told = _told(body)
    receipt = _line(told.get("receipt"), _LONGEST_RECEIPT)
    if 200 <= status < 300:
        if receipt:
            return Answer(Outcome.DELIVERED, "平台已接收", status, receipt)
        return Answer(Outcome.AGAIN, f"平台答复{status}，但没有回执，不能算已接收", status)
    if status == 409 and (receipt or told.get("code") == _DUPLICATE):
        return Answer(Outcome.DELIVERED, "平台此前已接收", status, receipt)
    if status >= 500 or status in _AGAIN_LATER:
        asked = _seconds(headers.get("retry-after", ""), now)
        text = "平台要求稍后再发" if status == 429 else "平台暂时不能接收"
        return Answer(Outcome.AGAIN, _with(f"{text}({status})", told, body), status, wait=asked)
    if 300 <= status < 400:
        # Not the platform's judgement of the message: a gateway or a moved address, which the operator mends.
        text = f"平台要求转到别的地址({status})，没有跟随，请系统管理员核对平台地址"
        return Answer(Outcome.AGAIN, text, status)
    if status < 200:
        return Answer(Outcome.AGAIN, f"平台的答复不完整({status})", status)
    return Answer(Outcome.REFUSED, _with(f"平台退回({status})", told, body), status)


class _TooLarge(Exception):
    """An answer that is none."""


def _apart(call: Coroutine[Any, Any, _Answered]) -> _Answered:
    """In a thread of its own: the caller may itself stand in an event loop, which allows no second one."""
    with ThreadPoolExecutor(max_workers=1) as aside:
        return aside.submit(asyncio.run, call).result()


async def _post(url: str, headers: dict[str, str], body: bytes) -> _Answered:
    trusted = settings.UPPER_PLATFORM_CA
    verify = ssl.create_default_context(cafile=trusted) if trusted else True
    async with (
        asyncio.timeout(WHOLE_SECONDS),
        # Neither proxies nor certificates from the machine's environment: the address is all there is.
        httpx.AsyncClient(verify=verify, trust_env=False, follow_redirects=False, timeout=_LIMITS) as client,
        client.stream("POST", url, headers=headers, content=body) as response,
    ):
        pieces = bytearray()
        async for piece in response.aiter_raw():
            pieces += piece
            if len(pieces) > LARGEST_ANSWER:
                raise _TooLarge
        return response.status_code, response.headers, bytes(pieces)


def _nobody(text: str) -> Answer:
    return Answer(Outcome.AGAIN, text, reached=False)


def _name(error: Exception) -> str:
    return type(error).__name__


def _told(body: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _line(value: Any, longest: int) -> str:
    """Words of the other side as one line that may stand on a page and in the database: no control characters, no numbers of people."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return ""
    text = "".join(c if c.isprintable() and not "\ud800" <= c <= "\udfff" else " " for c in str(value))
    return mask_numbers_in(" ".join(text.split())[:longest])


def _with(text: str, told: Mapping[str, Any], body: bytes) -> str:
    said = _line(told.get("message") or told.get("detail") or told.get("error"), _LONGEST_SAYING)
    said = said or _line(body.decode("utf-8", "replace"), _LONGEST_SAYING)
    return f"{text}：{said}" if said else text


def _seconds(value: str, now: datetime) -> float:
    """`Retry-After`, in seconds or as a date; what cannot be read asks for nothing."""
    value = value.strip()
    if value.isdecimal() and value.isascii() and len(value) < 10:
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (TypeError, ValueError):
        return 0.0
