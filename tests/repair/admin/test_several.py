"""Several applications at once: a verdict on every case and record first, then each by itself, each named with its outcome."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from casework.models import Case, Decision
from casework.services import decisions
from credit_records.models import Record
from repair.services import deciding, handling
from repair.services.handling import ItemAnswer
from repair.services.registering import Claim

from ...roles import holds_besides
from ..applying import FULFILLED, RepairWay, at
from .conftest import as_user, case_of, page, text_of

pytestmark = pytest.mark.django_db
LIST = "/admin/casework/case/"
QUERIES = 24
"""Of the page of verdicts, with any number of cases."""


def url_of(name: str, *ways: RepairWay) -> str:
    url = reverse("admin:repair_application_several", args=[name])
    return url + "?" + "&".join(f"case={way.application.pk}" for way in ways)


def send(user, name: str, *ways: RepairWay, **more: str):
    client = as_user(user)
    shown = client.get(url_of(name, *ways))
    digests = {
        f"digest-{row.case.pk}": row.proposal.digest
        for row in shown.context["rows"]
        if row.proposal is not None and not row.obstacle
    }
    possible = [str(row.case.pk) for row in shown.context["rows"] if not row.obstacle]
    given = {
        "case": [str(way.application.pk) for way in ways],
        "do": possible,
        "reason": "经逐件核对。",
        **digests,
        **more,
    }
    return client.post(reverse("admin:repair_application_several", args=[name]), given)


@pytest.fixture
def two(city, records, apply_for_repair) -> list[RepairWay]:
    return [RepairWay(city, apply_for_repair(Claim(record, FULFILLED))) for record in records]


def verdicts(response) -> list[list[str]]:
    return [[part.verdict for part in row.parts] for row in response.context["rows"]]


# --- the way there ------------------------------------------------------------------------------------------


def test_the_list_leads_to_the_page_of_the_chosen_cases(city, two):
    pks = [str(way.application.pk) for way in two]
    given = {"action": "repair_accept", "_selected_action": pks}
    response = as_user(city.officer).post(LIST, given)
    assert response.status_code == 302
    assert response.url == url_of("accept", *two)


def test_of_other_kinds_none_are_taken_along(city, file_objection):
    objection = file_objection()
    given = {"action": "repair_accept", "_selected_action": [str(objection.pk)]}
    response = as_user(city.officer).post(LIST, given, follow=True)
    assert "选中的没有信用修复案件" in text_of(response)


@pytest.mark.parametrize(
    ("who", "offered"),
    [
        ("officer", {"repair_accept", "repair_propose"}),
        ("approver", {"repair_decide"}),
        ("supervisor", set()),
        ("clerk", set()),
        ("upper", set()),
    ],
)
def test_each_is_offered_what_the_role_gives(city, two, who, offered):
    text = text_of(as_user(getattr(city, who)).get(LIST))
    found = {
        name for name in ("repair_accept", "repair_propose", "repair_decide") if f'value="{name}"' in text
    }
    assert found == offered


def test_who_has_no_right_is_turned_away_and_a_stranger_sees_no_case(city, two):
    for who in (city.clerk, city.supervisor, city.stranger, city.upper):
        assert as_user(who).get(url_of("accept", *two)).status_code == 403
        assert as_user(who).post(url_of("accept", *two), {"case": [two[0].application.pk]}).status_code == 403
    assert (
        as_user(city.officer).get(reverse("admin:repair_application_several", args=["burn"])).status_code
        == 404
    )
    assert set(Case.objects.values_list("state", flat=True)) == {"received"}


def test_without_a_choice_the_page_says_what_to_do(city, two):
    text = text_of(as_user(city.officer).get(url_of("accept")))
    assert "没有选中案件" in text


# --- 受理 -------------------------------------------------------------------------------------------------------


def test_looking_writes_nothing_and_says_of_every_record_whether(city, two, too_early, apply_for_repair):
    early = RepairWay(city, apply_for_repair(Claim(too_early)))
    two[0].check()
    early.check()
    response = as_user(city.officer).get(url_of("accept", *two, early))
    assert verdicts(response) == [["可以受理"], ["可以受理"], ["不能：自 2027-01-13 起可申请"]]
    assert [bool(row.obstacle) for row in response.context["rows"]] == [False, True, True]
    assert "材料没有核对齐全" in text_of(response)
    assert set(Case.objects.values_list("state", flat=True)) == {"received"}


def test_what_became_possible_unread_is_not_carried_out(city, two):
    """Between the page of verdicts and the click somebody completes the material."""
    two[0].check()
    pks = [str(way.application.pk) for way in two]
    two[1].check()
    given = {"case": pks, "do": pks[:1], "reason": ""}
    response = as_user(city.officer).post(reverse("admin:repair_application_several", args=["accept"]), given)
    assert [case_of(way).state for way in two] == ["accepted", "received"]
    assert "请重新阅看后再办" in text_of(response)


def test_the_possible_ones_are_accepted_and_every_record_is_named(city, two, records):
    two[0].check()
    response = send(city.officer, "accept", *two)
    assert response.status_code == 200
    assert [case_of(way).state for way in two] == ["accepted", "received"]
    text = text_of(response)
    assert "已办理 1 件" in text
    assert all(record.document_number in text for record in records)
    assert verdicts(response) == [["已受理"], ["可以受理"]]


# --- 拟办 -------------------------------------------------------------------------------------------------------


@pytest.fixture
def answered(city, two, on_day) -> list[RepairWay]:
    """The first may be granted, the second may not."""
    two[0].accept().ask().answer()
    two[1].accept().ask().answer(ItemAnswer("not", "没有缴款。"))
    on_day(at(18))
    return two


def test_only_what_may_be_granted_is_proposed(city, answered):
    response = as_user(city.officer).get(url_of("propose", *answered))
    assert verdicts(response) == [["可以拟办准予"], ["不能准予"]]
    assert "没有履行完毕的证明" in text_of(response)
    response = send(city.officer, "propose", *answered)
    assert Decision.objects.get().outcome == "granted"
    assert Decision.objects.get().reasons == "经逐件核对。"
    assert [case_of(way).state for way in answered] == ["approving", "drafting"]
    assert "已拟办准予修复，待审批" in text_of(response)


def test_a_batch_without_its_reason_keeps_the_choice(city, answered):
    response = send(city.officer, "propose", *answered, reason="")
    assert response.status_code == 422
    assert "请填写总的理由和依据。" in text_of(response)
    assert f'name="case" value="{answered[0].application.pk}"' in text_of(response)
    assert not Decision.objects.exists()


def test_a_round_about_revoking_is_not_granted_in_a_batch(city, two, on_day):
    from repair.services import revoking

    way = two[0].accept().ask().answer().propose().decide().close()
    revoking.report_false_material(way.fresh(), actor=city.approver, reason="回执系伪造。", now=at(20))
    on_day(at(20))
    response = as_user(city.officer).get(url_of("propose", way))
    assert "本案是撤销修复的程序" in text_of(response)


def test_a_round_about_what_was_denied_is_none_about_revoking(city, records, apply_for_repair, on_day):
    """What was found false stays on the application; what can be ruled is said by the items in question."""
    from repair.services import revoking

    way = RepairWay(city, apply_for_repair(*(Claim(record, FULFILLED) for record in records)))
    application = way.accept().ask().answer().propose(n2="denied").decide().close().fresh()
    revoking.report_false_material(application, actor=city.approver, reason="有人反映。", now=at(20, 9))
    rulings = {1: deciding.Ruling("kept", "反映不实。")}
    deciding.propose(application, actor=city.officer, rulings=rulings, reason="已经核实。", now=at(20, 10))
    digest = application.case.decisions.get(state="proposed").digest
    deciding.decide(application, actor=city.approver, digest=digest, reason="同意。", now=at(20, 11))
    handling.close(application, actor=city.officer, reason="没有文书要送达。", now=at(20, 12))
    handling.reopen(application, actor=city.approver, reason="补充了凭证。", now=at(20, 13))
    on_day(at(20, 15))
    client = as_user(city.officer)
    response = client.get(url_of("propose", way))
    assert verdicts(response) == [["维持修复", "可以拟办准予"]]
    assert [row.obstacle for row in response.context["rows"]] == [""]
    (form,) = client.get(page(way, "propose")).context["forms"]
    assert [value for value, _ in form.fields["outcome"].choices] == ["granted", "denied"]


# --- 审批 -------------------------------------------------------------------------------------------------------


@pytest.fixture
def proposed(city, two, on_day) -> list[RepairWay]:
    for way in two:
        way.accept().ask().answer().propose()
    on_day(at(18, 15))
    return two


def test_several_are_approved_each_by_its_own_digest(city, proposed, records):
    text = text_of(as_user(city.approver).get(url_of("decide", *proposed)))
    assert text.count("材料齐全。") == 2
    assert "义务已履行完毕，条件经逐项核对。" in text
    response = send(city.approver, "decide", *proposed)
    assert [case_of(way).state for way in proposed] == ["decided", "decided"]
    assert set(Record.objects.filter(pk__in=[r.pk for r in records]).values_list("state", flat=True)) == {
        "repaired"
    }
    assert verdicts(response) == [["准予修复"], ["准予修复"]]


def test_a_proposal_that_changed_after_it_was_read_is_not_approved_and_stops_no_other(city, proposed):
    client = as_user(city.approver)
    digests = {
        f"digest-{row.case.pk}": row.proposal.digest
        for row in client.get(url_of("decide", *proposed)).context["rows"]
    }
    decisions.recall_proposal(proposed[0].fresh().case, actor=city.officer, now=at(18, 15))
    rulings = {1: deciding.Ruling("denied", "另有隐情。")}
    deciding.propose(
        proposed[0].fresh(), actor=city.officer, rulings=rulings, reason="改为不予。", now=at(18, 15)
    )
    pks = [str(way.application.pk) for way in proposed]
    given = {"case": pks, "do": pks, "reason": "", **digests}
    response = client.post(reverse("admin:repair_application_several", args=["decide"]), given)
    assert [case_of(way).state for way in proposed] == ["approving", "decided"]
    assert "拟办意见在您阅看之后有修改" in text_of(response)


def test_a_missing_digest_approves_nothing(city, proposed):
    pk = str(proposed[0].application.pk)
    given = {"case": [pk], "do": [pk], "reason": ""}
    as_user(city.approver).post(reverse("admin:repair_application_several", args=["decide"]), given)
    assert case_of(proposed[0]).state == "approving"


def test_nobody_approves_the_own_proposal_in_a_batch(city, proposed):

    from accounts.models import Role

    holds_besides(city.officer, Role.APPROVER, city.office)
    response = as_user(city.officer).get(url_of("decide", *proposed))
    assert "拟办人不能审批自己的拟办意见" in text_of(response)


def test_what_the_office_above_has_to_agree_to_goes_there(city, for_review, on_day):
    for_review.accept().ask().answer().propose()
    on_day(at(18, 15))
    response = send(city.approver, "decide", for_review)
    assert case_of(for_review).state == "upper_review"
    assert "本级已同意，已报上级审核" in text_of(response)


# --- the steps of the list ----------------------------------------------------------------------------------


def test_urging_and_closing_stand_in_the_list_as_for_every_kind(city, two, on_day):
    two[0].accept().ask()
    text = text_of(as_user(city.officer).get(LIST))
    assert 'value="urge"' in text
    given = {"_selected_action": [str(two[0].application.pk)], "reason": ""}
    response = as_user(city.officer).post(f"{LIST}bulk/urge/", given, follow=True)
    assert "催办：已办理1条" in text_of(response)


def test_accepting_in_the_list_points_to_the_page_with_the_records(city, two):
    given = {"action": "accept", "_selected_action": [str(two[0].application.pk)]}
    text = text_of(as_user(city.officer).post(LIST, given))
    assert "请在列表中用“信用修复：批量受理”办理" in text


# --- what it costs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["accept", "propose"])
def test_the_verdicts_cost_the_same_for_one_case_and_for_several(city, two, name):
    client = as_user(city.officer)

    def cost(*ways: RepairWay) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url_of(name, *ways)).status_code == 200
        return len(queries)

    cost(*two)
    assert cost(two[0]) == cost(*two) <= QUERIES


def test_a_service_that_is_missing_its_right_says_so_in_the_row(city, two):
    """Another officer is in charge: the case is seen, and not accepted."""
    from accounts.models import Role

    other = city.person("officer2", "何示例", Role.OFFICER, city.office)
    two[0].accept()
    handling.ask_departments(two[0].application, actor=city.officer, now=at(16, 15))
    two[0].answer()
    response = as_user(other).get(url_of("propose", two[0]))
    assert "没有办理这一步的权限" in text_of(response)
