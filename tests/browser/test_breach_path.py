"""A broken commitment from the counter to the record, each person at an own desk; the subject heard before it counts.

Set SCREENSHOTS to a folder to keep a picture of every page on the way.
"""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO

import pytest
from django.urls import reverse
from pypdf import PdfReader

from breaches.models import Breach, DecidedMeasure
from casework.models import Case, Letter
from commitments.models import Commitment, Performance

from ..casework.evidence.samples import pdf
from ..commitments.counter import Counter, at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def db(transactional_db):
    """The server works on connections of its own."""


@pytest.fixture
def on_day(monkeypatch):
    from audit import clock

    moment: list[datetime] = [at(16, 10)]
    monkeypatch.setattr(clock.timezone, "now", lambda: moment[0])
    return lambda day, hour=10: moment.__setitem__(0, at(day, hour))


def _page(name: str = "change") -> str:
    return reverse(f"admin:breaches_breach_{name}", args=[Breach.objects.get().pk])


def _dialog(desk, label: str, where: str = ".ca-steps", **answers: str) -> None:
    """Click a step and answer its dialog."""
    desk.page.click(f"{where} button:has-text('{label}') >> nth=0")
    dialog = desk.page.locator("dialog[open]")
    for name, text in answers.items():
        field = dialog.locator(f"[name={name}]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(text)
        else:
            field.fill(text)
    desk.submit(dialog.locator("button[type=submit]"))


def _deliver(desk, kind: str, day: str) -> None:
    letter = Letter.objects.filter(kind=kind).latest("pk")
    desk.open(reverse("admin:casework_letter_change", args=[letter.pk]))
    desk.picture(f"breach-letter-{kind}")
    given = {"method": "direct", "delivered_on": day, "received_by": "示例人甲"}
    _dialog(desk, "登记送达", where="", **given)


def _fits(desk) -> None:
    """Nothing is wider than the screen."""
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= 1366


def _above_the_bar(desk, field: str) -> None:
    """The bar with the buttons leaves a field free, reached by the keyboard or by scrolling to the end of the page."""
    desk.page.mouse.move(900, 400)
    for reach in (lambda: desk.page.focus(field), lambda: desk.page.mouse.wheel(0, 20_000)):
        reach()
        desk.page.wait_for_timeout(300)
        end, bar = (desk.page.locator(one).bounding_box() for one in (field, ".cr-submit"))
        assert end["y"] >= 0
        assert end["y"] + end["height"] <= bar["y"]


def test_a_broken_commitment_becomes_a_record_after_its_subject_was_heard(
    desk, city, catalogue, on_day, tmp_path
):
    counter = Counter(city)
    page = desk.page
    proof = tmp_path / "检查记录.pdf"
    proof.write_bytes(pdf())

    # The clerk takes the commitment at the counter and reports later that nothing of it was kept.
    desk.sign_in("clerk")
    desk.open(
        f"{reverse('admin:commitments_commitment_add')}?subject={counter.company.pk}&matter={counter.matter.pk}"
    )
    page.select_option("#id_disclosure", "public")
    desk.submit(".cr-submit >> text=登记")
    page.wait_for_url("**/change/")
    commitment = Commitment.objects.get()
    on_day(17)
    desk.open(reverse("admin:commitments_commitment_change", args=[commitment.pk]))
    _dialog(
        desk, "报告履约", where=".bo-steps", status="none", determined_on="2026-11-17",
        unfulfilled="没有按承诺配备冷藏设备。", liability_pursued="责令改正。",
    )  # fmt: skip
    assert Performance.objects.get().status == "none"
    desk.picture("breach-01-commitment")

    # From there the breach is reported; a mistake loses nothing.
    page.click("a.bo-button:has-text('登记违诺') >> nth=0")
    page.wait_for_selector("text=写明违诺")
    assert page.input_value("#id_facts") == "没有按承诺配备冷藏设备。"
    page.fill("#id_facts", "承诺三十日内配备冷藏设备，经现场检查没有配备。")
    page.fill("#id_found_on", "")
    _fits(desk)
    desk.picture("breach-02-report")
    page.click(".cr-submit button:has-text('登记')")
    page.wait_for_selector("text=请填写发现日期。")
    assert "经现场检查没有配备" in page.input_value("#id_facts")
    desk.picture("breach-03-mistake")
    desk.problems.clear()  # the browser notes the 422 that was asked for
    page.fill("#id_found_on", "2026-11-17")
    page.set_input_files("#id_files", proof)
    assert page.input_value("#id_late_entry_reason") == ""  # the theme would write the file's name there
    desk.submit(".cr-submit button:has-text('登记')")
    page.wait_for_url("**/change/")
    case = Case.objects.get()
    assert (case.kind, case.state) == ("breach", "received")
    desk.picture("breach-04-received")
    desk.sign_out()

    # The officer finds it, takes it up, asks the department.
    desk.sign_in("officer")
    desk.open(f"{reverse('admin:casework_case_changelist')}?kind=breach")
    desk.picture("breach-05-work-list")
    page.click(f"a:has-text('{case.number}') >> nth=0")
    _dialog(desk, "立案")
    _dialog(desk, "请单位核实")
    desk.picture("breach-06-asked")
    desk.sign_out()
    desk.sign_in("reviewer")
    desk.open(_page("answer"))
    page.fill("#id_text", "经现场核查，没有配备冷藏设备，当事人没有整改。")
    desk.picture("breach-07-answer")
    desk.submit(".cr-submit button:has-text('答复核实')")
    page.wait_for_url("**/change/")
    desk.sign_out()

    # The subject is told: the degree that the rule says, measures of the list, the letter read before it goes out.
    on_day(18)
    desk.sign_in("officer")
    desk.open(_page())
    desk.picture("breach-08-answered")
    page.click(".ca-steps a:has-text('事先告知')")
    assert page.is_checked("input[name=degree][value=general]")
    ticks = page.locator("input[name=measures]:enabled")
    for at_ in range(ticks.count()):
        ticks.nth(at_).check()
    _fits(desk)
    desk.picture("breach-09-notice")
    page.click("button:has-text('预览告知书')")
    page.wait_for_selector("#preview")
    _fits(desk)
    desk.picture("breach-10-preview")
    desk.submit("button:has-text('出具告知书')")
    page.wait_for_url("**/change/")
    assert page.is_visible("text=尚未送达，陈述申辩的期限")
    desk.picture("breach-11-told")
    on_day(19)
    _deliver(desk, "notice", "2026-11-19")
    desk.open(_page())
    desk.picture("breach-12-delivered")

    # What the subject says is written down, with the hearing it asks for.
    page.click(".ca-steps a:has-text('登记陈述申辩')")
    page.fill("#id_statement", "设备已经订购，因厂家延误没有到货，请求从轻。")
    page.fill("#id_stated_by", "示例人甲")
    page.check("#id_hearing_asked")
    _fits(desk)
    desk.picture("breach-13-statement")
    desk.submit(".cr-submit button:has-text('登记陈述申辩')")
    page.wait_for_url("**/change/")
    page.click(".ca-steps a:has-text('安排听证')")
    page.fill("#id_place", "示例路1号301室")
    page.select_option("#id_chair", str(city.approver.pk))
    desk.picture("breach-14-hearing")
    desk.submit(".cr-submit button:has-text('安排听证')")
    page.wait_for_url("**/change/")
    desk.picture("breach-15-arranged")
    _deliver(desk, "hearing", "2026-11-19")
    on_day(30, 15)
    desk.open(_page("minutes"))
    page.fill("#id_minutes", "当事人到场，陈述设备订购情况，提交订购合同。")
    desk.submit(".cr-submit button:has-text('登记听证')")
    page.wait_for_url("**/change/")
    _dialog(desk, "陈述申辩结束")
    desk.picture("breach-16-heard")

    # It is proposed, with an answer to what was said.
    page.click(".ca-steps a:has-text('拟办')")
    ticks = page.locator("input[name=measures]:enabled")
    assert page.locator("input[name=measures]:checked").count() == 0  # nobody has chosen one yet
    for at_ in range(ticks.count()):
        ticks.nth(at_).check()
    page.fill("#id_answer", "订购不等于配备，承诺期限已过，不予采纳。")
    page.fill("#id_reason", "承诺全部未履行，事实清楚，没有整改。")
    _fits(desk)
    desk.picture("breach-17-propose")
    desk.submit("button:has-text('提交审批')")
    page.wait_for_url("**/change/")
    desk.sign_out()

    # The approver reads exactly what is proposed, and decides.
    desk.sign_in("approver")
    desk.open(_page())
    desk.picture("breach-18-to-approve")
    desk.open(_page("decide"))
    _fits(desk)
    _above_the_bar(desk, "textarea[name=opinion]")
    desk.picture("breach-19-decide")
    page.fill("textarea[name=opinion]", "同意。")
    desk.submit("button:has-text('批准')")
    page.wait_for_url("**/change/")
    desk.picture("breach-20-decided")
    desk.sign_out()

    # The officer hands the decision over and closes.
    desk.sign_in("officer")
    letter = Letter.objects.get(kind="decision")
    if letter.has_pdf:
        desk.open(reverse("admin:casework_letter_change", args=[letter.pk]))
        with page.expect_download() as download:
            page.click("a:has-text('下载') >> nth=0")
        found = PdfReader(BytesIO(download.value.path().read_bytes())).pages
        assert letter.number in "".join("".join(one.extract_text() for one in found).split())
    _deliver(desk, "decision", "2026-11-30")
    desk.open(_page())
    _dialog(desk, "办结")
    desk.picture("breach-21-closed")
    page.emulate_media(media="print")
    desk.picture("breach-22-print")
    page.emulate_media(media="screen")
    case = Case.objects.get()
    assert (case.state, case.outcome) == ("closed", "broken")
    breach = Breach.objects.get()
    assert breach.record.state == "published"
    assert DecidedMeasure.objects.filter(breach=breach).holding(date(2026, 11, 30)).exists()

    # The record leads to the case, the subject's page to both; the lists tell the rest.
    desk.open(reverse("admin:credit_records_record_change", args=[breach.record_id]))
    assert page.is_visible(f".cr-box:has-text('违诺认定') >> text={case.number}")
    desk.picture("breach-23-record")
    desk.open(reverse("admin:credit_records_subject_change", args=[counter.company.pk]))
    assert page.is_visible("text=措施有效 >> nth=0")
    desk.picture("breach-24-subject")
    desk.open(reverse("admin:commitments_commitment_change", args=[commitment.pk]))
    desk.picture("breach-25-commitment")
    for name, label in (("breach", "list"), ("degreerule", "rules"), ("measure", "measures")):
        desk.open(reverse(f"admin:breaches_{name}_changelist"))
        _fits(desk)
        desk.picture(f"breach-26-{label}")
    page.click("#result_list a.bo-link >> nth=0")
    desk.picture("breach-27-measure")
    desk.open(reverse("admin:breaches_degreerule_changelist"))
    page.click("#result_list a.bo-link >> nth=0")
    desk.picture("breach-28-rule")
    desk.open(reverse("admin:breaches_degreerule_add"))
    page.fill("#id_key", "degrees-2027")
    page.fill("#id_in_force_from", "2027-01-01")
    page.click("button:has-text('预览')")
    page.wait_for_selector("#preview")
    _fits(desk)
    desk.picture("breach-29-rule-form")
    desk.open(reverse("admin:breaches_measure_add"))
    _fits(desk)
    desk.picture("breach-30-measure-form")
    desk.open(reverse("admin:breaches_breach_add"))
    desk.picture("breach-31-choose")
    assert not page.is_visible(f"text={commitment.code}")  # found broken by its last report already
