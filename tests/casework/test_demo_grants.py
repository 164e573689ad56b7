"""The demo has a record and a case opened to others for a time, and one grant that is over."""

from __future__ import annotations

from accounts.grants.rows import Origin, Right
from accounts.models import Role
from accounts.policy import policy_for
from audit.clock import now, today
from casework.models import Case, CaseUserGrant
from credit_records.models import Record, RecordDepartmentGrant
from objections.models import Objection
from repair.demo import grants
from repair.demo.district import ensure_district_office

from ..accounts.granting import person
from ..credit_records.builders import penalty
from ..objections.filing import Way


def test_the_demo_opens_a_record_and_a_case_and_tells_of_a_grant_that_is_over(
    city, settings, report, file_objection
):
    settings.DEMO = True
    assert grants.load(now()) == 0
    ensure_district_office()
    city.person("reviewer.scjg", "李示例", Role.REVIEWER, city.scjg)
    guest = city.person("clerk.sthj", "王示例", Role.CLERK, city.sthj)
    report(penalty(1), penalty(2), publish=True)
    objection: Objection = file_objection()
    Way(city, objection).accept()
    assert grants.load(now()) == 3
    assert grants.load(now()) == 0
    open_now, over = RecordDepartmentGrant.given.order_by("basis")
    assert (open_now.origin, over.until < today()) == (Origin.CO_HANDLING, True)
    assert list(policy_for(Record).scope(person(guest))) == [open_now.content_object]
    inspected = CaseUserGrant.given.get()
    assert (inspected.right, inspected.origin) == (Right.INSPECT, Origin.INSPECTION)
    assert policy_for(Case).scope(person(inspected.user)).get() == objection.case
