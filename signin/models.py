"""What signing in keeps: former passwords, second factors, who must have one, and where people came from."""

from __future__ import annotations

import hashlib
from binascii import unhexlify
from datetime import datetime

from django.conf import settings
from django.db import models
from django_otp.models import Device, ThrottlingMixin
from django_otp.oath import TOTP

from accounts.models import Role
from accounts.sealed_columns import sealed_in
from accounts.sealing import unseal
from audit.guard import TrackedManager
from audit.models import tracked

from . import sessions
from .identities import Identity as Identity

STEP, DIGITS, TOLERANCE = 30, 6, 1
"""Seconds of a code, its digits, and how many steps the clock of the telephone may be off (RFC 6238, 5.2)."""


class UsedPassword(models.Model):
    """One of the last passwords of an account, as its hash: it cannot be taken again."""

    untracked_because = (
        "only hashes that are compared with, dropped when newer ones come; nobody sees or changes them"
    )

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="账号"
    )
    encoded = models.CharField("密码摘要", max_length=128)
    since = models.DateTimeField("启用时间")

    class Meta:
        verbose_name = "用过的密码"
        verbose_name_plural = "用过的密码"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.user_id}号账号用过的密码"


class TwoFactorDemand(models.Model):
    """From a day on a role must sign in with two factors, or need not. The newest row of a role counts.

    Rows are added, never changed; roles without one follow `settings.TWO_FACTOR_ROLES`.
    """

    role = models.CharField("角色", max_length=20, choices=Role.choices)
    demanded = models.BooleanField("须两步验证", default=True)
    since = models.DateField("自")
    reason = models.TextField("依据", max_length=1000)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "两步验证要求"
        verbose_name_plural = "两步验证要求"
        ordering = ["-since", "-id"]
        constraints = [models.UniqueConstraint(fields=["role", "since"], name="two_factor_demand_once_a_day")]

    def __str__(self) -> str:
        return f"{self.get_role_display()}{'须' if self.demanded else '可不用'}两步验证(自{self.since})"


class TotpDevice(ThrottlingMixin, Device):
    """The telephone (or token) that shows a person's codes. django-otp keeps the secret in plain text; here it is sealed.

    A code is good once (`last_t`); wrong ones make the next try wait 1, 2, 4, 8 … seconds.
    """

    untracked_because = "counters that move with every code; set-up, failure and reset stand in the journal"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="totp_device", verbose_name="账号"
    )
    key_sealed = models.TextField("密钥(密封)")
    drift = models.SmallIntegerField("时钟偏差", default=0)
    last_t = models.BigIntegerField("最近一次的时段", default=-1)
    since = models.DateTimeField("启用时间")

    class Meta:
        verbose_name = "两步验证设备"
        verbose_name_plural = "两步验证设备"

    def get_throttle_factor(self) -> int:
        return 1

    def verify_token(self, token: str) -> bool:
        """Whether it is the code of now; writes the counters. Call it under a lock on the row."""
        if not self.verify_is_allowed()[0]:
            return False
        totp = TOTP(unhexlify(unseal(self.key_sealed)), STEP, 0, DIGITS, self.drift)
        totp.time = sessions.seconds()
        well_formed = len(token) == DIGITS and token.isascii() and token.isdigit()
        if well_formed and totp.verify(int(token), TOLERANCE, self.last_t + 1):
            self.last_t, self.drift = totp.t(), totp.drift
            self.throttle_reset()
            return True
        self.throttle_increment()
        return False


sealed_in(TotpDevice, "key_sealed")


class RecoverySheet(ThrottlingMixin, Device):
    """The sheet of codes for the day on which the telephone is lost; each of them is good once."""

    untracked_because = "counters, like the device's; making a sheet and using a code stand in the journal"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="recovery_sheet", verbose_name="账号"
    )
    made = models.DateTimeField("生成时间")

    class Meta:
        verbose_name = "恢复码"
        verbose_name_plural = "恢复码"

    def get_throttle_factor(self) -> int:
        return 1

    def verify_token(self, token: str, *, now: datetime | None = None) -> bool:
        if not self.verify_is_allowed()[0]:
            return False
        code = self.codes.filter(digest=RecoveryCode.digest_of(token), used__isnull=True).first()
        if code is None:
            self.throttle_increment()
            return False
        code.used = now
        code.save(update_fields=["used"])
        self.throttle_reset()
        return True

    @property
    def left(self) -> int:
        return self.codes.filter(used__isnull=True).count()


class RecoveryCode(models.Model):
    """One code of a sheet, as its digest: 80 random bits need no slow hash."""

    untracked_because = "only digests with the time of use, which stands in the journal too"

    sheet = models.ForeignKey(
        RecoverySheet, on_delete=models.CASCADE, related_name="codes", verbose_name="恢复码表"
    )
    digest = models.CharField("摘要", max_length=64)
    used = models.DateTimeField("使用时间", null=True)

    class Meta:
        verbose_name = "单个恢复码"
        verbose_name_plural = "单个恢复码"
        constraints = [models.UniqueConstraint(fields=["sheet", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return f"{self.sheet_id}号表的恢复码"

    @staticmethod
    def digest_of(text: str) -> str:
        plain = "".join(character for character in text.upper() if character.isalnum())
        return hashlib.sha256(b"recovery code\0" + plain.encode()).hexdigest()


class SignIn(models.Model):
    """One sign-in on the pages: where from and with which browser, for the notice at the next one."""

    untracked_because = "written once; the sign-in itself stands in the journal"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="账号",
        db_index=False,
    )
    at = models.DateTimeField("时间", db_index=True)
    address = models.CharField("来源地址", max_length=64, blank=True)
    browser = models.CharField("浏览器", max_length=200, blank=True)

    class Meta:
        verbose_name = "登录记录"
        verbose_name_plural = "登录记录"
        ordering = ["-id"]
        indexes = [models.Index(fields=["user", "-at"], name="signin_of_user")]

    def __str__(self) -> str:
        return f"{self.user_id}号账号 {self.at:%Y-%m-%d %H:%M}"
