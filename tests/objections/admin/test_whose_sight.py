"""What each body sees of a case that concerns several: its own points and answers, and no other's."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from casework.models import Request
from casework.services import evidence
from objections.models import Point
from objections.services import deciding, handling, registering
from objections.services.deciding import Ruling
from objections.services.handling import PointAnswer
from objections.services.registering import Claim

from ..filing import Way, at, fine_claim
from .conftest import as_user, page, text_of

pytestmark = pytest.mark.django_db
FOREIGN_ANSWER = "复议机关已维持原处罚决定"
WHOLE = "全案总的理由"


@pytest.fixture
def at_window(city, records, foreign_record, file_objection) -> Way:
    """Taken in at the window of the market supervision; the office adds a point about the other body's record."""
    objection = file_objection(fine_claim(records[0]), actor=city.clerk)
    claim = Claim(Point.Ground.NOT_PUBLIC, foreign_record, "处罚已被复议撤销，不应公示。")
    registering.add_point(objection, claim, actor=city.officer, now=at(16, 12))
    return Way(city, objection)


def answer(way: Way, actor, number: int, text: str) -> None:
    asked = Request.objects.open().get(
        case=way.objection.pk, department__in=actor.departments_as("clerk", "reviewer")
    )
    answers = {number: PointAnswer(Point.Finding.NOT_TRUE, text)}
    handling.answer(way.objection, actor=actor, request=asked, answers=answers, now=at(18, 10 + number))


def decide(way: Way) -> None:
    rulings = {n: Ruling("not_upheld", f"第{n}点的理由。") for n in (1, 2)}
    deciding.propose(way.objection, actor=way.city.officer, rulings=rulings, reason=WHOLE, now=at(19))
    way.decide()


def test_the_window_reads_the_claims_and_not_what_others_found_before_the_decision(city, at_window, on_day):
    at_window.accept().ask()
    answer(at_window, city.stranger, 2, FOREIGN_ANSWER)
    on_day(at(18, 15))
    client = as_user(city.clerk)
    text = text_of(client.get(page(at_window.objection)))
    assert "处罚已被复议撤销，不应公示。" in text
    assert "由来源单位核实，作出决定后可以查看" in text
    for hidden in (FOREIGN_ANSWER, "不属实", str(city.stranger)):
        assert hidden not in text
    for reader in (city.officer, city.stranger):
        assert FOREIGN_ANSWER in text_of(as_user(reader).get(page(at_window.objection)))
    answer(at_window, city.clerk, 1, "本单位核对无误")
    decide(at_window)
    on_day(at(20, 15))
    assert FOREIGN_ANSWER in text_of(client.get(page(at_window.objection)))


def test_the_window_is_not_shown_on_a_point_what_another_body_handed_in(city, at_window, on_day):
    at_window.accept().ask()
    piece = evidence.add(
        at_window.objection.case, ContentFile("复议决定书。".encode() * 9, name="复议.txt"), actor=city.stranger,
        kind="answer", point_number=2, now=at(18),
    )  # fmt: skip
    evidence.share_one(piece, actor=city.officer, department=city.scjg, now=at(18, 12))
    on_day(at(18, 15))
    cards = as_user(city.clerk).get(page(at_window.objection)).context["points"]
    assert [[one.pk for one in card.evidence] for card in cards] == [[], []]
    cards = as_user(city.officer).get(page(at_window.objection)).context["points"]
    assert [one.pk for one in cards[1].evidence] == [piece.pk]


def test_reading_a_page_writes_no_answer_away(city, at_window, on_day):
    at_window.accept().ask()
    answer(at_window, city.stranger, 2, FOREIGN_ANSWER)
    on_day(at(18, 15))
    as_user(city.clerk).get(page(at_window.objection))
    assert Point.objects.get(number=2).answer == FOREIGN_ANSWER


def test_the_reasons_of_the_whole_are_the_offices_and_after_the_decision_the_windows(city, at_window, on_day):
    at_window.accept().ask()
    answer(at_window, city.stranger, 2, FOREIGN_ANSWER)
    answer(at_window, city.clerk, 1, "本单位核对无误")
    decide(at_window)
    on_day(at(20, 15))
    seen = {
        who: text_of(as_user(getattr(city, who)).get(page(at_window.objection)))
        for who in ("officer", "clerk", "stranger")
    }
    assert [who for who, text in seen.items() if WHOLE in text] == ["officer", "clerk"]
    assert "第2点的理由。" in seen["stranger"]
    assert "第1点的理由。" not in seen["stranger"]
    assert as_user(city.auditor).get(page(at_window.objection)).status_code == 404


def test_the_record_names_the_case_without_leading_where_nobody_is_let_in(city, way, records):
    way.accept()
    url = reverse("admin:credit_records_record_change", args=[records[0].pk])
    text = text_of(as_user(city.clerk).get(url))
    assert f"异议中：{way.objection.case.number}" in text
    assert page(way.objection) not in text
    assert as_user(city.clerk).get(page(way.objection)).status_code == 404
    way.ask()
    assert page(way.objection) in text_of(as_user(city.clerk).get(url))


def test_two_bodies_with_the_same_file_are_each_told_of_their_own(city, of_two_bodies, on_day):
    of_two_bodies.accept().ask()
    for actor, title in ((city.clerk, "市监提交的"), (city.stranger, "环保提交的")):
        evidence.add(
            of_two_bodies.objection.case, ContentFile("同一份文件。".encode() * 9, name="同一份.txt"), actor=actor,
            kind="answer", title=title, now=at(18),
        )  # fmt: skip
    on_day(at(18, 15))
    for reader, own, other in (
        (city.clerk, "市监提交的", "环保提交的"),
        (city.stranger, "环保提交的", "市监提交的"),
    ):
        told = text_of(as_user(reader).get(page(of_two_bodies.objection))).partition("时间线")[2]
        assert told.count("补充材料") == 2  # the applicant's, which went along, and the own one
        assert own in told
        assert other not in told
    told = text_of(as_user(city.officer).get(page(of_two_bodies.objection))).partition("时间线")[2]
    assert "市监提交的" in told
    assert "环保提交的" in told


def test_the_line_above_a_case_leads_to_the_list(city, way):
    for name in ("change", "evidence"):
        head = text_of(as_user(city.officer).get(page(way.objection, name)))
        assert reverse("admin:casework_case_changelist") in head
        context = as_user(city.officer).get(page(way.objection, name)).context
        assert context["original"]._meta.verbose_name_plural == "案件列表"
        assert context["opts"].app_config.verbose_name == "案件"
