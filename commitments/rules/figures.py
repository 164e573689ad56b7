"""By what the two ratios are counted: which codes are enterprises, what the plan wants, and what is wrong with a draft."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from credit_records.rules.faults import Fault, reject
from credit_records.rules.identifiers import PAIRS

_SEPARATORS = re.compile(r"[\s,，、;；]+").split
MOST_TARGET = Decimal("9999.99")


@dataclass(frozen=True)
class Basis:
    """One way of counting, from a day on."""

    in_force_from: date
    enterprise_pairs: tuple[str, ...]
    """First two characters of the credit codes that count as enterprises (GB 32100-2015: 91 企业)."""
    coverage_target: Fraction
    performance_target: Fraction
    source: str
    note: str
    own_definition: bool = True
    """Which codes are meant is the office's own settlement."""

    @property
    def coverage_words(self) -> str:
        return plain(self.coverage_target)

    @property
    def performance_words(self) -> str:
        return plain(self.performance_target)


def plain(target: Fraction | Decimal) -> str:
    """A target as people write it: 2, 1.5."""
    return f"{float(target):.2f}".rstrip("0").rstrip(".")


def parse_pairs(text: str) -> tuple[str, ...]:
    """The pairs as they are typed: 91, 92 or 91、92; in order, once each."""
    return tuple(dict.fromkeys(piece.upper() for piece in _SEPARATORS(text) if piece))


def basis_faults(
    pairs: Sequence[str], coverage_target: Decimal, performance_target: Decimal, source: str
) -> list[Fault]:
    """Everything that is wrong with a draft of a basis; empty when it may stand."""
    found = []
    if not pairs:
        found.append(reject("figure_basis.pairs_missing", "请填写至少一个企业代码前两位，例如91。"))
    for pair in pairs:
        if pair not in PAIRS:
            found.append(
                reject(
                    "figure_basis.pair",
                    f"“{pair[:10]}”不是统一社会信用代码的登记部门和机构类别(前两位)，请对照GB 32100核对。",
                )
            )
            break
    for title, target in (("承诺践诺比目标", coverage_target), ("践诺率目标", performance_target)):
        if not 0 < target <= MOST_TARGET:
            found.append(reject("figure_basis.target", f"{title}应大于0、不超过{MOST_TARGET}，请改正。"))
    if not source:
        found.append(reject("figure_basis.source", "请写明指标口径的依据(文件名称、文号和条款)。"))
    return found
