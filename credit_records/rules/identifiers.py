"""Numbers that name a subject: unified social credit code, resident identity number, other documents.

Rules: GB 32100-2015 (credit code), GB 11714 (organisation code inside it), GB 11643 (resident identity
number). What is wrong is refused or remarked, never put right by guessing.
"""

from __future__ import annotations

import datetime
import re
from functools import lru_cache
from typing import NamedTuple

from stdnum import numdb

from audit.masking import mask_phones_in
from credit_records.rules.faults import Fault, hint, reject
from credit_records.rules.text import clean_code, clean_text, is_blank, long_number_lost

NO_CODE = "00000000000000000X"
"""What departments write for a body that has no code: accepted, and counted as no code."""

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_KINDS_BY_AUTHORITY = {
    "1": "1239", "2": "19", "3": "123459", "4": "19", "5": "1239", "6": "129",
    "7": "129", "8": "19", "9": "123", "A": "19", "N": "1239", "Y": "1",
}  # fmt: skip
PAIRS = frozenset(authority + kind for authority, kinds in _KINDS_BY_AUTHORITY.items() for kind in kinds)
"""First two characters: registering authority and kind of body (GB 32100-2015 and its later additions)."""


class UsccVerdict(NamedTuple):
    """What the check of a code cell found: the code as the standard writes it, or the fault."""

    code: str | None
    fault: Fault | None
    hints: tuple[Fault, ...]
    declared_none: bool


_EMPTY = UsccVerdict(None, None, (), False)
_DECLARED_NONE = UsccVerdict(
    None,
    None,
    (hint("uscc.no_code", "填写的是“无统一社会信用代码”占位码，按无代码处理；主体已有代码的，应改填其代码"),),
    True,
)
_DIVISION_UNKNOWN = (
    hint("uscc.division_unknown", "统一社会信用代码第3至8位不是已知的行政区划代码，可以入库，请核对证照"),
)

_SHAPE = re.compile("[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}").fullmatch
_ORGANISATION_SHAPE = re.compile("[0-9A-HJ-NPQRTUWXY]{8}-?[0-9X]").fullmatch
_RESIDENT_SHAPE = re.compile("[0-9]{17}[0-9X]").fullmatch
_OTHER_DOCUMENT_SHAPE = re.compile(r"[0-9A-Z一-鿿()/-]+").fullmatch
_ended = re.compile(r"\[[0-9]*-[0-9]+\]").match
_LOOK_ALIKES = str.maketrans("IOSZ", "1052")

# The check digits are weighted sums whose weights are powers: 3^i modulo 31 in GB 32100, 2^i modulo 11 in
# GB 11714 and GB 11643. Such a sum is the number itself, read in a base of the same residue, and int() reads
# it in C: base 34 = 31 + 3 (characters reversed), base 35 = 3 * 11 + 2, base 13 = 11 + 2.
_BASE_34 = bytes.maketrans(ALPHABET.encode(), b"0123456789abcdefghijklmnopqrstu")
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_ELEVENTH = "10X98765432"


def uscc_check_digit(first17: str) -> str:
    """Eighteenth character of a credit code (GB 32100-2015, 5.5). The characters must be of the alphabet."""
    return ALPHABET[-int(first17.encode().translate(_BASE_34)[::-1], 34) % 31]


def organisation_check_digit(first8: str) -> str:
    """Ninth character of an organisation code, the seventeenth of a credit code (GB 11714)."""
    return _ELEVENTH[(1 + int(first8, 35) * 2) % 11]


def make_uscc(pair: str, division: str, organisation8: str) -> str:
    """A well-formed credit code for invented bodies: both check digits are computed.

    An organisation part that begins with DEM or DEP keeps anybody from taking such a code for a genuine one.
    """
    first17 = pair + division + organisation8 + organisation_check_digit(organisation8)
    return first17 + uscc_check_digit(first17)


@lru_cache(maxsize=8192)
def division_state(division: str) -> str:
    """State of a six-digit division: "current", "historic" (abolished, its codes live on) or "unknown".

    From the list of python-stdnum (GB/T 2260 with its changes), where a county carries its periods,
    "[1983-2013]绍兴县,[2014-]…". One whose periods have all ended is abolished.
    """
    if division == "100000":  # central bodies: the whole country
        return "current"
    # Read at the first code, not at import: the list takes a tenth of a second.
    for _, found in numdb.get("cn/loc").info(division):
        if "county" in found:
            periods = found["county"].split(",")
            return "historic" if all(map(_ended, periods)) else "current"
    return "unknown"


def check_uscc(raw: object) -> UsccVerdict:
    """Full check of a cell of the credit code column (GB 32100-2015, GB 11714).

    Codes that begin with A, N or Y are genuine. An unknown division is only a remark, an abolished one not
    even that: a sixth of the genuine codes carry one. Of several faults the first in this order is told:
    length, characters, check digit, inner check digit, first two characters.
    """
    if is_blank(raw):
        return _EMPTY
    if long_number_lost(raw):
        return _refused(
            "uscc.lost_digits", "统一社会信用代码被存成了数字，后几位已丢失，应将该列设为文本格式后重新填写"
        )
    code = clean_code(raw)
    if _SHAPE(code) is None:
        return _DECLARED_NONE if code == NO_CODE else _misshapen(code)
    if uscc_check_digit(code[:17]) != code[17]:
        return _DECLARED_NONE if code == NO_CODE else _miscounted(code, raw)
    if organisation_check_digit(code[8:16]) != code[16]:
        return _resident_id_instead(code) or _refused(
            "uscc.inner_digit", "统一社会信用代码第17位(组织机构代码校验码)不对，应核对营业执照后改正"
        )
    if code[:2] not in PAIRS:
        return _resident_id_instead(code) or _refused(
            "uscc.pair", f"统一社会信用代码前两位“{code[:2]}”不是规定的登记部门和机构类别，应核对证照后改正"
        )
    if division_state(code[2:8]) == "unknown":
        return UsccVerdict(code, None, _DIVISION_UNKNOWN, False)
    return UsccVerdict(code, None, (), False)


def _refused(fault_code: str, message: str) -> UsccVerdict:
    return UsccVerdict(None, reject(fault_code, message), (), False)


def _misshapen(code: str) -> UsccVerdict:
    """Why a cell has not the shape of a credit code, and which other number it holds."""
    length = len(code)
    if length in (13, 15) and code.isascii() and code.isdigit():
        return _refused(
            "uscc.registration_number",
            f"填写的是{length}位工商注册号，应改填18位统一社会信用代码，注册号填入“工商注册号”列",
        )
    if _ORGANISATION_SHAPE(code) and organisation_check_digit(code[:8]) == code[-1]:
        return _refused(
            "uscc.organisation_code",
            "填写的是9位组织机构代码，应改填18位统一社会信用代码，原代码填入“组织机构代码”列",
        )
    if length != 18:
        return _refused("uscc.length", f"统一社会信用代码应为18位，现为{length}位，应对照营业执照补正")
    place = next(n for n in range(18) if code[n] not in (ALPHABET if n < 2 or n > 7 else "0123456789"))
    rule = "第3至8位只能是数字" if 2 <= place < 8 else "只能用数字和大写字母，不用I、O、S、V、Z"
    return _refused(
        "uscc.alphabet",
        f"统一社会信用代码第{place + 1}位“{code[place]}”不合规定({rule}),"
        + _suggestion(code.translate(_LOOK_ALIKES)),
    )


def _miscounted(code: str, raw: object) -> UsccVerdict:
    # A small l turns into a capital L, which the alphabet has: the digit 1 was meant as often.
    meant = code.replace("L", "1") if "l" in clean_text(raw) else code
    return _resident_id_instead(code) or _refused(
        "uscc.check_digit", f"统一社会信用代码第18位校验码不对，{_suggestion(meant)}"
    )


def _resident_id_instead(code: str) -> UsccVerdict | None:
    if check_resident_id(code)[1] is not None:
        return None
    return _refused(
        "uscc.resident_id", "填写的是公民身份号码，应改填统一社会信用代码；主体是自然人的，应使用自然人模板"
    )


def _suggestion(candidate: str) -> str:
    """What to do about a wrong character: names the code that would pass if look-alike letters explain it."""
    if (
        _SHAPE(candidate)
        and uscc_check_digit(candidate[:17]) == candidate[17]
        and organisation_check_digit(candidate[8:16]) == candidate[16]
        and candidate[:2] in PAIRS
    ):
        return f"是否应为“{candidate}”，请核对营业执照后改正"
    return "应核对营业执照后改正"


def check_resident_id(raw: object, *, today: datetime.date | None = None) -> tuple[str | None, Fault | None]:
    """Check of a resident identity number (GB 11643); a blank cell is neither number nor fault.

    The birth date must exist, and not lie after `today` when that is given. Minors are not refused here, and
    divisions are not looked up: numbers keep those of the year of issue.
    """
    if is_blank(raw):
        return None, None
    if long_number_lost(raw):
        return None, reject(
            "resident_id.lost_digits",
            "公民身份号码被存成了数字，后几位已丢失，应将该列设为文本格式后重新填写",
        )
    number = clean_code(raw)
    if len(number) != 18:
        return None, reject(
            "resident_id.length", f"公民身份号码应为18位，现为{len(number)}位，应对照身份证补正"
        )
    if _RESIDENT_SHAPE(number) is None:
        return None, reject(
            "resident_id.format", "公民身份号码前17位应为数字，末位为数字或X，应对照身份证改正"
        )
    if _ELEVENTH[int(number[:17], 13) * 2 % 11] != number[17]:
        return None, reject("resident_id.check_digit", "公民身份号码第18位校验码不对，应对照身份证改正")
    born = born_on(number)
    if born is None or born.year < 1800 or (today is not None and born > today):
        return None, reject(
            "resident_id.birth_date", "公民身份号码第7至14位不是可能的出生日期，应对照身份证改正"
        )
    return number, None


def born_on(number: str) -> datetime.date | None:
    """The day of birth in a resident identity number; none where the digits are no day."""
    try:
        return datetime.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def check_other_document(raw: object) -> tuple[str | None, Fault | None]:
    """Check of a passport, travel permit or other document: 5 to 64 letters, digits and their usual signs.

    Chinese characters belong to such numbers too: 军字第…号.
    """
    if is_blank(raw):
        return None, None
    if long_number_lost(raw):
        return None, reject(
            "document.lost_digits", "证件号码被存成了数字，后几位已丢失，应将该列设为文本格式后重新填写"
        )
    number = clean_code(raw)
    if not 5 <= len(number) <= 64:
        return None, reject("document.length", f"证件号码应为5至64位，现为{len(number)}位，应对照证件改正")
    if _OTHER_DOCUMENT_SHAPE(number) is None:
        return None, reject(
            "document.format", "证件号码只能由字母、数字、汉字、括号和短横线组成，应对照证件改正"
        )
    return number, None


def mask_id(number: str) -> str:
    """A document number as it is shown: of 18 characters the first 3 and last 4, never the birth date."""
    length = len(number)
    if length == 18:
        return f"{number[:3]}{'*' * 11}{number[-4:]}"
    if length < 5:
        return "*" * length
    tail = 2 if length >= 8 else 1
    return f"{number[0]}{'*' * (length - 1 - tail)}{number[-tail:]}"


_NUMBERS_IN = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{5}(?:19|20)[0-9]{9}[0-9Xx](?![0-9A-Za-z])")

# Texts without such a run of digits, by far the most, are passed over at twice the speed.
_LONG_NUMBER = re.compile("[0-9][0-9]{16}[0-9Xx]").search


def resident_number_in(text: str) -> str | None:
    """The first valid resident identity number that stands inside a text, or None."""
    if _LONG_NUMBER(text) is None:
        return None
    for found in _NUMBERS_IN.finditer(text):
        if check_resident_id(found[0])[0] is not None:
            return found[0]
    return None


def mask_numbers_in(text: str) -> str:
    """A text for showing: every valid resident identity number and every mobile phone in it is masked."""
    if len(text) >= 18:
        text = _NUMBERS_IN.sub(
            lambda found: mask_id(found[0]) if check_resident_id(found[0])[0] else found[0], text
        )
    return mask_phones_in(text)


_TWO_CHARACTER_SURNAME = re.compile(
    "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|宇文|长孙|司徒|司空|夏侯|轩辕|端木|独孤|南宫|万俟|"
    "闻人|赫连|澹台|申屠|太叔|钟离|鲜于|闾丘|亓官|公冶|公羊|濮阳|淳于|单于|拓跋|呼延|完颜|百里|东郭|南门|"
    "西门|第五|左丘|梁丘|纳兰"
).match


def mask_name(name: str) -> str:
    """A natural person's name as it is shown: the surname, and a star for each character that follows."""
    shown = 2 if len(name) > 2 and _TWO_CHARACTER_SURNAME(name) else 1
    return name[:shown] + "*" * (len(name) - shown)
