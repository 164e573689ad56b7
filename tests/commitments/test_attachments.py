"""Files of a commitment stand or fall with their row, are told by their content, kept once and never deleted."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile

from accounts.policy import NotAllowed, NotVisible
from audit.faults import Refused
from casework.services.evidence_files import sweep_files
from commitments.models import Attachment
from commitments.services.attachments import attach, content_of, remove
from commitments.services.performing import report_performance

from .counter import DAY, at


def text(words: str = "示例承诺书。", name: str = "承诺书.txt") -> ContentFile:
    return ContentFile(words.encode() * 20, name=name)


def refused(code, function, *args, **values):
    with pytest.raises(Refused) as refusal:
        function(*args, **values)
    assert refusal.value.code == code


def test_a_file_is_kept_once_by_content_and_read_as_it_came(counter):
    clerk, commitment = counter.city.clerk, counter.register()
    kept = attach(commitment, text(), actor=clerk, kind="signed", now=at(17))
    refused("attachment.duplicate", attach, commitment, text(name="又一份.txt"), actor=clerk, kind="signed")
    with content_of(kept, actor=clerk) as content:
        assert content.read() == text().read()
    assert attach(commitment, text("另一份。"), actor=clerk, kind="other").number == 2


def test_what_is_crossed_out_stays_and_may_be_handed_in_again(counter):
    clerk, commitment = counter.city.clerk, counter.register()
    kept = attach(commitment, text(), actor=clerk, kind="signed")
    refused("reason.missing", remove, kept, actor=clerk, reason=" ")
    remove(kept, actor=clerk, reason="传错。")
    refused("attachment.state", remove, kept, actor=clerk, reason="再划。")
    assert attach(commitment, text(), actor=clerk, kind="signed").number == 2
    assert Attachment.objects.count() == 2


def test_evidence_belongs_to_the_report_of_the_same_commitment(counter):
    clerk, commitment, other = counter.city.clerk, counter.register(), counter.register()
    report = report_performance(commitment, actor=clerk, status="full", determined_on=DAY, now=at(17))
    assert attach(commitment, text(), actor=clerk, kind="", performance=report).kind == "performance"
    refused("attachment.foreign", attach, other, text(), actor=clerk, kind="", performance=report)
    refused("attachment.kind", attach, other, text(), actor=clerk, kind="")


def test_a_changed_file_is_not_opened(counter):
    clerk, commitment = counter.city.clerk, counter.register()
    kept = attach(commitment, text(), actor=clerk, kind="signed")
    with open(kept.file.path, "r+b") as stored:
        stored.seek(-3, 2)
        stored.write(b"xxx")
    refused("attachment.broken", content_of, kept, actor=clerk)


def test_the_sweep_takes_what_no_row_names_and_spares_what_one_does(counter):
    clerk, commitment = counter.city.clerk, counter.register()
    kept = attach(commitment, text(), actor=clerk, kind="signed")
    storage = kept.file.storage
    orphan = storage.save("commitments/2026/nobody", text("没有人。"))
    assert sweep_files(actor=counter.city.system, now=at(17, year=2030)) == 1
    assert not storage.exists(orphan)
    with content_of(kept, actor=clerk) as content:
        assert content.read() == text().read()


def test_strangers_neither_hand_in_nor_open(counter):
    city, commitment = counter.city, counter.register()
    kept = attach(commitment, text(), actor=city.clerk, kind="signed")
    for who in (city.stranger, city.officer):
        with pytest.raises(NotAllowed):
            attach(commitment, text("他人。"), actor=who, kind="signed")
    with pytest.raises(NotVisible):
        content_of(kept, actor=city.stranger)
    with pytest.raises(NotVisible):
        remove(kept, actor=city.stranger, reason="划除。")
