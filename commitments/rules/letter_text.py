"""Texts of commitment letters: what a matter's template says, with the few marks in it filled in.

The marks are replaced as plain text, never run as a template: what a department writes stays a text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from credit_records.rules.faults import Fault, reject

MARKS = ("承诺人名称", "统一社会信用代码", "承诺事项", "受理单位", "承诺日期")
_MARK = re.compile(r"\{([^{}]*)\}")


def mark_faults(text: str) -> list[Fault]:
    """Marks that nothing would fill in."""
    unknown = [mark for mark in _MARK.findall(text) if mark not in MARKS]
    if not unknown:
        return []
    known = "、".join(f"{{{mark}}}" for mark in MARKS)
    return [
        reject(
            "commitment.template_mark", f"范本中的“{{{unknown[0]}}}”无法填入，可用的标记是{known}，请改正。"
        )
    ]


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """The text with its marks replaced; what has no value is left as a blank line to write on."""
    return _MARK.sub(lambda found: values.get(found[1], "") or "________", text)
