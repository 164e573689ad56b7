"""Two people hand in at once: one number each, one copy of the same content, no file without its row."""

from __future__ import annotations

import os
import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from audit.faults import Refused
from casework.models import Evidence, EvidenceShare
from casework.services import evidence

from . import samples
from .conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls):
    outcomes = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(position, call):
        start.wait()
        try:
            outcomes[position] = call()
        except Refused as refusal:
            outcomes[position] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def _add(case, actor, content):
    return lambda: evidence.add(
        case, SimpleUploadedFile("a.pdf", content), actor=actor, kind="proof", now=NOW
    )


def _files(settings) -> int:
    return sum(len(names) for _, _, names in os.walk(settings.MEDIA_ROOT))


def test_the_same_file_handed_in_twice_at_once_is_kept_once(case, city, settings):
    outcomes = at_once(*[_add(case, city.officer, samples.pdf())] * 3)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Evidence", "Refused", "Refused"]
    assert Evidence.objects.count() == _files(settings) == 1


def test_different_files_at_once_get_numbers_of_their_own(case, city, settings):
    at_once(*[_add(case, city.officer, samples.pdf(b"/DEM %d " % number)) for number in range(4)])
    assert list(Evidence.objects.values_list("number", flat=True)) == [1, 2, 3, 4]
    assert _files(settings) == 4


def test_two_who_cross_out_at_once_one_is_told(case, city):
    piece = _add(case, city.officer, samples.pdf())()
    outcomes = at_once(*[lambda: evidence.remove(piece, actor=city.officer, reason="传错了")] * 2)
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 1
    assert Evidence.history.filter(history_type="~").count() == 1


def test_sharing_at_once_shares_once(case, city, asked):
    piece = _add(case, city.officer, samples.pdf())()
    outcomes = at_once(*[lambda: evidence.share([piece], city.sthj, actor=city.officer)] * 3)
    assert sorted(outcomes) == [0, 0, 1]
    assert EvidenceShare.objects.count() == 1
