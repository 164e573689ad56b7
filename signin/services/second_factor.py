"""The second factor: set up, asked for, reset. Time-based codes (RFC 6238) by django-otp, secrets sealed at rest."""

from __future__ import annotations

import base64
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import transaction

from accounts.models import SEPARATE_ROLES, User
from accounts.policy import policy_for
from accounts.sealing import seal
from audit.acts import act, note
from audit.clock import now as present
from audit.clock import today
from audit.faults import Refused
from audit.models import Event

from .. import sessions
from ..models import DIGITS, STEP, RecoveryCode, RecoverySheet, TotpDevice
from .demands import roles_demanded

ISSUER = "信衡"
CODES, GROUPS = 10, 4
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class State(StrEnum):
    """Where a session stands with its second factor."""

    FREE = "free"  # none is asked for
    DUE = "due"  # the code is still to be given
    TO_SET_UP = "set_up"  # the role needs one and there is none yet
    DONE = "done"


NOT_YET = frozenset({State.DUE, State.TO_SET_UP})
"""The password was given and the sign-in is not whole."""


@dataclass(frozen=True)
class Answer:
    """What became of a code: taken or not, by which means, and how long to wait before the next try (seconds)."""

    taken: bool
    recovery: bool = False
    left: int = 0
    wait: int = 0


def state_for(user: User) -> State:
    """What a fresh session of this account must do (two queries; none while two factors are switched off)."""
    if not settings.TWO_FACTOR:
        return State.FREE
    if TotpDevice.objects.filter(user=user.pk).exists():
        return State.DUE
    return State.TO_SET_UP if is_demanded(user) else State.FREE


def is_demanded(user: User) -> bool:
    return user.holds(*roles_demanded(today()))


def new_secret() -> bytes:
    """160 bits, as RFC 4226 recommends."""
    return os.urandom(20)


def as_typed(secret: bytes) -> str:
    """The secret in groups of four, to be typed where no picture can be taken."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def address_of(secret: bytes, user: User) -> str:
    """The address in the QR code, as authenticator programs read it."""
    told = urlencode(
        {
            "secret": base64.b32encode(secret).decode(),
            "issuer": ISSUER,
            "algorithm": "SHA1",
            "digits": DIGITS,
            "period": STEP,
        },
        quote_via=quote,
    )
    return f"otpauth://totp/{quote(ISSUER)}:{quote(user.username)}?{told}"


def set_up(user: User, *, secret: bytes, code: str, now: datetime | None = None) -> list[str]:
    """Bind the telephone that holds the secret, which a code of it proves; returns the recovery codes, shown only now.

    One that was bound before is replaced. Refused: `signin.code_wrong`.
    """
    moment = now or present()
    with act("account.set_up_second_factor", actor=user, on=user):
        User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        TotpDevice.objects.filter(user=user).delete()
        device = TotpDevice.objects.create(
            user=user, name="TOTP", key_sealed=seal(secret.hex()), since=moment
        )
        if not device.verify_token(_plain(code)):
            raise Refused(
                "signin.code_wrong", "验证码不正确。请核对手机时间是否准确，用应用中当前显示的6位数字再试。"
            )
        return _new_sheet(user, moment)


def verify(user: User, code: str, *, now: datetime | None = None) -> Answer:
    """Look at a code of the telephone or of the recovery sheet. Each is good once; a wrong one makes the next wait."""
    plain = _plain(code)
    recovery = len(plain) != DIGITS
    moment = now or present()
    with transaction.atomic():
        # The lock is kept until the counters are written: a code given twice at once is taken once.
        kind = RecoverySheet if recovery else TotpDevice
        device = kind.objects.select_for_update(of=("self",)).filter(user=user.pk).first()
        if device is None:
            taken = False
        else:
            taken = device.verify_token(plain, now=moment) if recovery else device.verify_token(plain)
        data = {"means": "recovery" if recovery else "totp"}
        if taken and recovery:
            data["left"] = device.left
        note(
            "account.second_factor",
            actor=user,
            on=user,
            data=data,
            result=Event.Result.DONE if taken else Event.Result.REFUSED,
        )
    wait = 0
    if not taken and device is not None:
        until = (device.verify_is_allowed()[1] or {}).get("locked_until")
        wait = max(1, int((until - moment).total_seconds()) + 1) if until else 0
    return Answer(taken, recovery and taken, device.left if taken and recovery else 0, wait)


def renew_codes(user: User, *, code: str, now: datetime | None = None) -> list[str]:
    """A new sheet of recovery codes in place of the former one, for a code of the telephone."""
    answer = verify(user, code, now=now)
    if not answer.taken or answer.recovery:
        wait = f"请{answer.wait}秒后再试。" if answer.wait else "请填写手机应用中当前显示的6位数字。"
        raise Refused("signin.code_wrong", f"验证码不正确。{wait}")
    with act("account.renew_recovery_codes", actor=user, on=user):
        User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        return _new_sheet(user, now or present())


def reset(user: User, *, actor: User, reason: str) -> User:
    """Take away the second factor of someone who lost it: they set up another at the next sign-in; open sessions end.

    That of one of the three administrators is reset on the server alone (`manage.py reset_second_factor`), like the password.
    """
    if actor.username != User.SYSTEM:
        policy_for(User).require(actor, "change", user)
        if actor.pk == user.pk:
            raise Refused("account.oneself", "不能重置自己的两步验证。")
        if user.holds(*SEPARATE_ROLES):
            raise Refused(
                "account.roles_apart",
                "三员账号的两步验证不能由另一管理员重置，请由运维人员在服务器上用命令办理。",
            )
    with act("account.reset_second_factor", actor=actor, on=user, reason=reason):
        user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        gone, _ = TotpDevice.objects.filter(user=user).delete()
        RecoverySheet.objects.filter(user=user).delete()
        if not gone:
            raise Refused("signin.no_device", "该账号没有设置两步验证，不需要重置。")
        sessions.new_mark(user)
    return user


def _plain(code: str) -> str:
    """The code without what people type between its groups."""
    return "".join(character for character in code if character.isalnum()).upper()[:64]


def _new_sheet(user: User, moment: datetime) -> list[str]:
    RecoverySheet.objects.filter(user=user).delete()
    sheet = RecoverySheet.objects.create(user=user, name="recovery", made=moment)
    codes = [
        "-".join("".join(secrets.choice(_BASE32) for _ in range(4)) for _ in range(GROUPS))
        for _ in range(CODES)
    ]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(sheet=sheet, digest=RecoveryCode.digest_of(code)) for code in codes
    )
    return codes
