"""An objection before the people who handle it, from the window to the file on paper."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from casework.models import Case, Evidence
from casework.services import assignment, evidence
from objections.models import Point
from objections.services import handling
from objections.services.registering import Claim

from ..casework.evidence.samples import pdf
from ..objections.filing import Way, at, fine_claim

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PDF = pdf()


@pytest.fixture
def on_day(monkeypatch):
    from audit import clock

    moment: list[datetime] = [at(16, 10)]
    monkeypatch.setattr(clock.timezone, "now", lambda: moment[0])

    def set_day(day: datetime) -> None:
        moment[0] = day

    return set_day


@pytest.fixture
def way(city, records, file_objection, on_day) -> Way:
    """Two points: a wrong fine, and a decision published twice; with evidence of the applicant."""
    objection = file_objection(
        fine_claim(records[0]),
        Claim(
            Point.Ground.DUPLICATE,
            records[0],
            "同一处罚决定公示了两次，请撤回其中一条。",
            other_record=records[1],
        ),
        wish="请更正罚款金额，撤回重复公示的记录。",
    )
    for number, title in ((1, "行政处罚决定书"), (None, "异议申请书")):
        evidence.add(
            objection.case,
            ContentFile(PDF + f"\n%{title}".encode(), name=f"{title}.pdf"),
            actor=city.officer,
            kind=Evidence.Kind.PROOF if number else Evidence.Kind.APPLICATION,
            provided_by=Evidence.ProvidedBy.APPLICANT,
            point_number=number,
            title=title,
        )
    return Way(city, objection)


def expect_refusal(desk):
    """The browser notes that a form was refused; nothing else may have gone wrong."""
    assert all("422" in problem for problem in desk.problems)
    desk.problems.clear()


def page(way, name="change"):
    return reverse(f"admin:objections_objection_{name}", args=[way.objection.pk])


def test_an_officer_reads_a_case_and_its_days(desk, city, way, on_day):
    way.accept().ask()
    on_day(at(18, 11))
    assignment.comment(way.fresh().case, actor=city.approver, reason="请先核对决定书原件。")
    desk.sign_in("officer")
    desk.open(page(way))
    desk.picture("officer-verifying")
    desk.page.click("summary:has-text('为什么是这一天') >> nth=0")
    assert desk.page.is_visible("text=收到当日不计")
    desk.picture("officer-why-this-day")
    desk.page.click("summary:has-text('其他步骤')")
    desk.picture("officer-other-steps")
    desk.page.keyboard.press("Escape")
    assert not desk.page.is_visible("text=内部意见只有办公室看得到")
    off = desk.page.locator(".ca-off", has_text="办结").first
    off.focus()
    assert off.locator(".ca-why").is_visible()
    desk.picture("officer-why-greyed")


def test_a_paused_case_says_since_when(desk, city, way, on_day):
    way.accept()
    on_day(at(18, 10))
    handling.ask_correction(way.fresh(), actor=city.officer, asks="请补交处罚决定书原件。")
    desk.sign_in("officer")
    desk.open(page(way))
    assert desk.page.is_visible("text=停时 1 次")
    desk.picture("officer-paused")


def test_a_department_answers_with_a_file(desk, city, way, on_day, tmp_path):
    way.accept().ask()
    on_day(at(18, 11))
    desk.sign_in("clerk")
    desk.open(page(way))
    assert not desk.page.is_visible("text=内部意见")
    desk.picture("department-asked")
    desk.page.click(".ca-steps a:has-text('答复协查')")
    desk.page.click("button:has-text('提交答复')")
    assert desk.page.is_visible("text=请选择核实结果。")
    expect_refusal(desk)
    desk.picture("department-answer-wrong")
    for number in (1, 2):
        desk.page.check(f"input[name=p{number}-finding][value=true]")
        desk.page.fill(f"textarea[name=p{number}-text]", "经核对决定书原件，原录入有误，附更正决定。")
    desk.page.fill("input[name=p1-value]", "0.3")
    proof = tmp_path / "更正决定.pdf"
    proof.write_bytes(PDF + "\n%更正".encode())
    desk.page.set_input_files("input[name=p1-files]", proof)
    desk.picture("department-answer")
    desk.page.click("button:has-text('提交答复')")
    assert desk.page.is_visible("text=已答复协查")
    assert Evidence.objects.filter(title="更正决定", point_number=1).exists()
    assert Case.objects.get(pk=way.objection.pk).state == Case.State.DRAFTING


def test_proposal_decision_and_the_file_on_paper(desk, city, way, on_day):
    way.accept().ask().answer()
    on_day(at(19, 9))
    desk.sign_in("officer")
    desk.open(page(way, "propose"))
    desk.page.check("input[name=p1-outcome][value=corrected]")
    desk.page.fill("textarea[name=p1-reasons]", "来源单位核实属实，决定书载明罚款0.3万元。")
    desk.page.check("input[name=p2-outcome][value=not_upheld]")
    desk.page.fill("textarea[name=p2-reasons]", "两条记录文号不同，是两个决定。")
    desk.page.fill("textarea[name=reason]", "事实清楚，证据充分。")
    desk.page.click("button:has-text('预览')")
    assert desk.page.is_visible("text=总的结论：部分支持")
    desk.picture("officer-propose-preview")
    desk.page.click("button:has-text('提交审批')")
    assert desk.page.is_visible("text=已提交审批")
    desk.picture("officer-proposed")
    desk.sign_out()

    on_day(at(20, 9))
    desk.sign_in("approver")
    desk.open(page(way, "decide"))
    desk.picture("approver-decide")
    desk.page.fill("textarea[name=opinion]", "同意。")
    desk.page.click("button:has-text('批准')")
    assert desk.page.is_visible("text=已批准")
    desk.picture("approver-decided")
    desk.sign_out()

    desk.sign_in("officer")
    desk.open(page(way))
    desk.page.click(".ca-steps button:has-text('办结')")
    desk.page.fill("dialog[open] textarea[name=reason]", "决定书已交邮，回执未到。")
    desk.picture("officer-close-dialog")
    desk.page.click("dialog[open] button[type=submit]")
    assert Case.objects.get(pk=way.objection.pk).state == Case.State.CLOSED
    desk.picture("officer-closed")
    desk.page.emulate_media(media="print")
    desk.page.set_viewport_size({"width": 760, "height": 1070})
    assert not desk.page.is_visible("text=内部意见")
    assert not desk.page.is_visible("text=案件列表")
    assert desk.page.is_visible("text=在谁手上多久")
    desk.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert desk.page.is_visible("text=收到当日不计")
    desk.picture("officer-closed-on-paper")
    desk.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    desk.page.emulate_media(media="screen")
    desk.page.set_viewport_size({"width": 1366, "height": 768})
    desk.open(reverse("admin:credit_records_record_change", args=[way.objection.points.first().record_id]))
    assert desk.page.is_visible(".cr-box h2 >> text=异议")
    desk.picture("record-with-box")


def test_registration_with_two_points(desk, city, records, on_day):
    on_day(at(17, 9))
    desk.sign_in("officer")
    desk.open(reverse("admin:objections_objection_add"))
    desk.picture("register-1-empty")
    desk.page.fill("input[name=q]", "示例")
    desk.page.click("button:has-text('查找')")
    desk.picture("register-1-found")
    desk.page.click("table a:has-text('选择')")
    desk.page.check(f"#record-{records[0].pk}")
    desk.picture("register-2")
    desk.page.click("button:has-text('写明异议点')")
    desk.page.select_option("select[name=p0-target]", f"{records[0].pk}:CF_NR_FK")
    desk.page.select_option("select[name=p0-ground]", "content")
    desk.page.fill("input[name=p0-claimed]", "0.3")
    desk.page.fill("textarea[name=p0-statement]", "决定书载明罚款0.3万元。")
    desk.page.click("button:has-text('再加一个异议点')")
    desk.page.select_option("select[name=p1-ground]", "duplicate")
    desk.page.fill("textarea[name=p1-statement]", "与另一条是同一个决定。")
    desk.picture("register-3")
    desk.page.click("button:has-text('登记'):not(:has-text('异议'))")
    assert desk.page.is_visible("text=请选择与之重复的另一条记录。")
    expect_refusal(desk)
    assert desk.page.input_value("textarea[name=p0-statement]") == "决定书载明罚款0.3万元。"
    desk.picture("register-3-wrong")
    desk.page.select_option("select[name=p1-other]", str(records[1].pk))
    desk.page.click("button:has-text('登记'):not(:has-text('异议'))")
    assert desk.page.is_visible("text=已登记")
    assert Point.objects.count() == 2
    desk.picture("registered")
