"""The pages of evidence: who gets a file, what is noted of it, and how it is served."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from audit.models import Event
from casework.admin.evidence_form import EvidenceForm
from casework.models import Evidence
from casework.selectors.evidence import evidence_of
from casework.services import evidence

from . import samples
from .conftest import NOW

pytestmark = pytest.mark.django_db


def as_user(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(page: str, piece: Evidence) -> str:
    return reverse(f"admin:casework_evidence_{page}", args=[piece.pk])


def content(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def text(response) -> str:
    return response.content.decode()


# --- how it is served -----------------------------------------------------------------------------------------


def test_a_file_is_handed_out_under_its_clean_name_and_sealed_off(add, city):
    given = samples.pdf()
    piece = add(given, name="异议申请书.PDF")
    response = as_user(city.officer).get(url("file", piece))
    assert content(response) == given
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f"attachment; filename*=utf-8''{quote('异议申请书.pdf')}"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert "unsafe-eval" not in response["Content-Security-Policy"]
    assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))
    assert response["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("sample", "kind"),
    [("png", "image/png"), ("jpeg", "image/jpeg"), ("bmp", "image/bmp"), ("pdf", "application/pdf")],
)
def test_pictures_and_pdf_are_shown_in_place(add, city, sample, kind):
    piece = add(samples.TAKEN[sample])
    response = as_user(city.officer).get(url("preview", piece))
    assert content(response) == samples.TAKEN[sample]
    assert response["Content-Type"] == kind
    assert response["Content-Disposition"].startswith("inline")
    assert response["Content-Security-Policy"].startswith("sandbox")


@pytest.mark.parametrize("sample", ["text", "text of gb18030", "text with mark"])
def test_text_is_shown_in_utf8_whatever_it_was_written_in(add, city, sample):
    piece = add(samples.TAKEN[sample], name="说明.txt")
    response = as_user(city.officer).get(url("preview", piece))
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert "示例" in text(response)
    assert response["Content-Security-Policy"].startswith("sandbox")


@pytest.mark.parametrize("sample", ["docx", "xls", "ofd", "tiff", "mp3", "mp4"])
def test_what_a_browser_cannot_show_safely_is_offered_to_save(add, city, sample):
    piece = add(samples.TAKEN[sample])
    client = as_user(city.officer)
    response = client.get(url("preview", piece))
    assert response.status_code == 415
    assert "请下载后查看" in text(response)
    assert not Event.objects.filter(verb="evidence.read").exists()
    assert content(client.get(url("file", piece))) == samples.TAKEN[sample]


def test_a_pdf_that_acts_by_itself_is_not_shown(add, city):
    piece = add(samples.pdf(b"/OpenAction << /S /JavaScript /JS (x) >> "))
    client = as_user(city.officer)
    assert client.get(url("preview", piece)).status_code == 415
    assert "会自动运行的动作" in text(client.get(url("change", piece)))


@pytest.mark.parametrize("page", ["file", "preview"])
def test_whoever_reads_is_noted_each_time(add, city, page):
    piece = add()
    client = as_user(city.supervisor)
    for _ in range(2):
        content(client.get(url(page, piece)))
    events = Event.objects.filter(verb="evidence.read")
    assert events.count() == 2
    event = events[0]
    assert (event.actor, event.target_id, event.data["way"]) == (city.supervisor, str(piece.pk), page)


@pytest.mark.parametrize("page", ["file", "preview"])
def test_a_damaged_file_is_told_and_not_served(add, city, page):
    piece = add()
    path = Path(piece.file.path)
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    response = as_user(city.officer).get(url(page, piece))
    assert response.status_code == 409
    assert "与收到时不一致" in text(response)
    assert not Event.objects.filter(verb="evidence.read").exists()
    assert Event.objects.get(verb="evidence.broken").result == "refused"


@pytest.mark.parametrize("page", ["file", "preview", "change"])
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_nothing_is_written_at_these_addresses(add, city, page, method):
    piece = add()
    assert getattr(as_user(city.officer), method)(url(page, piece)).status_code == 405


# --- who --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["file", "preview", "change", "history"])
@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("officer", 200), ("approver", 200), ("supervisor", 200), ("clerk", 200), ("reviewer", 200),
        ("stranger", 404), ("strange_reviewer", 404), ("auditor", 404), ("sysadmin", 404), ("secadmin", 404),
    ],
)  # fmt: skip
def test_a_piece_is_for_its_case_and_its_window_and_for_no_stranger(add, city, page, who, status):
    piece = add(actor=city.clerk, provided_by="applicant")
    assert as_user(getattr(city, who)).get(url(page, piece)).status_code == status
    if status == 404:
        assert not Event.objects.filter(verb="evidence.read").exists()


@pytest.mark.parametrize("page", ["file", "preview"])
def test_without_signing_in_there_is_nothing(add, client, page):
    response = client.get(url(page, add()))
    assert response.status_code == 302
    assert "login" in response["Location"]


@pytest.mark.parametrize("page", ["file", "preview"])
def test_a_department_reads_what_travelled_to_it_until_it_is_crossed_out(add, asked, city, page):
    piece = add(provided_by="applicant", point_number=1)
    client = as_user(city.stranger)
    assert client.get(url(page, piece)).status_code == 404
    evidence.share([piece], city.sthj, actor=city.officer)
    assert client.get(url(page, piece)).status_code == 200
    evidence.remove(piece, actor=city.officer, reason="另案材料")
    assert client.get(url(page, piece)).status_code == 403
    assert as_user(city.officer).get(url(page, piece)).status_code == 200


def test_no_address_of_the_files_folder_exists(add, city, settings):
    piece = add()
    for address in (
        f"/{piece.file.name}",
        f"/media/{piece.file.name}",
        f"/static/{piece.file.name}",
        piece.file.url,
    ):
        response = as_user(city.officer).get(address if address.startswith("/") else f"/{address}")
        assert response.status_code == 404


# --- pages ------------------------------------------------------------------------------------------------------


def test_the_list_on_a_case_shows_each_piece_and_crosses_out_what_was(
    add, case, asked, city, django_assert_num_queries
):
    shown = add(samples.png(), title="门头照片", provided_by="applicant", point_number=2)
    gone = add(samples.docx(), title="另案材料", department=city.sthj)
    evidence.remove(gone, actor=city.officer, reason="属于另案")
    city.officer.__dict__.pop("holdings", None)
    with django_assert_num_queries(3):
        pieces = evidence_of(case, user=city.officer)
    with django_assert_num_queries(0):
        page = render_to_string("casework/evidence_list.html", {"evidences": pieces})
    assert page.count("<tr") == 3
    for expected in (
        "门头照片",
        "当事人",
        "第2点",
        shown.sha256[:8],
        "生态环境",
        "属于另案",
        "KB",
    ):
        assert expected in page
    assert page.index("<s>") < page.index("另案材料") < page.index("</s>")
    assert url("preview", shown) in page
    assert url("preview", gone) not in page
    assert url("file", gone) in page


def test_the_list_for_a_department_has_its_pieces_alone(add, case, asked, city):
    add(title="不给看的", provided_by="applicant")
    own = add(actor=city.stranger, title="核查笔录", request=asked)
    gone = add(title="收回的")
    evidence.share([gone], city.sthj, actor=city.officer)
    evidence.remove(gone, actor=city.officer, reason="收回")
    page = render_to_string(
        "casework/evidence_list.html", {"evidences": evidence_of(case, user=city.stranger)}
    )
    assert "核查笔录" in page
    assert "不给看的" not in page
    assert "不再提供" in page
    assert url("file", own) in page
    assert url("file", gone) not in page
    assert evidence_of(case, user=city.auditor) == []
    assert "还没有材料" in render_to_string("casework/evidence_list.html", {"evidences": []})


def test_titles_are_text_and_nothing_else(add, case, city):
    add(title="<b onclick=x>示例</b>", name="<img src=x>.pdf")
    page = render_to_string(
        "casework/evidence_list.html", {"evidences": evidence_of(case, user=city.officer)}
    )
    assert "<b onclick" not in page
    assert "&lt;b onclick" in page


def test_the_page_of_a_piece_tells_all_and_offers_its_steps(add, asked, city):
    piece = add(title="处罚决定书", provided_by="applicant")
    evidence.share([piece], city.sthj, actor=city.officer)
    page = text(as_user(city.officer).get(url("change", piece)))
    for expected in (
        "处罚决定书",
        piece.sha256,
        "已移送",
        "银川市生态环境局",
        "划除",
        "移送单位",
        "修改历史",
    ):
        assert expected in page
    assert piece.file.name not in page
    page = text(as_user(city.stranger).get(url("change", piece)))
    assert "移送单位" not in page
    assert "已移送" not in page
    history = text(as_user(city.officer).get(url("history", piece)))
    assert "处罚决定书" in history
    assert piece.file.name not in history


def test_crossing_out_and_handing_on_through_the_page(add, asked, city):
    piece = add(title="处罚决定书")
    client = as_user(city.officer)
    verb = lambda name: reverse("admin:casework_evidence_verb", args=[piece.pk, name])  # noqa: E731
    assert client.get(verb("remove")).status_code == 302
    response = client.post(verb("share"), {"department": city.sthj.pk})
    assert [str(one) for one in get_messages(response.wsgi_request)][-1] == (
        "已移送银川市生态环境局：1号材料 处罚决定书"
    )
    assert client.post(verb("remove"), {"reason": ""}).status_code == 422
    client.post(verb("remove"), {"reason": "另案材料"})
    piece.refresh_from_db()
    assert piece.is_removed
    page = text(client.get(url("change", piece)))
    assert "理由：另案材料" in page
    assert 'data-dialog="verb-remove"' not in page


def test_the_list_of_all_evidence_is_scoped_and_finds_by_title_and_case(add, case, city):
    add(title="门头照片", actor=city.clerk)
    address = reverse("admin:casework_evidence_changelist")
    for term in ("门头照片", case.number):
        assert "门头照片" in text(as_user(city.officer).get(address, {"q": term}))
    assert "门头照片" in text(as_user(city.clerk).get(address))
    assert as_user(city.stranger).get(address).status_code in (200, 403)
    assert "门头照片" not in text(as_user(city.stranger).get(address))


# --- the form -----------------------------------------------------------------------------------------------------


def test_the_form_asks_each_what_concerns_them(city):
    assert list(EvidenceForm(office=True, points=2).fields) == [
        "kind", "file", "title", "point_number", "provided_by",
    ]  # fmt: skip
    assert list(EvidenceForm().fields) == ["kind", "file", "title"]
    window = EvidenceForm(window=True)
    assert [value for value, _ in window.fields["provided_by"].choices] == ["applicant", "department"]
    page = render_to_string("casework/evidence_fields.html", {"form": EvidenceForm(office=True, points=2)})
    for expected in (
        "材料类别",
        "文件",
        "标题",
        "属于第几个异议点",
        "第2点",
        "谁提供的",
        "不超过20MB",
        ".ofd",
    ):
        assert expected in page


def test_what_the_form_gives_is_what_the_service_takes(case, city):
    form = EvidenceForm(
        {"kind": "proof", "title": "", "point_number": "2", "provided_by": "applicant"},
        {"file": SimpleUploadedFile("照片.jpg", samples.jpeg())},
        office=True,
        points=2,
    )
    assert form.is_valid(), form.errors
    piece = evidence.add(case, actor=city.officer, now=NOW, **form.cleaned_data)
    assert (piece.title, piece.point_number, piece.provided_by) == ("照片", 2, "applicant")
    assert not EvidenceForm({"kind": "", "point_number": "9"}, {}, office=True, points=2).is_valid()
