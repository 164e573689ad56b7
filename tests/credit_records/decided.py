"""Records of broken commitments as the decision of a case enters them, for tests."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from credit_records.models import CatalogueItem, Record
from credit_records.services.decided_records import enter_by_decision

from .builders import SOURCE, company_code

DECIDED = datetime(2026, 6, 10, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
REASON, BASIS = "承诺到期没有履行", "国办发〔2019〕35号第三条"


def breach_values(number: int = 1, **changes: str) -> dict[str, str]:
    """One good row by field code; `changes` replace cells."""
    row = {
        "WN_XDR_MC": f"银川示例第{number}商贸有限公司",
        "WN_XDR_LB": "法人及非法人组织",
        "WN_XDR_SHXYM": company_code(number),
        "WN_FRDB": "示例人甲",
        "WN_WS": "违诺认定决定书",
        "WN_WSH": f"银诺认〔2026〕{number}号",
        "WN_CNBM": f"64010020260305{number:06d}",
        "WN_CNSX": "食品经营许可告知承诺",
        "WN_LX": "未履行承诺",
        "WN_CD": "一般",
        "WN_SS": "承诺期限届满，没有取得经营场所使用证明。",
        "WN_YJ": "国办发〔2019〕35号第三条",
        "WN_NR": "认定未履行承诺，程度一般。",
        "WN_JDRQ": "2026-06-10",
        "WN_JG": SOURCE[0],
        "WN_JGDM": SOURCE[1],
        "WN_LYDW": SOURCE[0],
        "WN_LYDWDM": SOURCE[1],
    }
    unknown = set(changes) - {*row, "WN_XDR_ZJLX", "WN_XDR_ZJHM", "BZ"}
    assert not unknown, unknown
    return {**row, **changes}


def enter_breach(city: Any, number: int = 1, *, severity: str = "general", **more: Any) -> Record:
    """A breach of the market supervision's, proposed by the officer and decided by the approver."""
    words = {"WN_CD": Record.Severity(severity).label}
    given = {
        "item": CatalogueItem.objects.get(code="commitment-breach"),
        "department": city.scjg,
        "entered_by": city.officer,
        "actor": city.approver,
        "severity": severity,
        "reference": f"WN-2026-{number:04d}",
        "reason": REASON,
        "legal_basis": BASIS,
        "now": DECIDED,
        **more,
    }
    values = given.pop("values", None) or breach_values(number, **words)
    return enter_by_decision(values, **given)


def month_on(day: date, months: int) -> date:
    """The corresponding day some months later (no day beyond the 28th here)."""
    total = day.month - 1 + months
    return day.replace(year=day.year + total // 12, month=total % 12 + 1)
