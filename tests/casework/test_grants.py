"""A case opened to somebody outside the rule: what each right shows of it, and whose steps are entrusted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from accounts.grants.rows import Origin, Right
from accounts.grants.services import revoke
from accounts.models import Department, Role
from accounts.policy import NotAllowed, NotVisible, policy_for
from audit.acts import act
from audit.clock import today
from audit.faults import Refused
from casework.models import Case, CaseDepartmentGrant, Comment, Decision, Evidence, Letter, Request
from casework.services import assignment, evidence
from objections.models import Objection
from objections.services import handling

from ..accounts.granting import let_in, on_day, person
from ..objections.filing import Way
from .evidence.samples import pdf


@pytest.fixture
def district(city):
    """An office one level below, whose officer and approver have nothing to do with the city's cases."""
    with act("test.district", actor=city.system):
        office = Department.objects.create(
            code="11640121DEP099995B", name="永宁县社会信用体系建设领导小组办公室", level="district",
            division="640121", is_office=True, parent=city.office,
        )  # fmt: skip
    city.district = office
    city.district_officer = city.person("district", "何示例", Role.OFFICER, office)
    city.district_approver = city.person("district2", "许示例", Role.APPROVER, office)
    return office


@pytest.fixture
def case(city, file_objection, monkeypatch) -> Case:
    """An objection on its way: asked, with a file of the office, a word among colleagues and a proposal."""
    objection = file_objection()
    way = Way(city, objection).accept()
    taken = Case.objects.get(pk=objection.case_id)
    evidence.add(taken, ContentFile(pdf(), "示例材料.pdf"), actor=city.officer, kind=Evidence.Kind.values[0])
    assignment.comment(taken, actor=city.officer, reason="留意金额。")
    way.ask().answer().propose()
    return Case.objects.get(pk=taken.pk)


def seen(user, case: Case) -> dict[str, int]:
    """How many of what hangs on the case the person sees."""
    user = person(user)
    return {
        model.__name__: policy_for(model)
        .scope(user)
        .filter(**({"pk": case.pk} if model is Case else {"case": case}))
        .count()
        for model in (Case, Objection, Evidence, Letter, Decision, Comment, Request)
    }


@pytest.mark.parametrize(
    ("right", "origin", "open_then"),
    [
        (None, None, set()),
        (Right.VIEW, Origin.CO_HANDLING, {"Case", "Objection"}),
        (Right.INSPECT, Origin.INSPECTION, {"Case", "Objection", "Evidence", "Letter"}),
        (Right.HANDLE, Origin.DELEGATION, {"Case", "Objection", "Evidence", "Letter", "Decision"}),
    ],
)
def test_each_right_shows_its_part_of_the_case(city, district, case, right, origin, open_then):
    if right is not None:
        let_in(case, city.district_officer, by=city.approver, right=right, origin=origin)
    assert {name for name, count in seen(city.district_officer, case).items() if count} == open_then
    assert not any(seen(city.district_approver, case).values())


def test_a_body_let_in_to_a_case_sees_its_page_and_no_evidence(city, case):
    let_in(case, city.sthj, by=city.approver)
    for somebody in (city.stranger, city.strange_reviewer):
        assert {name for name, count in seen(somebody, case).items() if count} == {"Case", "Objection"}
        verbs = {
            verb for verb in policy_for(Case).rules if policy_for(Case).allows(person(somebody), verb, case)
        }
        assert verbs == {"view"}


def test_an_entrusted_officer_does_the_officers_steps_and_not_the_approvers(city, district, file_objection):
    objection = file_objection()
    Way(city, objection).accept()
    case = Case.objects.get(pk=objection.case_id)
    let_in(case, city.district_officer, by=city.approver, right=Right.HANDLE, origin=Origin.DELEGATION)
    officer = person(city.district_officer)
    handling.ask_departments(objection, actor=officer, asks="请核实。")
    assert policy_for(Case).allows(officer, "propose", case)
    for verb in ("decide", "assign", "grant"):
        assert not policy_for(Case).allows(officer, verb, case)


def test_with_the_days_of_the_grant_end_the_steps(city, district, case, monkeypatch):
    given = let_in(
        case,
        city.district_officer,
        by=city.approver,
        right=Right.HANDLE,
        origin=Origin.DELEGATION,
        days=2,
        begins=1,
    )
    first = today()
    allowed = []
    for day in range(4):
        on_day(monkeypatch, first + timedelta(days=day))
        allowed.append(policy_for(Case).allows(person(city.district_officer), "propose", case))
    assert allowed == [False, True, True, False]
    on_day(monkeypatch, first + timedelta(days=1))
    revoke(given, actor=person(city.approver), reason="收回办理")
    assert not any(seen(city.district_officer, case).values())


@pytest.mark.parametrize(
    ("to", "right", "origin", "code"),
    [
        ("district", Right.HANDLE, Origin.DELEGATION, "grant.handler"),
        ("district_approver", Right.HANDLE, Origin.DELEGATION, "grant.handler"),
        ("district_officer", Right.HANDLE, Origin.INSPECTION, "grant.origin"),
        ("stranger", Right.HANDLE, Origin.DELEGATION, "grant.handler"),
    ],
)
def test_steps_are_entrusted_to_officers_alone(city, district, case, to, right, origin, code):
    with pytest.raises(Refused) as refused:
        let_in(case, getattr(city, to), by=city.approver, right=right, origin=origin)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("who", "error"),
    [("officer", NotAllowed), ("supervisor", NotAllowed), ("clerk", NotAllowed), ("stranger", NotVisible),
     ("district_approver", NotVisible), ("upper", NotVisible), ("secadmin", NotVisible)],
)  # fmt: skip
def test_only_the_approver_of_the_office_that_has_the_case_grants(city, district, case, who, error):
    with pytest.raises(error):
        let_in(case, city.sthj, by=getattr(city, who))
    assert not CaseDepartmentGrant.given.exists()


def test_pages_and_files_of_a_case_open_with_the_right_and_shut_again(city, district, case):
    officer, client = city.district_officer, Client()
    client.force_login(officer)
    piece, letter = Evidence.objects.filter(case=case).first(), Letter.objects.filter(case=case).first()
    case_page = reverse("admin:objections_objection_change", args=[case.objection.pk])
    pages = [
        case_page,
        reverse("admin:objections_objection_who", args=[case.objection.pk]),
        reverse("admin:casework_evidence_file", args=[piece.pk]),
        reverse("admin:casework_letter_change", args=[letter.pk]),
    ]

    def statuses() -> list[int]:
        return [client.get(page).status_code for page in pages]

    assert statuses() == [404] * 4
    viewed = let_in(case, officer, by=city.approver)
    # Who sees it beside oneself is not told with the case.
    assert statuses() == [200, 403, 404, 404]
    assert "授权查看 至" in client.get(case_page).content.decode()
    inspected = let_in(case, officer, by=city.approver, right=Right.INSPECT, origin=Origin.INSPECTION)
    assert statuses() == [200, 403, 200, 200]
    listed = client.get(reverse("admin:casework_case_changelist")).content.decode()
    assert case.number in listed
    for given in (viewed, inspected):
        revoke(given, actor=city.approver, reason="检查结束")
    assert statuses() == [404] * 4
    assert case.number not in client.get(reverse("admin:casework_case_changelist")).content.decode()


def test_the_case_page_has_the_box_for_its_approver_alone(city, case):
    let_in(case, city.sthj, by=city.approver)
    page = reverse("admin:objections_objection_change", args=[case.objection.pk])
    for who, shown in (("approver", True), ("officer", False), ("stranger", False)):
        client = Client()
        client.force_login(getattr(city, who))
        assert ("授权给机构…" in client.get(page).content.decode()) is shown


def test_why_a_case_was_opened_is_told_to_the_office_and_to_who_was_let_in(city, case):
    let_in(case, city.sthj, by=city.approver, reason="检查示例材料")
    listed = {
        who: policy_for(CaseDepartmentGrant).scope(person(getattr(city, who))).count()
        for who in ("officer", "supervisor", "stranger", "clerk", "reviewer", "upper")
    }
    assert listed == {"officer": 1, "supervisor": 1, "stranger": 1, "clerk": 0, "reviewer": 0, "upper": 0}
    page = reverse("admin:objections_objection_who", args=[case.objection.pk])
    for who, told in (("approver", True), ("reviewer", False)):
        client = Client()
        client.force_login(getattr(city, who))
        text = client.get(page).content.decode()
        assert "作为" in text
        assert ("检查示例材料" in text) is told
        assert ("授权" in text) is True
