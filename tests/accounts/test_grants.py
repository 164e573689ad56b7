"""Dated exceptions to the rule: what a grant opens, to whom, from when to when, and who gives and takes it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from guardian.models import GroupObjectPermission, UserObjectPermission
from guardian.shortcuts import assign_perm, get_objects_for_user, remove_perm

from accounts.grants.rows import Origin, Right
from accounts.grants.services import revoke, revoke_all_of
from accounts.models import Department, Role, User
from accounts.policy import NotAllowed, NotVisible, policy_for
from accounts.services import end_role, give_role
from audit.acts import act
from audit.clock import today
from audit.faults import Refused
from audit.guard import SilentWrite
from audit.models import Event
from credit_records.models import Record, RecordDepartmentGrant, RecordUserGrant, Subject

from ..credit_records.builders import penalty
from .granting import let_in, on_day, person


@pytest.fixture
def record(report) -> Record:
    report(penalty(1), penalty(2), publish=True)
    return Record.objects.order_by("pk").first()


def sees(user, obj, verb="view") -> bool:
    return policy_for(type(obj)).allows(person(user), verb, obj)


# --- what it opens, and for how long ----------------------------------------------------------------------------------


def test_a_grant_to_a_body_reaches_its_people_and_nothing_but_its_object(city, record):
    other = Record.objects.exclude(pk=record.pk).get()
    let_in(record, city.sthj, by=city.reviewer)
    for somebody in (city.stranger, city.strange_reviewer):
        assert list(policy_for(Record).scope(person(somebody))) == [record]
        assert not sees(somebody, other)
    assert not sees(city.upper, record)


def test_a_grant_to_a_person_reaches_that_person_alone(city, record):
    let_in(record, city.stranger, by=city.approver)
    assert sees(city.stranger, record)
    assert not sees(city.strange_reviewer, record)


def test_who_is_let_in_reads_and_does_nothing_else(city, record):
    let_in(record, city.sthj, by=city.reviewer)
    policy = policy_for(Record)
    for somebody in (city.stranger, city.strange_reviewer):
        assert {verb for verb in policy.rules if sees(somebody, record, verb)} == {"view"}


def test_a_granted_record_of_a_natural_person_does_not_open_the_persons_page(city, record):
    with act("test.person", actor=city.system):
        one = Subject.objects.create(kind="natural_person", name="示例人丙", name_key="示例人丙")
        record.subject = one
        record.save(update_fields=["subject"])
    let_in(record, city.sthj, by=city.reviewer)
    assert sees(city.stranger, record)
    assert not sees(city.stranger, one)


@pytest.mark.parametrize(
    ("begins", "days", "on", "open_then"),
    [
        (0, 10, 0, True),
        (0, 10, 9, True),
        (0, 10, 10, False),
        (3, 5, 2, False),
        (3, 5, 3, True),
        (3, 5, 8, False),
    ],
)
def test_a_grant_counts_on_its_days_and_ends_without_any_job(
    city, record, monkeypatch, begins, days, on, open_then
):
    first = today()
    let_in(record, city.sthj, by=city.reviewer, begins=begins, days=days)
    on_day(monkeypatch, first + timedelta(days=on))
    assert sees(city.stranger, record) is open_then


def test_a_grant_that_is_revoked_ends_at_once_and_stays_in_the_list(city, record):
    given = let_in(record, city.sthj, by=city.reviewer)
    revoke(given, actor=city.approver, reason="会办结束")
    assert not sees(city.stranger, record)
    kept = RecordDepartmentGrant.given.get()
    assert (kept.revoked_by, kept.revoke_reason) == (city.approver, "会办结束")


def test_a_grant_adds_to_a_role_and_replaces_none(city, record):
    let_in(record, city.stranger, by=city.approver)
    held = city.stranger.memberships.get()
    end_role(held, actor=city.secadmin, until=today() - timedelta(days=1), reason="离岗")
    assert not sees(city.stranger, record)
    give_role(city.stranger, Role.AUDITOR, actor=city.secadmin, since=today(), reason="转岗")
    assert person(city.stranger).holdings.grants == ()


def test_a_grant_does_not_follow_the_person_to_another_post(city, record, monkeypatch):
    with act("test.elsewhere", actor=city.system):
        elsewhere = Department.objects.create(
            code="11640100DEP00077XK", name="示例市水务局", level="city", division="640100"
        )
    let_in(record, city.stranger, by=city.approver)
    held, tomorrow = city.stranger.memberships.get(), today() + timedelta(days=1)
    end_role(held, actor=city.secadmin, until=today(), reason="调动")
    give_role(
        city.stranger, Role.CLERK, actor=city.secadmin, department=elsewhere, since=tomorrow, reason="调动"
    )
    assert sees(city.stranger, record)
    on_day(monkeypatch, tomorrow)
    assert person(city.stranger).holds(Role.CLERK)
    assert not sees(city.stranger, record)


def test_what_a_person_holds_is_still_one_query(city, record):
    let_in(record, city.sthj, by=city.reviewer)
    somebody = person(city.stranger)
    with CaptureQueriesContext(connection) as queries:
        assert somebody.holdings.grants
        assert somebody.roles
    assert len(queries) == 1


def test_lists_of_people_without_grants_are_asked_for_as_before(city, record):
    let_in(record, city.sthj, by=city.reviewer)
    rule = policy_for(Record).rule(person(city.second_clerk), "view")
    assert "pk__in" not in str(rule).replace("('pk__in', [])", "")


# --- who gives and takes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["reviewer", "approver"])
def test_the_departments_reviewer_and_the_offices_approver_grant(city, record, who):
    let_in(record, city.sthj, by=getattr(city, who))
    told = Event.objects.filter(verb="grant.give").get()
    assert (told.target_id, told.data["to"]) == (str(record.pk), city.sthj.code)
    assert RecordDepartmentGrant.history.get().event_id == told.pk


@pytest.mark.parametrize("who", ["clerk", "officer", "supervisor"])
def test_nobody_else_who_sees_a_record_grants_it(city, record, who):
    with pytest.raises(NotAllowed):
        let_in(record, city.sthj, by=getattr(city, who))


@pytest.mark.parametrize("who", ["strange_reviewer", "secadmin", "sysadmin", "auditor"])
def test_a_stranger_does_not_even_learn_that_there_is_a_record(city, record, who):
    with pytest.raises(NotVisible):
        let_in(record, city.sthj, by=getattr(city, who))


def test_who_was_let_in_lets_nobody_else_in(city, record):
    let_in(record, city.sthj, by=city.reviewer)
    with pytest.raises(NotAllowed):
        let_in(record, city.office, by=person(city.strange_reviewer))


@pytest.mark.parametrize(
    ("to", "more", "code"),
    [
        ("approver", {}, "grant.oneself"),
        ("office", {}, "grant.oneself"),
        ("auditor", {}, "grant.administrator"),
        ("sysadmin", {}, "grant.administrator"),
        ("secadmin", {}, "grant.administrator"),
        ("system", {}, "grant.no_role"),
        ("sthj", {"right": Right.INSPECT}, "grant.right"),
        ("sthj", {"origin": "because"}, "grant.right"),
        ("sthj", {"days": 0}, "grant.dates"),
        ("sthj", {"begins": -1}, "grant.past"),
        ("sthj", {"days": 92}, "grant.too_long"),
        ("sthj", {"begins": 60, "days": 40}, "grant.too_long"),
        ("sthj", {"reason": "  "}, "grant.reason"),
    ],
)
def test_grants_that_may_not_be(city, record, to, more, code):
    with pytest.raises(Refused) as refused:
        let_in(record, getattr(city, to), by=city.approver, **more)
    assert refused.value.code == code
    assert not RecordDepartmentGrant.given.exists()
    assert not RecordUserGrant.given.exists()


def test_ninety_days_ahead_is_the_furthest(city, record):
    let_in(record, city.sthj, by=city.approver, days=91)


def test_a_body_that_is_closed_is_let_in_nowhere(city, record):
    with act("test.closed", actor=city.system):
        city.sthj.active = False
        city.sthj.save(update_fields=["active"])
    with pytest.raises(Refused, match="已停用"):
        let_in(record, city.sthj, by=city.approver)


def test_the_same_is_not_granted_twice_for_a_day(city, record):
    first = let_in(record, city.sthj, by=city.reviewer)
    with pytest.raises(Refused) as refused:
        let_in(record, city.sthj, by=city.approver, begins=9)
    assert refused.value.code == "grant.overlapping"
    let_in(record, city.sthj, by=city.approver, begins=10)
    revoke(first, actor=city.reviewer, reason="改期")
    let_in(record, city.sthj, by=city.reviewer, days=3)


def test_the_database_itself_keeps_two_equal_grants_apart(city, record):
    first = let_in(record, city.sthj, by=city.reviewer)
    values = {
        field.attname: getattr(first, field.attname)
        for field in first._meta.concrete_fields
        if not field.primary_key
    }
    with pytest.raises(IntegrityError, match="once_a_day"), act("test.twice", actor=city.system):
        RecordDepartmentGrant.given.create(**values)


@pytest.mark.parametrize("who", ["reviewer", "approver", "secadmin"])
def test_who_takes_back(city, record, who):
    given = let_in(record, city.sthj, by=city.reviewer)
    revoke(given, actor=getattr(city, who), reason="不再需要")
    assert Event.objects.filter(verb="grant.revoke", result="done").count() == 1


@pytest.mark.parametrize(
    ("who", "error"),
    [("clerk", NotAllowed), ("stranger", NotAllowed), ("officer", NotAllowed), ("auditor", NotAllowed),
     ("sysadmin", NotVisible), ("upper", NotVisible)],
)  # fmt: skip
def test_who_does_not_take_back(city, record, who, error):
    given = let_in(record, city.sthj, by=city.reviewer)
    with pytest.raises(error):
        revoke(given, actor=person(getattr(city, who)), reason="不再需要")


def test_a_grant_is_taken_back_once_and_with_a_reason(city, record, monkeypatch):
    given = let_in(record, city.sthj, by=city.reviewer)
    with pytest.raises(Refused) as refused:
        revoke(given, actor=city.reviewer, reason=" ")
    assert refused.value.code == "grant.reason"
    revoke(given, actor=city.reviewer, reason="会办结束")
    with pytest.raises(Refused) as refused:
        revoke(given, actor=city.reviewer, reason="会办结束")
    assert refused.value.code == "grant.revoked"
    later = let_in(record, city.sthj, by=city.reviewer, days=1)
    on_day(monkeypatch, today() + timedelta(days=1))
    with pytest.raises(Refused) as refused:
        revoke(later, actor=person(city.reviewer), reason="会办结束")
    assert refused.value.code == "grant.over"


def test_with_a_person_who_leaves_go_all_grants_to_that_person(city, record):
    own, bodies = let_in(record, city.stranger, by=city.approver), let_in(record, city.sthj, by=city.approver)
    assert revoke_all_of(city.stranger, actor=city.sysadmin, reason="离岗") == 1
    own.refresh_from_db()
    bodies.refresh_from_db()
    assert own.revoke_reason == "离岗"
    assert bodies.revoked_at is None
    with pytest.raises(NotAllowed):
        revoke_all_of(city.stranger, actor=city.approver, reason="离岗")


# --- the lists of grants ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "seen"),
    [("clerk", 1), ("reviewer", 1), ("officer", 1), ("approver", 1), ("supervisor", 1), ("stranger", 1),
     ("strange_reviewer", 1), ("secadmin", 1), ("auditor", 1), ("sysadmin", 0), ("upper", 0)],
)  # fmt: skip
def test_who_reads_the_list_of_grants(city, record, who, seen):
    let_in(record, city.sthj, by=city.reviewer)
    assert policy_for(RecordDepartmentGrant).scope(person(getattr(city, who))).count() == seen


def test_who_is_let_in_does_not_learn_who_else_is(city, record):
    let_in(record, city.sthj, by=city.reviewer)
    let_in(record, city.stranger, by=city.approver)
    assert policy_for(RecordUserGrant).scope(person(city.strange_reviewer)).count() == 0


# --- guardian ---------------------------------------------------------------------------------------------------------


def test_guardian_says_the_same_of_what_is_in_force(city, record, monkeypatch):
    second = Record.objects.exclude(pk=record.pk).get()
    let_in(record, city.sthj, by=city.reviewer, days=3)
    let_in(second, city.stranger, by=city.approver, begins=2)
    city.sthj.refresh_from_db()
    city.stranger.groups.add(city.sthj.group)
    first = today()
    for day in range(5):
        on_day(monkeypatch, first + timedelta(days=day))
        by_guardian = get_objects_for_user(
            person(city.stranger),
            "credit_records.view_record",
            with_superuser=False,
            accept_global_perms=False,
        )
        assert set(by_guardian) == set(policy_for(Record).scope(person(city.stranger)))


def test_guardians_own_tables_stay_empty_and_its_own_functions_write_nothing(city, record):
    let_in(record, city.sthj, by=city.reviewer)
    with pytest.raises(SilentWrite):
        assign_perm("view_record", city.strange_reviewer, record)
    with pytest.raises(SilentWrite):
        remove_perm("view_record", city.sthj.group or person(city.stranger), record)
    assert not UserObjectPermission.objects.exists()
    assert not GroupObjectPermission.objects.exists()
    assert not User.objects.filter(username="AnonymousUser").exists()
    assert not hasattr(User, "add_obj_perm")


def test_a_permission_of_the_whole_model_shows_nothing(city, record):
    from django.contrib.auth.models import Permission

    city.stranger.user_permissions.add(
        Permission.objects.get(codename="view_record", content_type__app_label="credit_records")
    )
    assert not sees(city.stranger, record)


def test_grants_are_neither_deleted_nor_is_their_history_changed(city, record):
    let_in(record, city.sthj, by=city.reviewer)
    for statement in (
        "DELETE FROM credit_records_recorddepartmentgrant",
        "UPDATE credit_records_historicalrecorddepartmentgrant SET reason = 'x'",
    ):
        with pytest.raises(Exception, match="refused"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_origins_have_the_words_of_the_office():
    assert [str(label) for label in Origin.labels] == ["会办", "委托办理", "检查"]


def test_guardian_is_known_to_one_file_which_takes_its_tables_alone():
    rooms = [
        path
        for path in settings.BASE_DIR.iterdir()
        if (path / "__init__.py").is_file() and path.name != "tests"
    ]
    naming = {
        path.relative_to(settings.BASE_DIR).as_posix(): path.read_text(encoding="utf-8")
        for room in rooms
        for path in room.rglob("*.py")
        if re.search(r"^\s*(from|import) guardian", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert set(naming) == {"accounts/grants/rows.py"}
    assert not re.search(r"shortcuts|guardian\.(admin|backends|mixins|decorators)", *naming.values())
    assert settings.AUTHENTICATION_BACKENDS
    assert not [name for name in settings.AUTHENTICATION_BACKENDS if "guardian" in name]
