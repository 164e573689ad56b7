"""Ten officers at once, on real threads and a real database: numbers follow each other without a gap."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from casework.models import Letter, Register

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 10


def at_once(*calls):
    start, errors = threading.Barrier(len(calls)), []

    def run(call):
        start.wait()
        try:
            call()
        except ZeroDivisionError:
            pass
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def serials() -> list[int]:
    return sorted(Letter.objects.values_list("serial", flat=True))


def test_ten_letters_at_once_have_ten_consecutive_numbers(write):
    at_once(*[write] * THREADS)
    assert serials() == list(range(1, THREADS + 1))
    assert Register.objects.get(key="letter.objection-acceptance").last == THREADS
    assert all(letter.has_pdf for letter in Letter.objects.all())


def test_what_is_rolled_back_leaves_no_gap_and_no_file(write, settings):
    def fails():
        with transaction.atomic():
            write()
            _ = 1 / 0

    at_once(*[write, fails] * (THREADS // 2))
    assert serials() == list(range(1, THREADS // 2 + 1))
    files = list(settings.MEDIA_ROOT.rglob("*.pdf"))
    assert len(files) == THREADS // 2
