"""The pages of the room: what each person finds on them, and that a stranger finds nothing."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from casework.letters.typesetting import fonts_available
from oversight.models import Addressee, Attachment, Directive, Duty, Task
from oversight.services import attachments, duties, proposals, replies

from .conftest import task_row
from .given import answer

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF\n"


def url(name, *args):
    return reverse(f"admin:oversight_{name}", args=args)


def hidden(page, name) -> str:
    """What a hidden field of the page's forms holds."""
    return re.search(rf'name="{name}" value="(\w+)"', page.content.decode())[1]


def test_a_task_goes_its_way_over_the_pages(city, on, signed_in):
    with on(3, 2):
        office, body = signed_in("officer"), signed_in("clerk")
        wrong = office.post(
            url("task_add"),
            {
                "number": "1 1",
                "title": "示例",
                "content": "示例",
                "period": "once",
                "due": "2026-03-31",
                "lead": city.scjg.code,
            },
        )
        assert wrong.status_code == 422
        assert "任务编号只用" in wrong.content.decode()
        given = {"number": "2026-09", "title": "报送台账(示例)", "content": "报送。", "period": "month", "due": "2026-03-31",
                 "until": "2026-05-31", "lead": city.scjg.code, "responsible": [city.scjg.pk, city.sthj.pk], "material": "台账"}  # fmt: skip
        done = office.post(url("task_add"), given)
        task = Task.objects.get()
        assert done.headers["Location"] == url("task_change", task.pk)
        assert "各单位办理情况" in office.get(url("task_change", task.pk)).content.decode()
        duty = Duty.objects.get(department=city.scjg, serial=1)
        assert (
            "报送台账" in body.get(url("duty_changelist"), {"whose": "own", "when": "month"}).content.decode()
        )
        report = url("duty_verb", duty.pk, "report")
        body.post(report, {"text": "已完成"})
        duty.refresh_from_db()
        assert duty.state == "not_started"  # the material is missing
        body.post(report, {"text": "已完成", "file": SimpleUploadedFile("台账.pdf", PDF)})
        duty.refresh_from_db()
        assert duty.state == "reported"
        page = office.get(url("duty_change", duty.pk)).content.decode()
        assert "已完成" in page
        assert "台账.pdf" in page
        office.post(url("duty_verb", duty.pk, "accept"), {"reason": ""})
        duty.refresh_from_db()
    assert duty.state == "done"
    assert Task.objects.get().duties.count() == 6


def test_a_letter_goes_its_way_over_the_pages(city, on, signed_in, django_capture_on_commit_callbacks):
    people = {name: signed_in(name) for name in ("officer", "approver", "clerk", "reviewer")}
    with on(3, 2):
        given = {"grade": "prompt", "matter": "双公示报送(示例)", "bodies": [city.scjg.pk, city.sthj.pk],
                 "facts": "二月份没有报送。\n请核查。", "demands": "请补报。"}  # fmt: skip
        assert people["officer"].post(url("directive_add"), {**given, "bodies": []}).status_code == 422
        people["officer"].post(url("directive_add"), given)
        letter = Directive.objects.get()
        page = people["officer"].get(url("directive_change", letter.pk)).content.decode()
        assert "预览：假定今天签发" in page
        assert "2026年3月9日" in page
        assert people["clerk"].get(url("directive_change", letter.pk)).status_code == 404
        assert people["officer"].get(url("directive_print", letter.pk)).status_code == 404
        seen = hidden(people["officer"].get(url("directive_amend", letter.pk)), "seen")
        worded = {**given, "facts": "三月份也没有报送。", "seen": seen}
        people["officer"].post(url("directive_amend", letter.pk), worded)
        # Whoever saves later, with an older page, is told so; nothing is overwritten, nothing typed is lost.
        late = people["officer"].post(url("directive_amend", letter.pk), {**worded, "facts": "另一种写法。"})
        assert late.status_code == 422
        assert "您打开页面以后别人已经修改" in late.content.decode()
        assert "另一种写法。" in late.content.decode()
        people["officer"].post(url("directive_verb", letter.pk, "submit"))
        read = hidden(people["approver"].get(url("directive_change", letter.pk)), "read")
        people["approver"].post(url("directive_verb", letter.pk, "sign"))
        letter.refresh_from_db()
        assert letter.state == "submitted"  # without the mark of a page nothing is signed
        people["approver"].post(url("directive_verb", letter.pk, "sign"), {"read": read})
    with on(3, 4):
        page = people["clerk"].get(url("directive_change", letter.pk)).content.decode()
        assert "银信提〔2026〕1号" in page
        assert "三月份也没有报送。" in page
        assert "生态环境" not in re.sub(r"<article.*?</article>", "", page, flags=re.S)
        ours = Addressee.objects.get(department=city.scjg)
        assert "为什么是这一天" in people["clerk"].get(url("addressee_change", ours.pk)).content.decode()
        assert "待回复的督办文书" in people["clerk"].get(reverse("admin:index")).content.decode()
        files = {"text": "已补报。", "file": SimpleUploadedFile("佐证.pdf", PDF), "seen": 0, "hand_on": "1"}
        people["clerk"].post(url("addressee_reply", ours.pk), files)
        assert "待审核的督办回复" not in people["officer"].get(reverse("admin:index")).content.decode()
        assert "待确认的督办回复" in people["reviewer"].get(reverse("admin:index")).content.decode()
        page = people["reviewer"].get(url("addressee_change", ours.pk))
        people["reviewer"].post(url("addressee_verb", ours.pk, "confirm"), {"seen": hidden(page, "seen")})
        assert "待审核的督办回复" in people["officer"].get(reverse("admin:index")).content.decode()
        people["officer"].post(url("addressee_verb", ours.pk, "send_back"), {"reason": "附件看不清。"})
    with on(3, 10):
        page = people["officer"].get(url("directive_escalate", letter.pk)).content.decode()
        assert "升级为督办单" in page
        wording = {"bodies": [city.sthj.pk], "facts": "仍未报送。", "demands": "立即补报。"}
        people["officer"].post(url("directive_escalate", letter.pk), wording)
        second = Directive.objects.get(grade="supervise")
        people["officer"].post(url("directive_verb", second.pk, "submit"))
        read = hidden(people["approver"].get(url("directive_change", second.pk)), "read")
        with django_capture_on_commit_callbacks(execute=True):
            people["approver"].post(url("directive_verb", second.pk, "sign"), {"read": read})
        assert second.follows == letter
        chain = people["officer"].get(url("directive_change", second.pk)).content.decode()
        assert "督办过程" in chain
        assert people["clerk"].get(url("directive_change", second.pk)).status_code == 404
        if fonts_available():
            pdf = people["officer"].get(url("directive_pdf", second.pk)).content
            text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).replace("\n", "")
            assert "银信督〔2026〕1号" in text
            assert "（银信提〔2026〕1号，要求于2026年3月9日前回复），银川市生态环境局逾期未回复" in text


def test_a_stranger_finds_neither_task_nor_letter_nor_file(city, on, signed_in, task, issued):
    letter = issued()
    ours, duty = letter.addressees.get(), task.duties.get()
    with on(3, 3):
        kept = attachments.attach(ours, SimpleUploadedFile("佐证.pdf", PDF), actor=city.clerk)
        pages = [
            url("directive_change", letter.pk), url("directive_print", letter.pk),
            url("addressee_change", ours.pk), url("addressee_file", ours.pk, kept.pk), url("task_change", task.pk),
            url("duty_change", duty.pk),
        ]  # fmt: skip
        for name, seen in (("clerk", 200), ("stranger", 404), ("sysadmin", 404), ("auditor", 404)):
            client = signed_in(name)
            answers = {page: client.get(page).status_code for page in pages}
            assert set(answers.values()) == {seen}, name
        # How a letter was drafted and returned is the office's own business.
        history = {
            who: signed_in(who).get(url("directive_history", letter.pk)).status_code
            for who in ("officer", "clerk", "stranger")
        }
        assert history == {"officer": 200, "clerk": 403, "stranger": 404}
        stranger = signed_in("stranger")
        assert "没有任务" in stranger.get(url("duty_changelist")).content.decode()
        for page in (url("addressee_reply", ours.pk), url("duty_verb", duty.pk, "report")):
            assert stranger.post(page, {"text": "x"}).status_code == 404
        assert (
            stranger.post(url("addressee_remove_file", ours.pk, kept.pk), {"reason": "x"}).status_code == 404
        )
        assert (
            signed_in("clerk")
            .post(url("addressee_remove_file", ours.pk, kept.pk), {"reason": "重复"})
            .status_code
            == 302
        )
    assert Attachment.objects.get().removed_reason == "重复"


def test_the_list_is_exported_with_a_watermark_and_no_further_than_the_scope(city, on, signed_in, task):
    with on(3, 3):
        said = signed_in("clerk").post(url("duty_export"), {"format": "csv"}).content.decode("utf-8-sig")
        assert "双公示按月报送(示例)" in said
        assert "导出人：张示例" in said
        assert "双公示" not in signed_in("stranger").post(
            url("duty_export"), {"format": "csv"}
        ).content.decode("utf-8-sig")


def test_lists_ask_the_same_number_of_queries_however_long_they_are(city, on, signed_in, issued, task):
    """As many for one row as for five of each; the numbers are pinned."""

    def asked():
        found = {}
        for name, values in (
            ("directive", {}),
            ("addressee", {"late": "waiting"}),
            ("duty", {}),
            ("proposal", {}),
        ):
            office.get(url(f"{name}_changelist"), values)
            with CaptureQueriesContext(connection) as queries:
                office.get(url(f"{name}_changelist"), values)
            found[name] = len(queries)
        return found

    def fact(number):
        return proposals.Fact("late-case", str(number), city.office, "示例", [city.scjg, city.sthj], "示例。")

    issued()
    proposals.offer(fact(0), actor=city.system)
    with on(3, 3):
        office = signed_in("officer")
        few = asked()
    for number in range(1, 5):
        issued(city.scjg, city.sthj)
        proposals.offer(fact(number), actor=city.system)
    with on(3, 3):
        row = task_row(
            city, number="2026-77", period="month", first_due=date(2026, 3, 5), until=date(2026, 9, 1)
        )
        duties.enter(row, actor=city.officer, office=city.office)
        assert asked() == few
    assert max(few.values()) <= 12


def test_late_is_late_by_the_working_day_clock_and_stays_so(city, on, issued):
    """Issued on Friday the 13th of February 2026 with five working days: spring festival lies between, and the 28th is a make-up day."""
    letter = issued(month=2, day=13)
    ours = letter.addressees.get()
    assert ours.due_on == date(2026, 2, 27)
    with on(2, 27, 23):
        answer(ours, city.clerk, city.reviewer, "一")
        replies.send_back(ours, actor=city.officer, reason="不够。")
    assert not Addressee.objects.late(date(2026, 3, 5)).exists()
    ours.refresh_from_db()
    assert ours.due_on == date(2026, 3, 5)
    assert Addressee.objects.late(date(2026, 3, 6)).exists()
    with on(3, 9):
        answer(ours, city.clerk, city.reviewer, "二")
        replies.accept(ours, actor=city.officer)
    assert Addressee.objects.late(date(2026, 3, 9)).exists()


def test_lists_say_what_comes_next_and_are_printed_with_the_mark_of_who_printed_them(city, signed_in):
    client = signed_in("officer")
    said = {
        "addressee": "督办文书签发后",
        "directive": "由信用办经办人、督查员起草",
        "duty": "点“下达任务”",
        "task": "点“导入任务清单”",
        "proposal": "点“生成建议”",
    }
    for model, next_step in said.items():
        page = client.get(reverse(f"admin:oversight_{model}_changelist")).content.decode()
        for words in (next_step, "data-print", "worktime/print", f"{city.officer.get_full_name()}(officer)"):
            assert words in page, (model, words)
