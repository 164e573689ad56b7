"""Whatever is granted, to whom and when: list, single object, guardian and plain arithmetic of days say the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from guardian.shortcuts import get_objects_for_user
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.policy import policy_for
from audit.acts import act
from audit.clock import now, today
from credit_records.models import Record, RecordDepartmentGrant, RecordUserGrant

from ..credit_records.builders import penalty
from .granting import on_day, person

FIRST, LAST = -4, 4
ONE = st.tuples(
    st.booleans(),  # to the body, or to one person
    st.sampled_from([0, 1]),  # which body or person
    st.sampled_from([0, 1, 2]),  # which record
    st.integers(FIRST, LAST),  # begins
    st.integers(0, 4),  # lasts beyond its first day
    st.booleans(),  # revoked
)


@pytest.fixture
def people(city, report, monkeypatch):
    report(penalty(1), penalty(2), penalty(3), publish=True)
    with act("test.groups", actor=city.system):
        for body in (city.sthj, city.scjg):
            body.group = Group.objects.create(name=body.code)
            body.save(update_fields=["group"])
    city.stranger.groups.add(city.sthj.group)
    city.monkeypatch = monkeypatch
    city.records = list(Record.objects.order_by("pk"))
    return city


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ONE, max_size=6), st.integers(FIRST, LAST))
def test_list_object_guardian_and_calendar_agree(people, grants, day):
    with transaction.atomic():
        _agree(people, grants, day)
        transaction.set_rollback(True)


def _agree(city, grants, day):
    start = today()
    permission = Permission.objects.get(codename="view_record", content_type__app_label="credit_records")
    expected, taken = set(), set()
    for to_body, whom, which, begins, lasts, revoked in grants:
        days = {begins + number for number in range(lasts + 1)}
        slots = set() if revoked else {(to_body, whom, which, one) for one in days}
        if slots & taken:
            continue  # the database refuses what overlaps
        taken |= slots
        record = city.records[which]
        table = RecordDepartmentGrant if to_body else RecordUserGrant
        grantee = (
            {"group": (city.sthj, city.scjg)[whom].group}
            if to_body
            else {"user": (city.stranger, city.reviewer)[whom]}
        )
        gone = {"revoked_at": now(), "revoked_by": city.approver, "revoke_reason": "撤销"} if revoked else {}
        with act("test.grant", actor=city.system):
            table.given.create(
                content_object=record,
                permission=permission,
                origin="inspection",
                reason="检查示例",
                since=start + timedelta(days=begins),
                until=start + timedelta(days=begins + lasts),
                given_by=city.approver,
                given_at=now(),
                **grantee,
                **gone,
            )
        if day in days and not revoked and whom == 0:
            expected.add(record.pk)
    with city.monkeypatch.context() as patch:
        on_day(patch, start + timedelta(days=day))
        stranger, policy = person(city.stranger), policy_for(Record)
        listed = set(policy.scope(stranger).values_list("pk", flat=True))
        one_by_one = {one.pk for one in city.records if policy.allows(stranger, "view", one)}
        by_guardian = get_objects_for_user(
            stranger, "credit_records.view_record", with_superuser=False, accept_global_perms=False
        )
        assert listed == one_by_one == expected == set(by_guardian.values_list("pk", flat=True))
