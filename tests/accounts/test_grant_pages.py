"""Grants on the pages: the box of a record, the form, the lists, and 谁能看见."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.grants.services import revoke
from accounts.models import Membership
from accounts.services import end_role
from audit.acts import act
from audit.clock import today
from audit.models import Event
from credit_records.models import Record, RecordDepartmentGrant, RecordUserGrant, Subject

from ..credit_records.builders import penalty
from .granting import let_in

LIST = "admin:credit_records_recorddepartmentgrant_changelist"
ADD = "admin:credit_records_recorddepartmentgrant_add"


@pytest.fixture
def record(report) -> Record:
    report(penalty(1), penalty(2), publish=True)
    return Record.objects.order_by("pk").first()


@pytest.fixture
def page(city):
    def get(who, name, *args, query="", **data):
        client = Client()
        client.force_login(getattr(city, who) if isinstance(who, str) else who)
        url = reverse(name, args=args) + query
        return client.post(url, data) if data else client.get(url)

    return get


def address(record, page="change"):
    return f"admin:credit_records_record_{page}"


def answers(city, record, **more):
    return {
        "content_object": record.pk, "department": city.sthj.pk, "right": "view", "origin": "co_handling",
        "since": today().isoformat(), "until": (today() + timedelta(days=9)).isoformat(), "reason": "会办示例案件",
        "basis": "示例会商函〔2026〕1号", **more,
    }  # fmt: skip


def test_the_reviewer_grants_from_the_records_page_and_takes_back(city, record, page):
    shown = page("reviewer", address(record), record.pk).content.decode()
    assert reverse(ADD) + f"?content_object={record.pk}" in shown
    form = page("reviewer", ADD, query=f"?content_object={record.pk}")
    assert f'value="{record.pk}" selected' in form.content.decode()
    assert page("reviewer", ADD, **answers(city, record)).status_code == 302
    given = RecordDepartmentGrant.given.get()
    assert (given.grantee, given.basis) == (city.sthj, "示例会商函〔2026〕1号")
    assert str(city.sthj) in page("reviewer", address(record), record.pk).content.decode()
    name = "admin:credit_records_recorddepartmentgrant_verb"
    assert page("reviewer", name, given.pk, "revoke", reason="会办结束").status_code == 302
    given.refresh_from_db()
    assert given.revoked_by == city.reviewer


def test_wrong_input_says_why_and_keeps_what_was_typed(city, record, page):
    late = (today() + timedelta(days=400)).isoformat()
    again = page("reviewer", ADD, **answers(city, record, until=late))
    text = again.content.decode()
    assert "授权最长90天" in text
    assert "会办示例案件" in text
    assert not RecordDepartmentGrant.given.exists()


def test_a_forged_object_or_grantee_is_refused_by_the_form(city, record, page):
    assert page("strange_reviewer", ADD, **answers(city, record)).status_code == 200
    person_form = "admin:credit_records_recordusergrant_add"
    forged = answers(city, record, user=city.auditor.pk)
    assert page("reviewer", person_form, **forged).status_code == 200
    assert not RecordDepartmentGrant.given.exists()
    assert not RecordUserGrant.given.exists()


@pytest.mark.parametrize("who", ["clerk", "officer", "supervisor", "secadmin", "auditor", "sysadmin"])
def test_others_have_no_form(city, record, page, who):
    assert page(who, ADD).status_code == 403


def test_who_is_let_in_finds_the_record_in_the_list_on_the_page_and_on_the_workbench(city, record, page):
    assert page("stranger", address(record), record.pk).status_code == 404
    given = let_in(record, city.sthj, by=city.reviewer, days=5)
    listed = page("stranger", "admin:credit_records_record_changelist").content.decode()
    assert record.document_number in listed
    assert f"授权至{given.until}" in listed
    shown = page("stranger", address(record), record.pk)
    assert f"授权查看 至{given.until}" in shown.content.decode()
    assert "授权给机构" not in shown.content.decode()
    home = page("stranger", "admin:index").content.decode()
    assert "授权给我的" in home
    assert "本月还没有报送" in home
    assert "penalties.xlsx</a>" not in shown.content.decode()
    assert "penalties.xlsx</a>" in page("clerk", address(record), record.pk).content.decode()
    revoke(given, actor=city.reviewer, reason="会办结束")
    for name in ("change", "history", "who"):
        assert page("stranger", address(record, name), record.pk).status_code == 404
    assert "授权给我的" not in page("stranger", "admin:index").content.decode()


def test_what_was_let_in_does_not_leave_by_the_export(city, record, page):
    let_in(record, city.sthj, by=city.reviewer)
    sent = page("stranger", "admin:credit_records_record_export", format="csv")
    assert record.document_number not in sent.content.decode()


def test_what_was_let_in_is_on_no_list_of_what_could_be_done_about_it(city, record, page):
    listed = "admin:repair_repairablerecord_changelist"
    assert record.document_number in page("clerk", listed).content.decode()
    let_in(record, city.sthj, by=city.reviewer)
    assert record.document_number not in page("stranger", listed).content.decode()
    for name in ("repair_repairablerecord", "repair_penaltytoserve"):
        sent = page("stranger", f"admin:{name}_export", format="csv")
        assert record.document_number not in sent.content.decode()


@pytest.mark.parametrize("room", ["objections_objection", "repair_application"])
def test_no_application_is_taken_in_about_what_was_let_in(city, record, page, room):
    add = reverse(f"admin:{room}_add")
    assert add in page("clerk", address(record), record.pk).content.decode()
    let_in(record, city.sthj, by=city.reviewer)
    shown = page("stranger", address(record), record.pk)
    assert shown.status_code == 200
    assert f"{add}?" not in shown.content.decode()
    for who, status in (("clerk", 200), ("stranger", 404)):
        assert page(who, f"admin:{room}_add", query=f"?record={record.pk}").status_code == status
    subject = page("stranger", f"admin:{room}_add", query=f"?subject={record.subject_id}")
    assert record.document_number not in subject.content.decode()


@pytest.mark.parametrize(
    ("who", "listed", "opened"),
    [("reviewer", 200, 200), ("approver", 200, 200), ("secadmin", 200, 200), ("auditor", 200, 200),
     ("stranger", 200, 200), ("sysadmin", 403, 404), ("upper", 200, 404)],
)  # fmt: skip
def test_the_list_of_grants(city, record, page, who, listed, opened):
    given = let_in(record, city.sthj, by=city.reviewer, reason="示例事由")
    shown = page(who, LIST, query="?standing=in_force")
    assert shown.status_code == listed
    assert ("示例事由" in shown.content.decode()) is (opened == 200)
    for name in ("change", "history"):
        assert page(who, f"admin:credit_records_recorddepartmentgrant_{name}", given.pk).status_code == opened


def test_the_security_administrator_reads_the_number_and_cannot_open_the_record(city, record, page):
    let_in(record, city.sthj, by=city.reviewer)
    listed = page("secadmin", LIST).content.decode()
    assert record.document_number in listed
    assert reverse(address(record), args=[record.pk]) not in listed
    assert reverse(address(record), args=[record.pk]) in page("approver", LIST).content.decode()


@pytest.mark.parametrize(
    ("standing", "count"), [("in_force", 2), ("soon", 1), ("later", 1), ("over", 0), ("revoked", 1)]
)
def test_the_list_is_filtered_by_how_a_grant_stands_and_exported_so(city, record, page, standing, count):
    second = Record.objects.exclude(pk=record.pk).get()
    let_in(record, city.sthj, by=city.reviewer, days=5)
    let_in(record, city.office, by=city.reviewer, days=30)
    let_in(second, city.sthj, by=city.reviewer, begins=3)
    revoke(let_in(second, city.office, by=city.reviewer), actor=city.reviewer, reason="误授权")
    name = "admin:credit_records_recorddepartmentgrant_export"
    sent = page("secadmin", name, query=f"?standing={standing}", format="csv")
    rows = [line for line in sent.content.decode("utf-8-sig").splitlines() if "〔2026〕" in line]
    assert len(rows) == count


def test_a_grant_beside_a_role_that_has_ended_is_not_told_to_be_in_force(city, record, page):
    """What it opened it opens no longer; given anew beside another post it counts again."""
    let_in(record, city.stranger, by=city.reviewer)
    people = "admin:credit_records_recordusergrant_"

    def listed(standing: str) -> bool:
        return (
            "〔2026〕"
            in page(
                "secadmin", f"{people}export", query=f"?standing={standing}", format="csv"
            ).content.decode()
        )

    assert (listed("in_force"), listed("lapsed")) == (True, False)
    held = Membership.objects.get(user=city.stranger)
    end_role(held, actor=city.secadmin, until=today() - timedelta(days=1), reason="调离")
    assert (listed("in_force"), listed("lapsed")) == (False, True)
    assert "已失效" in page("secadmin", f"{people}changelist").content.decode()
    assert "已失效" in page("reviewer", address(record), record.pk).content.decode()
    assert page("stranger", address(record), record.pk).status_code == 404


def test_the_list_costs_the_same_however_many_grants_there_are(city, record, page):
    second = Record.objects.exclude(pk=record.pk).get()
    let_in(record, city.sthj, by=city.reviewer)
    with CaptureQueriesContext(connection) as few:
        page("approver", LIST)
    for body in (city.office, city.upper_office):
        let_in(second, body, by=city.reviewer)
    let_in(record, city.upper_office, by=city.reviewer)
    with CaptureQueriesContext(connection) as many:
        page("approver", LIST)
    assert len(many) == len(few)


# --- 谁能看见 ---------------------------------------------------------------------------------------------------------


def test_every_objects_page_leads_to_who_sees_it(city, record, page):
    url = reverse(address(record, "who"), args=[record.pk])
    assert url in page("reviewer", address(record), record.pk).content.decode()
    assert url not in page("clerk", address(record), record.pk).content.decode()
    mine = reverse("admin:credit_records_subject_who", args=[record.subject_id])
    assert mine in page("officer", "admin:credit_records_subject_change", record.subject_id).content.decode()


def test_the_page_names_people_and_reasons_and_hides_names_one_may_not_see(city, record, page):
    let_in(record, city.sthj, by=city.reviewer)
    text = page("reviewer", address(record, "who"), record.pk).content.decode()
    assert "张示例" in text
    assert f"作为{city.scjg}录入员" in text
    assert "钱示例" not in text
    assert f"作为{city.office}审批人：1 人" in text
    assert "王示例" not in text
    whole = page("approver", address(record, "who"), record.pk).content.decode()
    assert "钱示例" in whole
    assert f"授权：给{city.sthj}，会办" in whole


def test_who_was_let_in_is_not_told_who_else_sees_it(city, record, page):
    let_in(record, city.sthj, by=city.reviewer)
    shown = page("strange_reviewer", address(record), record.pk).content.decode()
    assert reverse(address(record, "who"), args=[record.pk]) not in shown
    assert page("strange_reviewer", address(record, "who"), record.pk).status_code == 403


def test_the_page_does_not_tell_which_other_department_holds_something_of_the_person(city, record, page):
    second = Record.objects.exclude(pk=record.pk).get()
    with act("test.person", actor=city.system):
        one = Subject.objects.create(kind="natural_person", name="示例人丙", name_key="示例人丙")
        record.subject = second.subject = one
        second.department = city.sthj
        record.save(update_fields=["subject"])
        second.save(update_fields=["subject", "department"])
    text = page("reviewer", "admin:credit_records_subject_who", one.pk).content.decode()
    assert f"作为{city.scjg}录入员" in text
    assert "作为其他单位的录入员" in text
    assert str(city.sthj) not in text
    assert (
        f"作为{city.sthj}录入员"
        in page("approver", "admin:credit_records_subject_who", one.pk).content.decode()
    )


def test_the_page_answers_for_other_rights_too(city, record, page):
    text = page("approver", address(record, "who"), record.pk, query="?verb=withdraw").content.decode()
    assert "谁能办理：撤回记录" in text
    assert "李示例" in text
    assert "张示例" not in text


@pytest.mark.parametrize(
    ("who", "status"), [("clerk", 403), ("stranger", 404), ("secadmin", 404), ("upper", 404)]
)
def test_who_may_not_ask(city, record, page, who, status):
    assert page(who, address(record, "who"), record.pk).status_code == status


def test_asking_about_a_natural_person_is_told_to_the_journal(city, record, page):
    with act("test.person", actor=city.system):
        one = Subject.objects.create(kind="natural_person", name="示例人丙", name_key="示例人丙")
        record.subject = one
        record.save(update_fields=["subject"])
    page("reviewer", address(record, "who"), record.pk)
    [told] = Event.objects.filter(verb="personal.read")
    assert told.data["view"] == address(record, "who")


def test_the_command_says_the_same(city, record, capsys):
    call_command("who_can_see", "credit_records.record", str(record.pk))
    said = capsys.readouterr().out
    assert f"approver\t钱示例\t作为{city.office}审批人" in said
    call_command("who_can_see", "credit_records.record", str(record.pk), "--json", "--verb", "withdraw")
    assert '"people": [{"username": "reviewer"' in capsys.readouterr().out
    for wrong in (
        ("credit_records.nothing", "1"),
        ("credit_records.record", "0"),
        ("credit_records.record", "x"),
    ):
        with pytest.raises(CommandError):
            call_command("who_can_see", *wrong)
