"""Handing evidence in, crossing it out, handing it on: one path, and nothing half."""

from __future__ import annotations

import hashlib
import os
from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import IntegrityError, transaction

from accounts.policy import NotAllowed, NotVisible, policy_for
from audit.acts import act
from audit.faults import Refused
from audit.models import Event
from casework.models import Evidence, EvidenceShare
from casework.services import evidence

from . import samples
from .conftest import NOW, ask, stored

pytestmark = pytest.mark.django_db
Source = Evidence.ProvidedBy


# --- what is kept -------------------------------------------------------------------------------------------


def test_a_file_is_kept_sealed_under_a_path_that_tells_nothing(add, case, city, settings):
    content = samples.pdf()
    piece = add(content, name="C:\\示例\\身份证 示例人甲.PDF", kind="identity", provided_by=Source.APPLICANT)
    piece.refresh_from_db()
    assert (piece.number, piece.name, piece.title) == (1, "身份证 示例人甲.pdf", "身份证 示例人甲")
    assert (piece.file_type, piece.size, piece.sha256) == (
        "pdf",
        len(content),
        hashlib.sha256(content).hexdigest(),
    )
    assert piece.file.name.startswith("evidence/2026/")
    assert "示例" not in piece.file.name
    (path,) = stored(settings)
    raw = Path(path).read_bytes()
    assert b"%PDF" not in raw
    assert os.stat(path).st_mode & 0o777 == 0o600
    with evidence.content_of(piece) as plain:
        assert plain.read() == content
    assert evidence.verify(piece)


def test_the_journal_and_the_history_know_of_it(add, city):
    piece = add()
    event = Event.objects.get(verb="case.add_evidence")
    assert event.actor == city.officer
    assert event.data == {"file": "材料.pdf", "sha256": piece.sha256, "evidence_number": 1}
    row = piece.history.get()
    assert (row.event_id, row.sha256) == (event.pk, piece.sha256)


def test_the_name_ends_as_the_content_says(add):
    piece = add(samples.png(), name="申请书.pdf.exe")
    assert (piece.name, piece.file_type) == ("申请书.png", "png")


def test_numbers_follow_each_other_in_each_case(add, other_case, city):
    assert [add().number, add().number, add(into=other_case).number] == [1, 2, 1]


def test_a_large_upload_from_the_disk_is_taken_too(case, city):
    content = samples.pdf() + b" " * 3_000_000 + b"%%EOF"
    with TemporaryUploadedFile("大件.pdf", "application/pdf", len(content), None) as file:
        file.write(content)
        file.seek(0)
        piece = evidence.add(case, file, actor=city.officer, kind="proof", now=NOW)
    with evidence.content_of(piece) as plain:
        assert plain.read() == content


def test_remarks_are_kept(add):
    piece = add(samples.pdf(b"/OpenAction << /S /JavaScript /JS (x) >> "))
    assert piece.remarks == ["script"]
    assert not piece.shown
    assert piece.remarks_in_words


# --- what is refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"content": b""}, "evidence.empty"),
        ({"content": b"MZ\x90\x00" + b"\x00" * 80}, "evidence.program"),
        ({"kind": "nonsense"}, "evidence.kind"),
        ({"provided_by": "nobody"}, "evidence.provider"),
        ({"provided_by": Source.DEPARTMENT}, "evidence.provider"),
        ({"point_number": 0}, "evidence.point"),
        ({"received_on": date(2026, 11, 21)}, "evidence.received_in_future"),
    ],
)
def test_a_refused_file_leaves_nothing(add, settings, change, code):
    events = Event.objects.count()
    with pytest.raises(Refused) as refusal:
        add(**change)
    assert refusal.value.code == code
    assert not Evidence.objects.exists()
    assert not stored(settings)
    assert Event.objects.count() == events


def test_the_same_content_twice_is_told_where_it_is(add, other_case, settings):
    content = samples.pdf()
    first = add(content, title="处罚决定书")
    with pytest.raises(Refused, match="是1号材料“处罚决定书”") as refusal:
        add(content, name="另一个名字.pdf")
    assert refusal.value.code == "evidence.duplicate"
    assert len(stored(settings)) == 1
    assert add(content, into=other_case).number == 1
    evidence.remove(first, actor=first.uploaded_by, reason="传错了")
    assert add(content).number == 2


def test_a_duplicate_that_one_may_not_see_is_not_revealed_and_not_in_the_way(add, asked, city):
    content = samples.pdf()
    add(content, title="不给看的")
    piece = add(content, actor=city.stranger, kind="answer", request=asked)
    assert (piece.provided_by, piece.department) == (Source.DEPARTMENT, city.sthj)
    with pytest.raises(Refused, match="是2号材料"):
        add(content, actor=city.strange_reviewer, request=asked)
    with act("test", actor=city.system), pytest.raises(IntegrityError), transaction.atomic():
        Evidence.objects.create(
            case=piece.case, number=9, kind="proof", title="x", name="x.pdf", file_type="pdf", size=1,
            sha256=piece.sha256, provided_by="department", department=city.sthj, received_on=date(2026, 11, 20),
            uploaded_by=city.stranger, uploaded_at=NOW,
        )  # fmt: skip


def test_a_case_holds_so_many_files_and_so_many_bytes(add, monkeypatch, settings):
    monkeypatch.setattr(evidence, "MOST_FILES", 2)
    evidence.remove(add(), actor=add().uploaded_by, reason="传错了")
    with pytest.raises(Refused) as refusal:
        add()
    assert refusal.value.code == "evidence.too_many"
    monkeypatch.setattr(evidence, "MOST_FILES", 100)
    monkeypatch.setattr(evidence, "MOST_BYTES", 1000)
    with pytest.raises(Refused) as refusal:
        add(samples.png() + b"\x00" * 1000)
    assert refusal.value.code == "evidence.case_full"
    assert len(stored(settings)) == 2


def test_a_request_of_another_case_is_refused(add, asked, other_case):
    with pytest.raises(Refused) as refusal:
        add(into=other_case, request=asked)
    assert refusal.value.code == "evidence.request"


def test_a_closed_case_takes_nothing_and_gives_nothing_up(add, case, city):
    piece = add()
    with act("test.close", actor=city.system):
        case.state, case.closed_on = "closed", date(2026, 11, 20)
        case.save(update_fields=["state", "closed_on"])
    with pytest.raises(Refused) as refusal:
        add()
    assert refusal.value.code == "case.state"
    with pytest.raises(Refused) as refusal:
        evidence.remove(piece, actor=city.officer, reason="传错了")
    assert refusal.value.code == "evidence.state"


# --- who ------------------------------------------------------------------------------------------------------


def test_the_window_brings_what_the_applicant_handed_in_and_its_own(add, city):
    piece = add(actor=city.clerk, provided_by=Source.APPLICANT)
    assert (piece.provider, piece.department, piece.uploaded_for) == ("当事人", None, city.scjg)
    own = add(actor=city.clerk)
    assert (own.provided_by, own.department) == (Source.DEPARTMENT, city.scjg)


def test_a_department_that_was_asked_brings_its_own_alone(add, asked, city):
    assert add(actor=city.stranger, request=asked).department == city.sthj
    for wrong in (
        {"provided_by": Source.APPLICANT},
        {"provided_by": Source.OFFICE},
        {"department": city.scjg},
    ):
        with pytest.raises(NotAllowed):
            add(actor=city.stranger, **wrong)


def test_the_office_brings_what_a_department_sent_on_paper(add, city):
    piece = add(department=city.sthj)
    assert (piece.provided_by, piece.department, piece.uploaded_for) == (Source.DEPARTMENT, city.sthj, None)
    assert add().provided_by == Source.OFFICE


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("stranger", NotVisible),
        ("strange_reviewer", NotVisible),
        ("auditor", NotVisible),
        ("sysadmin", NotVisible),
        ("secadmin", NotVisible),
        ("supervisor", NotAllowed),
        ("approver", NotAllowed),
    ],
)
def test_nobody_else_brings_anything(add, city, settings, who, refusal):
    with pytest.raises(refusal):
        add(actor=getattr(city, who))
    assert not stored(settings)


def test_a_department_sees_its_own_and_what_travelled_to_it(add, case, asked, city):
    applicants, secret = add(provided_by=Source.APPLICANT), add(provided_by=Source.APPLICANT, point_number=2)
    answer = add(actor=city.stranger, request=asked)

    def seen(user) -> set[Evidence]:
        return set(policy_for(Evidence).scope(user))

    assert seen(city.stranger) == {answer}
    assert evidence.share(Evidence.objects.filter(pk=applicants.pk), city.sthj, actor=city.officer) == 1
    assert seen(city.stranger) == seen(city.strange_reviewer) == {answer, applicants}
    assert seen(city.clerk) == set()
    assert seen(city.officer) == seen(city.supervisor) == {applicants, secret, answer}
    for who in ("auditor", "sysadmin", "secadmin"):
        assert seen(getattr(city, who)) == set()


def test_what_was_shared_is_gone_from_sight_with_the_case(add, case, city):
    piece = add(provided_by=Source.APPLICANT)
    with act("test", actor=city.system):
        EvidenceShare.objects.create(
            evidence=piece, department=city.sthj, shared_by=city.officer, shared_at=NOW
        )
    assert not policy_for(Evidence).allows(city.stranger, "view", piece)
    ask(city, case, city.sthj)
    assert policy_for(Evidence).allows(city.stranger, "view", piece)


def test_sharing_twice_changes_nothing(add, asked, city):
    pieces = [add(), add(), add(actor=city.stranger, request=asked)]
    evidence.remove(pieces[1], actor=city.officer, reason="传错了")
    assert evidence.share(pieces, city.sthj, actor=city.officer) == 1
    events = Event.objects.count()
    assert evidence.share(pieces, city.sthj, actor=city.officer) == 0
    assert Event.objects.count() == events
    assert [one.evidence for one in EvidenceShare.objects.all()] == [pieces[0]]
    assert EvidenceShare.history.count() == 1


@pytest.mark.parametrize("who", ["clerk", "stranger", "supervisor", "approver", "auditor"])
def test_only_officers_hand_evidence_on(add, asked, city, who):
    piece = add(actor=city.clerk)
    with pytest.raises((NotAllowed, NotVisible)):
        evidence.share([piece], city.sthj, actor=getattr(city, who))
    assert not EvidenceShare.objects.exists()


def test_one_piece_goes_only_to_a_department_that_was_asked(add, asked, city):
    piece = add()
    with pytest.raises(Refused) as refusal:
        evidence.share_one(piece, actor=city.officer, department=city.scjg)
    assert refusal.value.code == "evidence.not_asked"
    assert "已移送" in evidence.share_one(piece, actor=city.officer, department=city.sthj)
    assert "已经能看到" in evidence.share_one(piece, actor=city.officer, department=city.sthj)


# --- crossing out ---------------------------------------------------------------------------------------------


def test_what_is_crossed_out_stays_and_the_office_reads_it(add, asked, city):
    piece = add(provided_by=Source.APPLICANT)
    evidence.share([piece], city.sthj, actor=city.officer)
    gone = evidence.remove(piece, actor=city.officer, reason=" 另案材料 ", now=NOW)
    assert (gone.removed_by, gone.removed_reason, gone.removed_at) == (city.officer, "另案材料", NOW)
    assert evidence.verify(gone)
    policy = policy_for(Evidence)
    assert policy.allows(city.stranger, "view", gone)
    assert not policy.allows(city.stranger, "read", gone)
    for who in (city.officer, city.approver, city.supervisor):
        assert policy.allows(who, "read", gone)
    newest = gone.history.first()
    gone.refresh_from_db()
    assert (newest.removed_reason, newest.history_type) == (gone.removed_reason, "~")


def test_crossing_out_needs_a_reason_and_happens_once(add, city):
    piece = add()
    with pytest.raises(Refused) as refusal:
        evidence.remove(piece, actor=city.officer, reason="  ")
    assert refusal.value.code == "reason.missing"
    evidence.remove(piece, actor=city.officer, reason="传错了")
    with pytest.raises(Refused) as refusal:
        evidence.remove(piece, actor=city.officer, reason="传错了")
    assert refusal.value.code == "evidence.state"


def test_a_department_crosses_out_its_own_alone(add, asked, city):
    own, applicants = add(actor=city.stranger, request=asked), add(provided_by=Source.APPLICANT)
    evidence.share([applicants], city.sthj, actor=city.officer)
    with pytest.raises(NotAllowed):
        evidence.remove(applicants, actor=city.stranger, reason="传错了")
    with pytest.raises(NotVisible):
        evidence.remove(own, actor=city.clerk, reason="传错了")
    with pytest.raises(NotAllowed):
        evidence.remove(own, actor=city.supervisor, reason="传错了")
    assert evidence.remove(own, actor=city.strange_reviewer, reason="传错了").is_removed


def test_a_case_at_nobodys_desk_can_be_given_a_file_by_any_officer_only_through_the_service(add, case, city):
    """The policy is asked even when the caller holds an object from elsewhere."""
    with pytest.raises(NotVisible):
        evidence.add(
            case, SimpleUploadedFile("a.pdf", samples.pdf()), actor=city.auditor, kind="proof", now=NOW
        )
