"""登记违诺: from the commitment, with the report it starts from; what was typed stays."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from breaches.models import Breach
from casework.models import Evidence

from ...casework.evidence.samples import pdf
from ..breaching import FACTS
from .conftest import STRANGERS, as_user, text_of

pytestmark = pytest.mark.django_db

ADD = "/admin/breaches/breach/add/"


def _answers(ground, **more):
    return {
        "kind": "broken",
        "performance": str(ground.pk),
        "facts": FACTS,
        "harm": "none",
        "remedied_on": "",
        "found_on": "2026-11-13",
        "received_on": "2026-11-16",
        "received_time": "16:30",
        "late_entry_reason": "",
        **more,
    }


def test_a_clerk_reports_the_own_commitment_with_evidence_and_loses_nothing_to_a_mistake(
    city, promised, shortfall
):
    url = f"{ADD}?commitment={promised.pk}"
    for who in STRANGERS:
        assert as_user(getattr(city, who)).get(url).status_code in (403, 404), who
    assert as_user(city.stranger).get(url).status_code == 404
    client = as_user(city.clerk)
    listed = text_of(client.get(ADD))
    assert promised.code in listed
    assert promised.code not in text_of(as_user(city.stranger).get(ADD))
    text = text_of(client.get(url))
    for part in (promised.code, promised.content, "未取得经营场所使用证明。", "未造成危害后果"):
        assert part in text

    wrong = client.post(url, _answers(shortfall, performance="", facts="现场没有证明。", found_on="11月"))
    assert wrong.status_code == 422
    for part in ("请选择所依的履约践诺", "现场没有证明。", "日期应写成2026-11-21这样", 'value="11月"'):
        assert part in text_of(wrong)
    refused = client.post(url, _answers(shortfall, found_on="2026-11-17", facts="现场没有证明。"))
    assert refused.status_code == 422
    for part in ("发现日期不能晚于今天", "现场没有证明。", 'value="2026-11-17"'):
        assert part in text_of(refused)
    # One file that is none refuses the whole.
    bad = SimpleUploadedFile("坏文件.pdf", b"MZ\x90\x00\x03\x00")
    refused = client.post(url, _answers(shortfall, files=[bad]))
    assert refused.status_code == 422
    assert "坏文件.pdf" in text_of(refused)
    assert not Breach.objects.exists()

    good = SimpleUploadedFile("检查记录.pdf", pdf())
    assert client.post(url, _answers(shortfall, files=[good])).status_code == 302
    breach = Breach.objects.get()
    assert (breach.commitment, breach.performance, breach.facts) == (promised, shortfall, FACTS)
    assert Evidence.objects.get().case_id == breach.pk
    # In an open case the commitment is not offered again, and its page says in which.
    assert promised.code not in text_of(client.get(ADD))
    assert breach.case.number in text_of(client.get(url))
    assert promised.code in text_of(client.get(f"{ADD}?q={promised.code}"))


def test_a_false_commitment_is_reported_without_a_report(city, promised):
    url = f"{ADD}?commitment={promised.pk}"
    client = as_user(city.officer)
    assert "不依据报告" in text_of(client.get(url))
    given = _answers(promised, kind="false", performance="")
    assert client.post(url, given).status_code == 302
    assert Breach.objects.get().kind == "false"


def test_the_page_of_the_commitment_and_the_list_of_broken_ones_lead_to_the_report_and_to_the_case(
    city, promised, shortfall, report_breach
):
    """Offered to whoever may report it; once there is a case, that one is named instead."""
    add = f"{ADD}?commitment={promised.pk}"
    pages = (f"/admin/commitments/commitment/{promised.pk}/change/", "/admin/commitments/commitment/overdue/")
    for url in pages:
        for who, offered in (("clerk", True), ("officer", True), ("reviewer", False), ("supervisor", False)):
            assert (add in text_of(as_user(getattr(city, who)).get(url))) == offered, (url, who)
    breach = report_breach()
    for url in pages:
        text = text_of(as_user(city.officer).get(url))
        assert add not in text
        assert breach.case.number in text
    # A stranger sees the public commitment, and nothing of the case.
    text = text_of(as_user(city.stranger).get(pages[0]))
    assert promised.code in text
    assert breach.case.number not in text
