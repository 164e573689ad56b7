"""Amounts of money in 万元, as the penalty templates ask: decimal(18,6) (发改办财金〔2018〕1171号)."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Decimal

from credit_records.rules.faults import Fault, reject
from credit_records.rules.text import half_width, is_blank, shortened

_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?").fullmatch
_NUMBER = re.compile(r"-?(?:(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]*)?|\.[0-9]+)").fullmatch

_NUMERALS = "零〇一二三四五六七八九壹贰貳叁參肆伍陆陸柒捌玖两兩廿卅"
_POWERS = "十百千万亿拾佰仟萬億"
_UNITS = "元圆圓块角分¥￥$"
_MONEY_TEXT = re.compile(
    rf"[{_NUMERALS}{_POWERS}{_UNITS}0-9.,:;()\s整正余共计合约人民币罚款金额为RMBCNY-]+", re.IGNORECASE
).fullmatch
_HAS_NUMERAL = re.compile(f"[{_NUMERALS}]").search
_HAS_POWER = re.compile(f"[{_POWERS}]").search
_HAS_DIGIT = re.compile("[0-9]").search
_HAS_UNIT = re.compile(f"[{_POWERS}{_UNITS}]|人民币|RMB|CNY", re.IGNORECASE).search

_YUAN_IN_WAN = 10000
_FEN = Decimal("0.01")


def parse_amount(raw: object, *, max_digits: int = 18, decimal_places: int = 6) -> Decimal | Fault | None:
    """The amount of a cell in 万元, None for a blank one, or the fault that keeps the row out.

    A number in words or with a unit is refused, and no value is proposed: 5000元 in a column of 万元 may be a
    wrong unit or a wrong figure, and only the decision document tells.
    """
    if type(raw) is str:
        if _PLAIN(raw) is not None:
            return _bounded(raw, max_digits, decimal_places)
        return None if is_blank(raw) else _from_text(half_width(raw), max_digits, decimal_places)
    if raw is None:
        return None
    if isinstance(raw, float):
        if not math.isfinite(raw):
            return _not_a_number(str(raw))
        # Fifteen digits are what Excel shows: 0.1 + 0.2 is 0.3 in the sheet, and so it is here.
        text = f"{raw:.15g}"
        return _bounded(f"{Decimal(text):f}" if "e" in text else text, max_digits, decimal_places)
    if isinstance(raw, int) and not isinstance(raw, bool):
        return _bounded(str(raw), max_digits, decimal_places)
    if isinstance(raw, Decimal) and raw.is_finite():
        return _bounded(f"{raw:f}", max_digits, decimal_places)
    return _not_a_number(str(raw))


def _from_text(text: str, max_digits: int, decimal_places: int) -> Decimal | Fault:
    text = text.replace("\u2212", "-")
    if _NUMBER(text) is not None:
        return _bounded(text.replace(",", ""), max_digits, decimal_places)
    if _MONEY_TEXT(text) is not None:
        digit = _HAS_DIGIT(text)
        if _HAS_NUMERAL(text) or (digit is None and _HAS_POWER(text)):
            return reject(
                "amount.in_words",
                f"金额“{shortened(text)}”是中文数字，应对照决定书填写以万元为单位的阿拉伯数字，系统不代为换算",
            )
        if digit is not None and _HAS_UNIT(text):
            return reject(
                "amount.unit",
                f"金额“{shortened(text)}”带有单位，本列单位已是万元，应对照决定书只填写以万元为单位的数字",
            )
    return _not_a_number(text)


def _bounded(text: str, max_digits: int, decimal_places: int) -> Decimal | Fault:
    """The number written in plain digits, when the column can hold it exactly."""
    whole, _, fraction = text.partition(".")
    if len(fraction) > decimal_places and len(fraction.rstrip("0")) > decimal_places:
        return reject(
            "amount.precision", f"金额“{shortened(text)}”超过{decimal_places}位小数，应对照决定书按万元改正"
        )
    if len(whole) > max_digits - decimal_places and len(whole.lstrip("-0")) > max_digits - decimal_places:
        return reject(
            "amount.too_large",
            f"金额“{shortened(text)}”的整数部分超过{max_digits - decimal_places}位，请核对是否以万元为单位",
        )
    amount = Decimal(text)
    if whole[:1] == "-":
        if amount:
            return reject("amount.negative", f"金额“{shortened(text)}”是负数，应对照决定书改正")
        return abs(amount)
    return amount


def _not_a_number(text: str) -> Fault:
    return reject(
        "amount.not_a_number", f"“{shortened(text)}”不是数字，应填写以万元为单位的数字，没有金额的留空"
    )


def format_wan(amount: Decimal) -> str:
    """An amount held in 万元 as pages show it: 0.5万元, 1,250万元, and 1,234.00元 for 0.1234.

    Whole 元 and 分 are shown in 元, so that nobody reads more than two decimals.
    """
    if amount == round(amount, 2):
        whole, _, fraction = f"{amount:,.2f}".partition(".")
        fraction = fraction.rstrip("0")
        return f"{whole}.{fraction}万元" if fraction else f"{whole}万元"
    yuan = (amount * _YUAN_IN_WAN).quantize(_FEN, ROUND_HALF_UP)
    return f"{yuan:,}元"
