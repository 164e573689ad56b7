"""The pages of letters: who sees what, print view without fonts, PDF as a download, nothing by GET."""

from __future__ import annotations

from datetime import date
from urllib.parse import unquote

import pytest
from django.urls import reverse

from audit.acts import act
from audit.clock import now
from audit.models import Event
from casework.letters import typesetting
from casework.models import Letter

from ...conftest import PASSWORD
from .sheets import text_of
from .test_typesetting import _NoFonts

pytestmark = pytest.mark.django_db
PAGES = ("change", "print", "pdf", "receipt", "receipt_pdf", "history")
OFFICE = ("officer", "approver", "supervisor")


def address(page: str, letter: Letter) -> str:
    return reverse(f"admin:casework_letter_{page}", args=[letter.pk])


@pytest.fixture
def kept(write, city, django_capture_on_commit_callbacks):
    """A letter to the applicant and one to a department, with their files."""
    with django_capture_on_commit_callbacks(execute=True):
        own = write(now=now())
        asked = write(
            Letter.Kind.VERIFICATION,
            values={"points": "罚款金额。", "reply_due": "2026-11-24"},
            addressee=city.scjg.name,
            addressee_department=city.scjg,
            now=now(),
        )
    return own, asked


@pytest.fixture
def enter(client, city):
    def enter(who: str):
        assert client.login(username=getattr(city, who).username, password=PASSWORD)
        return client

    return enter


@pytest.fixture
def no_fonts(monkeypatch):
    monkeypatch.setattr(typesetting, "_found", None)
    monkeypatch.setattr(typesetting.typst, "Fonts", _NoFonts)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("who", "own", "asked"),
    [
        *[(who, 200, 200) for who in OFFICE],
        ("clerk", 404, 200),
        ("reviewer", 404, 200),
        ("stranger", 404, 404),
        ("strange_reviewer", 404, 404),
        ("auditor", 404, 404),
        ("sysadmin", 404, 404),
    ],
)
def test_the_office_sees_all_letters_a_department_its_own_and_others_none(kept, enter, page, who, own, asked):
    client = enter(who)
    assert [client.get(address(page, letter)).status_code for letter in kept] == [own, asked]


def test_the_list_shows_what_each_may_see(kept, enter, city):
    own, asked = kept
    page = enter("officer").get(reverse("admin:casework_letter_changelist")).content.decode()
    assert own.number in page
    assert asked.number in page
    page = enter("clerk").get(reverse("admin:casework_letter_changelist")).content.decode()
    assert own.number not in page
    assert asked.number in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("delivered=no", 2),
        ("delivered=yes", 0),
        ("kind__exact=acceptance", 1),
        ("q=银信异协", 1),
        ("q=不存在", 0),
    ],
)
def test_the_list_is_filtered_and_searched(kept, enter, query, found):
    page = enter("officer").get(f"{reverse('admin:casework_letter_changelist')}?{query}")
    assert page.status_code == 200
    assert len(page.context["cl"].result_list) == found


def test_the_page_shows_the_paper_and_its_ways_out(kept, enter):
    page = enter("officer").get(address("change", kept[0])).content.decode()
    for text in (
        kept[0].number,
        "信用信息异议受理通知书",
        "（加盖印章处）",
        "下载PDF",
        "打印",
        "送达回证",
        "登记送达",
    ):
        assert text in page
    assert "生成PDF" not in page


def test_the_pdf_is_a_download_and_the_journal_keeps_it(kept, enter, city):
    answer = enter("clerk").get(address("pdf", kept[1]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("attachment")
    assert f"{kept[1].number}_{kept[1].title}.pdf" in unquote(answer["Content-Disposition"])
    assert kept[1].number in text_of(answer.content)
    event = Event.objects.get(verb="letter.download")
    assert (event.actor, event.target_id) == (city.clerk, str(kept[1].pk))


def test_a_changed_file_is_not_handed_out(kept, enter):
    with open(kept[0].file.path, "ab") as stored:
        stored.write(b"x")
    answer = enter("officer").get(address("pdf", kept[0]), follow=True)
    assert answer.redirect_chain[-1][0] == address("change", kept[0])
    assert "与出文时的指纹不符" in answer.content.decode()
    assert not Event.objects.filter(verb="letter.download").exists()


def test_without_fonts_the_print_view_works_and_the_button_says_what_to_install(kept, enter, no_fonts):
    letter = kept[0]
    letter.file.storage.delete(letter.file.name)
    client = enter("officer")
    for page in ("print", "receipt"):
        text = client.get(address(page, letter)).content.decode()
        assert letter.title in text
        assert "apt install fonts-noto-cjk" in text
    text = client.get(address("change", letter)).content.decode()
    assert "apt install fonts-noto-cjk" in text
    assert "生成PDF" in text
    assert client.get(address("pdf", letter)).status_code == 404
    answer = client.get(address("receipt_pdf", letter), follow=True)
    assert "apt install fonts-noto-cjk" in answer.content.decode()


def test_a_missing_pdf_is_made_by_the_button_and_by_nothing_else(kept, enter):
    letter = kept[0]
    letter.file.storage.delete(letter.file.name)
    client = enter("officer")
    step = reverse("admin:casework_letter_verb", args=[letter.pk, "render"])
    for page in (address("change", letter), address("print", letter), step):
        client.get(page)
    assert not Letter.objects.get(pk=letter.pk).has_pdf
    assert client.post(step).status_code == 302
    assert Letter.objects.get(pk=letter.pk).has_pdf


def test_a_delivery_is_written_down_on_the_page(kept, enter):
    letter = kept[0]
    client = enter("officer")
    step = reverse("admin:casework_letter_verb", args=[letter.pk, "record_delivery"])
    answers = {
        "method": "direct",
        "delivered_on": letter.issued_on.isoformat(),
        "received_by": "马示例",
        "note": "",
    }
    client.get(step, answers)
    assert Letter.objects.get(pk=letter.pk).delivered_on is None
    page = client.post(step, answers, follow=True).content.decode()
    assert Letter.objects.get(pk=letter.pk).delivered_on == letter.issued_on
    assert "马示例签收" in page
    page = client.post(step, answers, follow=True).content.decode()
    assert "不能重复登记" in page


@pytest.mark.parametrize(("who", "status"), [("approver", 403), ("clerk", 404), ("stranger", 404)])
def test_others_do_not_write_deliveries_down(kept, enter, who, status):
    step = reverse("admin:casework_letter_verb", args=[kept[0].pk, "record_delivery"])
    answers = {"method": "direct", "delivered_on": date(2026, 11, 17).isoformat(), "received_by": "马示例"}
    assert enter(who).post(step, answers).status_code == status
    assert Letter.objects.get(pk=kept[0].pk).delivered_on is None


def test_letters_are_neither_added_nor_changed_by_forms(kept, enter):
    client = enter("officer")
    assert client.get(reverse("admin:casework_letter_add")).status_code == 403
    assert client.post(address("change", kept[0]), {"title": "x"}).status_code == 405
    for page in ("print", "pdf", "receipt", "receipt_pdf"):
        assert client.post(address(page, kept[0])).status_code == 405


def test_what_was_typed_is_text_on_the_print_view(write, enter):
    letter = write(addressee="<script>alert(1)</script>", now=now())
    page = enter("officer").get(address("print", letter)).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_persons_name_is_masked_in_the_list_only(write, case, enter):
    with act("test.person", actor=case.entered_by):
        case.subject.kind = "natural_person"
        case.subject.save(update_fields=["kind"])
    letter = write(addressee="示例人丙", now=now())
    client = enter("officer")
    assert "示例人丙" not in client.get(reverse("admin:casework_letter_changelist")).content.decode()
    assert "示例人丙" in client.get(address("change", letter)).content.decode()


@pytest.mark.parametrize(
    ("who", "status"), [("officer", 200), ("supervisor", 200), ("clerk", 404), ("auditor", 404)]
)
def test_templates_are_read_by_the_office(write, enter, who, status):
    template = write().template
    answer = enter(who).get(reverse("admin:casework_lettertemplate_change", args=[template.pk]))
    assert answer.status_code == status
    if status == 200:
        text = answer.content.decode()
        assert "【案件编号】" in text
        assert "{case_number}" not in text
