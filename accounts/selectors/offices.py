"""Which office answers for a body, told in words where bodies are kept (the rule itself: `accounts.holdings`)."""

from __future__ import annotations

from accounts.models import Department

_REACH = {Department.Level.DISTRICT: 6, Department.Level.CITY: 4, Department.Level.REGION: 2}


def answered_by(body: Department) -> tuple[Department | None, str]:
    """The office that answers for a body, and why: named with it, or the nearest in whose division it lies; a closed one is passed over upwards."""
    if body.is_office:
        return None, "本机构就是信用办。"
    named = body.office
    if named is not None:
        while named is not None and not named.active:
            named = named.parent
        told = "已指定。" if named == body.office else f"指定的{body.office}已停用，由其上级负责。"
        return named, told if named else f"指定的{body.office}已停用，也没有上级信用办，请另行指定。"
    offices = list(Department.objects.filter(is_office=True, active=True).order_by("pk"))
    for level, digits in _REACH.items():
        for office in offices:
            if office.level == level and office.division[:digits] == body.division[:digits]:
                return office, f"未指定，按行政区划{body.division}归口。"
    return None, "未指定，行政区划范围内也没有信用办：本机构的案件无人办理，请指定归口信用办。"
