"""The counter and the follow-up through the pages: registration, the commitment's page, tasks, files, the letter."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.models import Event
from casework.letters.typesetting import fonts_available
from commitments.models import Attachment, Commitment, OwedMaterial, Performance
from commitments.rules.fields import Owed
from commitments.services.amending import amend
from commitments.services.matters import end_matter

from ...casework.evidence.samples import pdf
from ..counter import at
from .conftest import as_user, text_of

pytestmark = pytest.mark.django_db
ADD = "/admin/commitments/commitment/add/"
LIST = "/admin/commitments/commitment/"


def page_of(commitment) -> str:
    return f"{LIST}{commitment.pk}/change/"


def verb(thing, name: str) -> str:
    return f"/admin/commitments/{thing._meta.model_name}/{thing.pk}/verb/{name}/"


def answers(city, **changes):
    return {
        "department": str(city.scjg.pk),
        "kind": "approval",
        "kind_other": "",
        "made_on": "2026-11-16",
        "valid_until": "",
        "disclosure": "public",
        "cause": "食品经营许可",
        "content": "承诺符合条件。",
        "liability": "依法撤销。",
        "remark": "",
        "code": "",
        **changes,
    }


def register(counter, user=None, matter="none", subject=None, **changes):
    url = f"{ADD}?subject={(subject or counter.company).pk}&matter={matter}"
    return as_user(user or counter.city.clerk).post(url, answers(counter.city, **changes))


# --- the counter --------------------------------------------------------------------------------------------


def test_the_way_leads_over_subject_and_matter_to_the_filled_in_form(counter):
    clerk = as_user(counter.city.clerk)
    found = text_of(clerk.get(f"{ADD}?q=示例1号"))
    assert f"subject={counter.company.pk}" in found
    matters = text_of(clerk.get(f"{ADD}?subject={counter.company.pk}"))
    assert counter.matter.name in matters
    form = text_of(clerk.get(f"{ADD}?subject={counter.company.pk}&matter={counter.matter.pk}"))
    assert "银川示例1号有限公司承诺符合条件。" in form
    assert "依法撤销。" in form
    assert "2026-11-17" in form


def test_a_matter_that_has_ended_or_is_anothers_is_not_offered(counter):
    url = f"{ADD}?subject={counter.company.pk}"
    stranger = as_user(counter.city.stranger)
    assert counter.matter.name not in text_of(stranger.get(url))
    assert stranger.get(f"{url}&matter={counter.matter.pk}").status_code == 404
    end_matter(counter.matter, actor=counter.city.reviewer, reason="停用。")
    assert as_user(counter.city.clerk).get(f"{url}&matter={counter.matter.pk}").status_code == 404


def test_the_form_registers_with_its_scan_and_leads_to_the_commitment(counter):
    scan = SimpleUploadedFile("承诺书.pdf", pdf())
    response = register(counter, matter=str(counter.matter.pk), signed=scan)
    commitment = Commitment.objects.get()
    assert response.url == page_of(commitment)
    assert commitment.code == "64010020261116000001"
    assert commitment.attachments.get().kind == Attachment.Kind.SIGNED
    assert commitment.template is not None


def test_a_form_with_an_unusable_scan_registers_nothing(counter):
    response = register(counter, signed=SimpleUploadedFile("承诺书.exe", b"MZ" + b"\0" * 600))
    assert response.status_code == 422
    assert "没有登记" in text_of(response)
    assert not Commitment.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"content": ""}, "请填写承诺内容。"),
        ({"kind": "missing"}, "必须列明容缺的材料"),
        ({"kind": "other"}, "请写明具体类型"),
        ({"made_on": "2026-11-18"}, "晚于今天"),
        ({"owed_name_1": "验资报告"}, "请填写补交期限。"),
        ({"code": "123"}, "承诺编码应为20位数字"),
        ({"department": "999999"}, "请选择本单位。"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_filled_in_stays(counter, changes, said):
    response = register(counter, **{"cause": "很特别的事由", **changes})
    text = text_of(response)
    assert response.status_code == 422
    assert said in text
    assert "很特别的事由" in text
    assert not Commitment.objects.exists()


def test_owed_material_is_registered_from_its_rows(counter):
    register(counter, kind="missing", owed_name_2="验资报告", owed_days_2="5")
    assert OwedMaterial.objects.get().name == "验资报告"


@pytest.mark.parametrize("person", ["reviewer", "supervisor", "auditor", "approver"])
def test_the_counter_is_closed_to_those_who_take_nothing_in(counter, person):
    user = getattr(counter.city, person)
    assert as_user(user).get(ADD).status_code == 403
    assert register(counter, user).status_code == 403


def test_a_person_who_is_nobodys_business_is_not_found(counter):
    assert register(counter, subject=counter.person).status_code == 404
    found = text_of(as_user(counter.city.clerk).get(f"{ADD}?q=示例人丙"))
    assert "没有找到“示例人丙”" in found
    assert f"subject={counter.person.pk}" not in found


# --- the commitment's page -----------------------------------------------------------------------------------


def test_the_page_shows_what_hangs_on_it_to_those_who_work_with_it(counter):
    commitment = counter.missing(Owed("验资报告", 5), remark="电话告知")
    text = text_of(as_user(counter.city.clerk).get(page_of(commitment)))
    for said in ("报告履约", "打印承诺书", "验资报告", "应于 2026-11-23 前核查", "电话告知", "更正"):
        assert said in text
    assert 'id="verb-withdraw"' not in text
    assert 'id="verb-withdraw"' in text_of(as_user(counter.city.reviewer).get(page_of(commitment)))


def test_a_stranger_reads_the_public_part_alone(counter):
    commitment = counter.missing(Owed("验资报告", 5), remark="电话告知")
    stranger = as_user(counter.city.stranger)
    text = text_of(stranger.get(page_of(commitment)))
    assert "承诺符合经营条件。" in text
    for hidden in (
        "验资报告",
        "电话告知",
        "打印承诺书",
        "修改历史",
        "报告履约",
        "附件",
        counter.city.clerk.display_name,
    ):
        assert hidden not in text
    for address in ("letter/", "letter.pdf", "history/", "amend/"):
        assert stranger.get(f"{LIST}{commitment.pk}/{address}").status_code in (403, 404)
    hidden_one = counter.register(disclosure="closed")
    assert stranger.get(page_of(hidden_one)).status_code == 404


def test_performance_is_reported_with_its_evidence_or_not_at_all(counter):
    commitment = counter.register()
    clerk = as_user(counter.city.clerk)
    wrong = {"status": "full", "determined_on": "2026-11-17", "unfulfilled": "有", "liability_pursued": ""}
    clerk.post(verb(commitment, "report"), wrong)
    assert not Performance.objects.exists()
    good = {**wrong, "unfulfilled": ""}
    clerk.post(
        verb(commitment, "report"), {**good, "evidence": SimpleUploadedFile("a.exe", b"MZ" + b"\0" * 600)}
    )
    assert not Performance.objects.exists()
    clerk.post(verb(commitment, "report"), {**good, "evidence": SimpleUploadedFile("a.pdf", pdf())})
    report = Performance.objects.get()
    assert report.attachments.get().kind == "performance"
    text = text_of(clerk.get(page_of(commitment)))
    assert "全部履行" in text
    assert "以此为准" in text


def test_a_verification_is_answered_on_its_page(counter):
    task = counter.register().verifications.get()
    clerk = as_user(counter.city.clerk)
    assert "办理核查" in text_of(clerk.get(f"/admin/commitments/verification/{task.pk}/change/"))
    clerk.post(
        verb(task, "verify"),
        {"how": "实地核查。", "status": "none", "determined_on": "2026-11-17", "unfulfilled": "未整改",
         "liability_pursued": "撤销许可"},
    )  # fmt: skip
    task.refresh_from_db()
    assert (task.state, task.performance.status) == ("done", "none")


def test_owed_material_is_settled_on_its_page(counter):
    material = counter.missing().owed.get()
    as_user(counter.city.clerk).post(
        verb(material, "settle"), {"note": "原件", "file": SimpleUploadedFile("验资报告.pdf", pdf())}
    )
    material.refresh_from_db()
    assert material.state == "settled"
    assert material.attachments.get().kind == "owed"


def test_no_address_of_a_verb_does_anything_by_get(counter):
    commitment = counter.missing()
    for thing, names in (
        (commitment, ("report", "attach", "order_verification", "owe", "withdraw")),
        (commitment.verifications.get(), ("verify", "cancel")),
        (commitment.owed.get(), ("settle", "waive")),
    ):
        for name in names:
            for user in (counter.city.clerk, counter.city.reviewer):
                assert as_user(user).get(verb(thing, name)).status_code == 302
    done = Event.objects.filter(target_type__startswith="commitments.")
    assert not done.exists()
    assert commitment.history.count() == 1


def test_an_amendment_keeps_what_was_filled_in_until_it_has_a_reason(counter):
    commitment = counter.register()
    clerk, url = as_user(counter.city.clerk), f"{LIST}{commitment.pk}/amend/"
    given = {"subject_name": commitment.subject_name, "disclosure": "limited", "cause": "新的事由",
             "content": commitment.content, "liability": commitment.liability, "valid_until": "", "remark": ""}  # fmt: skip
    response = clerk.post(url, {**given, "reason": ""})
    assert response.status_code == 422
    assert "新的事由" in text_of(response)
    assert clerk.post(url, {**given, "reason": "笔误。"}).url == page_of(commitment)
    commitment.refresh_from_db()
    assert (commitment.cause, commitment.disclosure) == ("新的事由", "limited")


def test_a_number_that_the_page_masks_is_in_the_form_as_it_was_typed_and_stays(counter):
    text, masked = "承诺联系电话13912345678畅通。", "承诺联系电话139****5678畅通。"
    one = counter.register(content=text, remark="找13912345678")
    clerk, url = as_user(counter.city.clerk), f"{LIST}{one.pk}/amend/"
    assert masked in text_of(clerk.get(page_of(one)))
    page = clerk.get(url)
    sent = {bound.html_name: bound.value() or "" for bound in page.context["form"]}
    for name in ("content", "remark"):
        given = re.search(rf'<(?:textarea|input)[^>]* name="{name}".*?>(?:[^<]*</textarea>)?', text_of(page))[
            0
        ]
        sent[name] = re.search(r'value="([^"]*)"|>\s*([^<]+)</textarea>', given).expand(r"\1\2")
    assert clerk.post(url, {**sent, "cause": "新的事由", "reason": "笔误。"}).url == page_of(one)
    one.refresh_from_db()
    assert (one.cause, one.content, one.remark) == ("新的事由", text, "找13912345678")


def test_a_form_that_another_has_overtaken_overwrites_nothing_unseen(counter):
    """Closed by one while another had the form open: it is not open again before that one has been told."""
    one = counter.register()
    clerk, url = as_user(counter.city.clerk), f"{LIST}{one.pk}/amend/"

    def seen(response) -> str:
        return re.search(r'name="seen" value="(\d+)"', text_of(response))[1]

    given = {"subject_name": one.subject_name, "disclosure": "public", "cause": "新的事由", "content": one.content,
             "liability": one.liability, "valid_until": "", "remark": "", "reason": "笔误。"}  # fmt: skip
    before = seen(clerk.get(url))
    amend(
        Commitment.objects.get(),
        actor=counter.city.second_clerk,
        reason="误选。",
        disclosure="closed",
        now=at(17),
    )
    response = clerk.post(url, {**given, "seen": before})
    assert response.status_code == 422
    assert "已由他人更正(公开类型)" in text_of(response)
    assert "新的事由" in text_of(response)
    assert Commitment.objects.get().disclosure == "closed"
    assert clerk.post(url, {**given, "seen": seen(response)}).status_code == 302
    assert Commitment.objects.get().disclosure == "public"


# --- files and paper -----------------------------------------------------------------------------------------


def test_a_file_is_given_to_those_who_work_with_it_and_every_look_is_journalled(counter):
    register(counter, signed=SimpleUploadedFile("承诺书.pdf", pdf()))
    commitment = Commitment.objects.get()
    file = commitment.attachments.get()
    url = f"{LIST}{commitment.pk}/file/{file.pk}/"
    response = as_user(counter.city.reviewer).get(url)
    assert b"".join(response.streaming_content) == pdf()
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert Event.objects.filter(verb="attachment.open").count() == 1
    assert as_user(counter.city.stranger).get(url).status_code == 404
    other = counter.register()
    assert as_user(counter.city.clerk).get(f"{LIST}{other.pk}/file/{file.pk}/").status_code == 404


def test_the_stored_file_is_sealed(counter):
    register(counter, signed=SimpleUploadedFile("承诺书.pdf", pdf()))
    stored = Attachment.objects.get().file
    with open(stored.path, "rb") as raw:
        assert not raw.read().startswith(b"%PDF")
    assert "承诺" not in stored.name


def test_the_letter_has_the_promise_and_room_for_the_signature(counter):
    commitment = counter.missing(Owed("验资报告", 5))
    text = text_of(as_user(counter.city.clerk).get(f"{LIST}{commitment.pk}/letter/"))
    for said in (
        "信用承诺书",
        commitment.code,
        "银川示例1号有限公司",
        "承诺符合经营条件。",
        "承诺人签章",
        "1. 验资报告(于2026-11-23前补交)",
    ):
        assert said in text


@pytest.mark.skipif(not fonts_available(), reason="no Chinese font on this machine")
def test_the_letter_is_a_pdf(counter):
    commitment = counter.register(content="承诺。" * 1300, liability="依法处理。" * 700)
    response = as_user(counter.city.clerk).get(f"{LIST}{commitment.pk}/letter.pdf")
    assert response.content.startswith(b"%PDF")
    assert Event.objects.filter(verb="commitment.print").count() == 1
