"""The office of one district below the city's: its people see that district, and the city's people see what they do."""

from __future__ import annotations

from datetime import date

from accounts.models import Department, Role, User
from accounts.services import give_role, register_account, system_account
from audit.acts import act
from casework.selectors.offices import offices
from credit_records.demo.people import set_passwords
from credit_records.rules.identifiers import make_uscc

_DIVISION = "640105"
_CODE = make_uscc("11", _DIVISION, "DEP99998")
_PEOPLE = {
    "officer.xx": ("曹示例", Role.OFFICER),
    "approver.xx": ("魏示例", Role.APPROVER),
    "supervisor.xx": ("姜示例", Role.SUPERVISOR),
}


def ensure_district_office() -> Department:
    """One of the six districts has an office of its own; those of the others are the city's business. Safe to repeat."""
    system = system_account()
    office = Department.objects.filter(code=_CODE).first()
    if office is None:
        with act("demo.district_office", actor=system):
            office = Department.objects.create(
                code=_CODE,
                name="银川市西夏区社会信用体系建设领导小组办公室",
                short_name="西夏区信用办",
                level=Department.Level.DISTRICT,
                division=_DIVISION,
                parent=offices().get(),
                is_office=True,
            )
    known = {one.username: one for one in User.objects.filter(username__in=_PEOPLE)}
    for username, (name, role) in _PEOPLE.items():
        if username not in known:
            known[username] = register_account(
                actor=system, username=username, display_name=name, department=office
            )
            give_role(known[username], role, actor=system, department=office, since=date(2020, 1, 1))
    set_passwords([known[username] for username in _PEOPLE], actor=system)
    return office
