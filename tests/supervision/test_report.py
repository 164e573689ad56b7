"""月报和季报: what they say is what the selectors say as of the period's last day, and stays so; two people, one number, one file."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob
from pypdf import PdfReader

from accounts.holdings import area_of_office
from accounts.policy import NotAllowed, NotVisible
from audit.acts import act
from audit.faults import Refused
from casework.letters.typesetting import fonts_available
from oversight.models import Duty
from oversight.rules.task_rows import TaskRow
from oversight.services import directives, duties, replies
from supervision.models import Report
from supervision.reports.paper import pages_of
from supervision.rules.periods import Period
from supervision.selectors.figures import figures
from supervision.selectors.indicators.registry import Question
from supervision.selectors.report import Scope
from supervision.selectors.report.clocks import section_of as clocks_section
from supervision.selectors.report.tasks import section_of as tasks_section
from supervision.services import reports
from supervision.tasks import draw_up_report

from ..oversight.given import answer

LIST = "admin:supervision_report_changelist"
needs_fonts = pytest.mark.skipif(not fonts_available(), reason="no Chinese font on this machine")


@pytest.fixture
def drawn_up(counted, on):
    """The report of a month or quarter of 2026, drawn up by the officer on a day."""

    def run(kind="month", month=5, when=(6, 10), as_of=None):
        with on(*when):
            known = date(2026, *as_of) if as_of else None
            return reports.draw_up(
                counted.office, kind, date(2026, month, 15), as_of=known, actor=counted.officer
            )

    return run


@pytest.fixture
def signed(counted, on, drawn_up, django_capture_on_commit_callbacks):
    def run(when=(6, 11), **asked):
        report = drawn_up(**asked)
        with on(*when), django_capture_on_commit_callbacks(execute=True):
            return reports.sign(report, actor=counted.approver)

    return run


def rows(report: Report, caption: str) -> list[list[str]]:
    return next(
        one["rows"] for part in report.content for one in part["blocks"] if one.get("caption") == caption
    )


def indicators(report: Report) -> dict[str, list[str]]:
    return {row[1]: row[2:] for row in rows(report, "指标完成情况")}


def test_the_figures_are_those_of_the_day_whatever_came_after(counted, drawn_up):
    april, may = drawn_up(month=4, as_of=(4, 30)), drawn_up()
    assert (april.as_of, may.as_of) == (date(2026, 4, 30), date(2026, 6, 9))
    # Counted by hand in conftest: withdrawn in May, corrected in May.
    assert indicators(april)["双公示上报率"] == ["2", "3", "66.66%", "不低于100%", "未达标", "持平"]
    assert indicators(april)["双公示合规率"][:3] == ["3", "4", "75%"]
    assert indicators(april)["双公示及时率"][:3] == ["2", "3", "66.66%"]
    assert indicators(may)["双公示上报率"][-1] == "持平"
    assert indicators(may)["双公示合规率"][:3] == ["4", "5", "80%"]
    assert indicators(may)["双公示合规率"][-1] == "升5个百分点"
    reports.drop(april, actor=counted.officer, reason="按六月所知重做。")
    later = drawn_up(month=4)
    assert indicators(later)["双公示及时率"][:3] == ["2", "2", "100%"]
    asked = Question(date(2026, 1, 1), later.as_of, area_of_office(counted.office.pk), date(2026, 4, 30))
    assert [row[1:5] for row in rows(later, "指标完成情况")] == [
        [
            one.indicator.name,
            str(one.computed.numerator.number),
            str(one.computed.denominator.number),
            one.words,
        ]
        for one in figures(asked)
    ]


def test_a_quarter_adds_its_months_up_by_department_with_places(drawn_up):
    quarter = drawn_up("quarter", 4, when=(7, 2))
    assert (quarter.first, quarter.as_of, str(quarter)) == (
        date(2026, 4, 1),
        date(2026, 7, 1),
        "2026年第2季度季报",
    )
    assert rows(quarter, "各单位报送") == [
        ["市场监管", "1", "1", "100%", "1", "1", "100%", "1", "1", "100%", "1", "0"],
        ["生态环境", "0", "0", "—", "—", "2", "100%", "1", "2", "50%", "2", "0"],
    ]
    told = [one["text"] for part in quarter.content for one in part["blocks"] if one["kind"] == "remark"]
    assert "有2条报送没有产生台账，未计入上报率。" in told
    [bars] = [one["chart"] for part in quarter.content for one in part["blocks"] if one["kind"] == "chart"]
    assert [one["values"] for one in bars["series"]] == [["100", None], ["100", "100"], ["100", "50"]]


def test_the_clocks_are_those_of_the_board(region, clocks, on):
    with on(11, 20):
        report = reports.draw_up(region.office, "month", date(2026, 10, 1), actor=region.officer)
    # Counted by hand in sla_world: 2 and 7 working days, the second late; what was open on 31 October was received in no month before.
    assert rows(report, "办理用时(工作日)") == [["异议", "2", "4.5", "2", "7", "7", "4.5", "1", "50%", "1"]]
    [late] = rows(report, "逾期办结")
    assert late[2:4] == ["2026-10-26", "2026-10-28"]
    assert rows(report, "收到和在办(件)")[0] == ["异议", "2", "0", "0"]
    [objections] = [
        one["chart"] for part in report.content for one in part["blocks"]
        if one["kind"] == "chart" and one["chart"]["title"].startswith("异议办理用时")
    ]  # fmt: skip
    assert [one["values"][-1] for one in objections["series"]] == ["9/2", 7]
    assert {value for one in objections["series"] for value in one["values"][:-1]} == {None}


def test_open_late_cases_are_told_row_by_row_up_to_a_bound_and_in_the_area_alone(
    region, clocks, on, monkeypatch, system
):
    """On 24 November by hand: l1 due on the 19th, t1 on the 20th, s1 on the 23rd; a reason noted the day after is not known yet."""
    with on(11, 25), act("test.reason", actor=system):
        late = clocks["l1"]
        late.breach_reason = "来源单位迟延，电话13900000000。"
        late.save(update_fields=["breach_reason"])

    def told(day, office=region.office, officer=region.officer):
        with on(11, 26):
            scope = Scope(office, Period("month", date(2026, 11, 1)), date(2026, 11, day), officer)
            blocks = clocks_section(scope)["blocks"]
        rows = next((one["rows"] for one in blocks if one.get("caption") == "期末在办的逾期案件"), [])
        return rows, [one["text"] for one in blocks if one["kind"] == "remark" and "时限看板" in one["text"]]

    number = {name: case.number for name, case in clocks.items()}
    office = region.office.short_name or region.office.name
    assert told(24) == (
        [
            [number["l1"], "异议", office, "已受理", "2026-11-19", "3", "—"],
            [number["t1"], "信用修复", office, "已收件", "2026-11-20", "2", "—"],
            [number["s1"], "异议", office, "协查中", "2026-11-23", "1", "—"],
        ],
        [],
    )
    assert told(18) == ([], [])
    live, _ = told(26)
    assert [row[0] for row in live] == [number[name] for name in ("l1", "t1", "s1", "o1", "x1")]
    assert live[0][-1] == "来源单位迟延，电话139****0000。"
    monkeypatch.setattr("supervision.selectors.report.clocks._MOST", 2)
    rows, rest = told(26)
    assert ([row[0] for row in rows], rest) == ([number["l1"], number["t1"]], ["其余3件见时限看板。"])
    officer = region.people["officer", "xixia"]
    assert [row[0] for row in told(26, officer.department, officer)[0]] == [number["x1"]]


@pytest.fixture
def supervised(city, on):
    """March by hand. Tasks: 市场监管 a in time, b never; 生态环境 a late on 4-02 (due 3-31), c cancelled; d is due in April.

    Letters: the prompt of 3-02 to both (due 3-09), answered by 市场监管 and accepted; 生态环境 silent, warned on 3-12.
    """

    def give(number: str, due: date, *bodies) -> list[Duty]:
        row = TaskRow(
            number=number, title="示例任务", content="示例。", lead=city.scjg.pk, responsible=tuple(one.pk for one in bodies),
            period="once", first_due=due, until=None,
        )  # fmt: skip
        return list(duties.enter(row, actor=city.officer, office=city.office).duties.order_by("pk"))

    def sign(letter):
        return directives.sign(directives.submit(letter, actor=city.officer), actor=city.approver)

    said = {"facts": "示例。", "demands": "示例。"}
    with on(3, 2):
        own = {one.department_id: one for one in give("2026-a", date(2026, 3, 31), city.scjg, city.sthj)}
        give("2026-b", date(2026, 3, 20), city.scjg)
        [cancelled] = give("2026-c", date(2026, 3, 25), city.sthj)
        give("2026-d", date(2026, 4, 15), city.scjg)
        prompt = sign(directives.draft(
            actor=city.officer, office=city.office, matter="示例事项", grade="prompt", bodies=[city.scjg, city.sthj], **said
        ))  # fmt: skip
    with on(3, 5):
        part = prompt.addressees.get(department=city.scjg)
        answer(part, city.clerk, city.reviewer)
        replies.accept(part, actor=city.officer)
    with on(3, 12):
        sign(directives.escalate(prompt, actor=city.officer, bodies=[city.sthj], **said))
    with on(3, 26):
        duties.cancel(cancelled, actor=city.officer, reason="不再需要。")
    with on(3, 30):
        duties.report(own[city.scjg.pk], actor=city.clerk, text="已办。")
    with on(4, 2):
        duties.report(own[city.sthj.pk], actor=city.stranger, text="已办。")


@pytest.mark.parametrize(
    ("known", "tasks", "letters"),
    [
        ((2026, 4, 9), [["市场监管", "2", "1", "0", "1", "0"], ["生态环境", "1", "0", "1", "0", "0"]], "1"),
        ((2026, 4, 1), [["市场监管", "2", "1", "0", "1", "0"], ["生态环境", "1", "0", "0", "1", "0"]], "1"),
        ((2026, 3, 31), [["市场监管", "2", "1", "0", "1", "0"], ["生态环境", "1", "0", "0", "0", "1"]], "1"),
        ((2026, 3, 14), [["市场监管", "2", "0", "0", "0", "2"], ["生态环境", "2", "0", "0", "0", "2"]], "0"),
    ],
    ids=str,
)
def test_tasks_and_letters_are_counted_as_known_on_the_day(city, supervised, known, tasks, letters):
    scope = Scope(city.office, Period("month", date(2026, 3, 1)), date(*known), city.officer)
    told, sent = (block["rows"] for block in tasks_section(scope)["blocks"])
    assert sorted(told) == tasks
    assert sent == [["工作提示单", "1", "2", "1", "1", "0"], ["督办单", "1", "1", "0", "0", letters]]


def test_what_was_signed_stays_and_a_newer_one_names_it(counted, on, signed, drawn_up):
    old = signed()
    paper = old.paper
    assert re.fullmatch(r"银川市社会信用体系建设领导小组办公室月报〔2026〕1号", old.number)
    newer = drawn_up(when=(6, 20))
    assert (newer.version, newer.replaces_id) == (2, old.report_id)
    assert reports.paper_of(newer).replaces == old.number
    with on(6, 21):
        second = reports.sign(newer, actor=counted.approver)
    assert second.number.endswith("〔2026〕2号")
    old.refresh_from_db()
    assert old.paper == paper
    for change in (
        "UPDATE supervision_issuedreport SET paper = '{}'",
        "DELETE FROM supervision_issuedreport",
    ):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change)


def test_two_people_make_a_report(counted, on, drawn_up):
    report = drawn_up()
    with pytest.raises(Refused) as refused:
        drawn_up()
    assert refused.value.code == "report.draft_exists"
    for who in ("officer", "supervisor", "clerk", "upper", "auditor"):
        with pytest.raises((NotAllowed, NotVisible)):
            reports.sign(report, actor=getattr(counted, who))
    with on(6, 11):
        report = reports.write(report, actor=counted.officer, told="本月平稳。\n身份证110101199003077571。")
        assert report.told.startswith("本月平稳。\n")
        assert "19900307" not in report.told
        # Officer and approver are never one person at a time; over the years one may become the other.
        with act("test.moved", actor=counted.system):
            report.edited_by = counted.approver
            report.save(update_fields=["edited_by"])
        with pytest.raises(Refused) as refused:
            reports.sign(report, actor=counted.approver)
        assert refused.value.code == "four_eyes"
        report = reports.write(report, actor=counted.officer, told="本月平稳，逾期为零。")
        issued = reports.sign(report, actor=counted.approver)
    assert issued.paper["told"] == "本月平稳，逾期为零。"
    for step in (
        lambda: reports.sign(report, actor=counted.approver),
        lambda: reports.write(report, actor=counted.officer, told="改"),
        lambda: reports.drop(report, actor=counted.officer, reason="改"),
    ):
        with pytest.raises(Refused) as refused:
            step()
        assert refused.value.code == "report.state"


@pytest.mark.parametrize(
    ("kind", "month", "code"), [("month", 7, "report.ahead"), ("week", 5, "report.unknown_kind")]
)
def test_what_cannot_be_drawn_up_is_refused(drawn_up, kind, month, code):
    with pytest.raises(Refused) as refused:
        drawn_up(kind, month)
    assert refused.value.code == code


@pytest.mark.parametrize("day", [(5, 30), (6, 10), (7, 1)])
def test_what_is_known_is_a_whole_day_after_the_period(drawn_up, day):
    with pytest.raises(Refused) as refused:
        drawn_up(as_of=day)
    assert refused.value.code == "report.as_of"


def test_a_period_that_is_not_over_is_drawn_up_but_not_signed(counted, drawn_up):
    report = drawn_up(month=6)
    assert report.as_of == date(2026, 6, 10)
    with pytest.raises(Refused) as refused:
        reports.sign(report, actor=counted.approver)
    assert refused.value.code == "report.unfinished"
    assert reports.drop(report, actor=counted.officer, reason="期末重做。").state == "dropped"


@needs_fonts
def test_the_pdf_says_what_the_paper_says_and_is_kept_as_it_was(signed):
    issued = signed()
    report = Report.objects.get(pk=issued.report_id)
    pdf = reports.pdf(report)
    reader = PdfReader(io.BytesIO(pdf))
    text = re.sub(r"\s", "", "".join(page.extract_text() for page in reader.pages))
    for wanted in (
        "2026年5月公共信用工作月报",
        issued.number,
        "双公示合规率",
        "升5个百分点",
        "签发：钱示例",
        "拟稿：赵示例",
    ):
        assert re.sub(r"\s", "", wanted) in text, wanted
    assert issued.file.storage.exists(issued.file.name)
    issued.file.storage.delete(issued.file.name)
    assert reports.pdf(report) == pdf  # drawn again from what was signed
    issued.file.storage.save(issued.file.name, ContentFile(b"%PDF-1.7 other"))
    with pytest.raises(Refused) as refused:
        reports.pdf(report)
    assert refused.value.code == "report.file_changed"


@needs_fonts
def test_a_stored_script_in_a_departments_name_stays_text(counted, drawn_up, signed_in, monkeypatch):
    name = "<script>alert(1)</script>\"'&局"
    monkeypatch.setattr("supervision.selectors.report.scope.Scope.name", lambda scope, body: name)
    report = drawn_up()
    page = (
        signed_in("officer")
        .get(reverse("admin:supervision_report_change", args=[report.pk]))
        .content.decode()
    )
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert pages_of(reports.paper_of(report), ppi=10)


def test_the_worker_draws_up_what_was_asked_for_once(counted, signed_in):
    client = signed_in("officer")
    asked = {"kind": "month", "month": "2026-05", "office": counted.office.pk, "as_of": "2026-06-09"}
    page = client.post(reverse("admin:supervision_report_new"), asked, follow=True).content.decode()
    assert "2026年5月月报：排队等待生成" in page
    assert 'http-equiv="refresh"' in page
    again = client.post(reverse("admin:supervision_report_new"), asked)
    assert again.status_code == 422
    assert "正在生成" in again.content.decode()
    job = ProcrastinateJob.objects.get(task_name=reports.TASK)
    with CaptureQueriesContext(connection) as seen:
        draw_up_report(**job.args)
    # It takes seconds: whoever registers a case of the office meanwhile, whose row names the office, does not wait.
    assert [
        one["sql"]
        for one in seen
        if "FOR NO KEY UPDATE" in one["sql"] and "accounts_department" in one["sql"]
    ]
    assert not [
        one["sql"] for one in seen if "FOR UPDATE" in one["sql"] and "accounts_department" in one["sql"]
    ]
    report = Report.objects.get()
    assert (report.as_of, report.drafted_by) == (date(2026, 6, 9), counted.officer)
    draw_up_report(**job.args)
    assert Report.objects.count() == 1


def test_who_reads_reports(counted, signed, signed_in):
    report = signed().report_id
    change = reverse("admin:supervision_report_change", args=[report])
    for who in ("officer", "approver", "supervisor"):
        client = signed_in(who)
        assert client.get(reverse(LIST)).status_code == 200
        for page in ("change", "print", "pdf"):
            answer = client.get(reverse(f"admin:supervision_report_{page}", args=[report]))
            assert answer.status_code in (200, 302), (who, page)
    for who in ("clerk", "reviewer", "stranger", "upper", "auditor", "sysadmin", "secadmin"):
        client = signed_in(who)
        assert client.get(change).status_code in (403, 404), who
        assert client.get(reverse("admin:supervision_report_pdf", args=[report])).status_code in (403, 404), (
            who
        )


def test_wrong_input_keeps_what_was_typed(counted, drawn_up, signed_in, on):
    client = signed_in("officer")
    new = reverse("admin:supervision_report_new")
    page = client.post(new, {"kind": "quarter", "month": "2099-04", "office": counted.office.pk})
    assert page.status_code == 422
    assert "2099年第2季度还没有开始" in page.content.decode()
    assert 'value="2099-04"' in page.content.decode()
    report = drawn_up()
    long = "长" * 5001
    page = client.post(reverse("admin:supervision_report_write", args=[report.pk]), {"told": long})
    assert page.status_code == 422
    assert long in page.content.decode()
    client.post(reverse("admin:supervision_report_write", args=[report.pk]), {"told": "一切正常。"})
    assert Report.objects.get(pk=report.pk).told == "一切正常。"


def test_a_report_page_asks_few_questions(counted, drawn_up, signed_in, django_assert_max_num_queries):
    report = drawn_up()
    client = signed_in("officer")
    client.get(reverse(LIST))
    with django_assert_max_num_queries(12):
        assert client.get(reverse("admin:supervision_report_change", args=[report.pk])).status_code == 200
