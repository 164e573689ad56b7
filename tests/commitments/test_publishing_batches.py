"""What a file has changed is told by a job: killed, run twice or beside others, nothing leaves twice and nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter as Tally
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from commitments import tasks
from commitments.models import Commitment, Publication
from commitments.services import publishing, publishing_batches
from commitments.services.amending import amend, withdraw
from credit_records.services import batches
from exchange.models import Entry

from .counter import at
from .test_at_once import at_once
from .uploading import commitment, performance

committed = pytest.mark.django_db(transaction=True)


def jobs() -> list[dict[str, int]]:
    waiting = ProcrastinateJob.objects.filter(task_name=publishing_batches.TASK).order_by("id")
    return list(waiting.values_list("args", flat=True))


def left() -> list[tuple[str, int]]:
    """Each commitment that has left, with its version, in the order of the messages."""
    entries = Entry.objects.filter(topic=publishing.PUBLISHED).order_by("pk")
    return [
        (one["commitment_code"], one["version"]) for entry in entries for one in entry.payload["commitments"]
    ]


def rows(many: int) -> list[dict[str, object]]:
    return [commitment(number) for number in range(1, many + 1)]


def ledger_agrees() -> None:
    told = Publication.objects.order_by("entry", "commitment").values_list("commitment__code", "number")
    assert sorted(told) == sorted(left())


def test_a_published_file_leaves_a_job_and_the_job_tells(upload, city):
    batch = upload(*rows(3), commitment(4, 公开类型="不可公开"), publish=True)
    assert not Entry.objects.exists()
    assert jobs() == [{"batch_id": batch.pk, "actor_id": city.reviewer.pk}]
    tasks.publish_batch(**jobs()[0])
    entry = Entry.objects.get()
    assert (entry.reference, entry.made_by) == (f"报送批次{batch.pk}", city.reviewer)
    assert Commitment.objects.count() == 4
    opened = Commitment.objects.filter(disclosure="public").order_by("pk")
    assert left() == [(one.code, 1) for one in opened]
    tasks.publish_batch(**jobs()[0])
    assert Entry.objects.count() == 1


def test_a_publication_that_is_rolled_back_leaves_no_job(upload, city, monkeypatch):
    batch = upload(*rows(1), submit=True)

    def broken(*args, **kwargs):
        raise RuntimeError("示例")

    monkeypatch.setattr("commitments.intake.commitments._follow_up", broken)
    with pytest.raises(RuntimeError):
        batches.publish(batch, actor=city.reviewer, now=at(20, 12))
    monkeypatch.undo()
    assert jobs() == []
    batches.publish(batch, actor=city.reviewer, now=at(20, 12))
    assert len(jobs()) == 1


def test_reports_of_a_file_leave_as_a_further_version(upload):
    upload(*rows(2), publish=True)
    tasks.publish_batch(**jobs()[0])
    first, second = Commitment.objects.order_by("pk")
    upload.performances(performance(second.code, 2), publish=True)
    tasks.publish_batch(**jobs()[1])
    assert left() == [(first.code, 1), (second.code, 1), (second.code, 2)]


@pytest.mark.parametrize("verb", ["close", "withdraw"])
def test_what_is_closed_before_the_job_runs_never_leaves(upload, city, verb):
    upload(*rows(2), publish=True)
    shut, other = Commitment.objects.order_by("pk")
    if verb == "close":
        amend(shut, actor=city.clerk, reason="误选。", disclosure="closed", now=at(20, 13))
    else:
        withdraw(shut, actor=city.reviewer, reason="重复。", now=at(20, 13))
    tasks.publish_batch(**jobs()[0])
    assert left() == [(other.code, 1)]


def test_a_job_that_fails_keeps_what_it_has_told_and_the_next_try_tells_the_rest(upload, monkeypatch):
    upload(*rows(5), publish=True)
    monkeypatch.setattr(publishing_batches, "_AT_ONCE", 2)
    real, calls = publishing_batches.tell_of_all, []

    def third_fails(*args, **kwargs):
        calls.append(args)
        if len(calls) == 3:
            raise OSError("示例")
        return real(*args, **kwargs)

    monkeypatch.setattr(publishing_batches, "tell_of_all", third_fails)
    with pytest.raises(OSError, match="示例"):
        tasks.publish_batch(**jobs()[0])
    assert len(left()) == 4
    tasks.publish_batch(**jobs()[0])
    assert sorted(left()) == sorted((code, 1) for code in Commitment.objects.values_list("code", flat=True))


@pytest.mark.parametrize(("status", "days", "told"), [("failed", 29, 1), ("failed", 31, 0), ("todo", 1, 1)])
def test_the_night_tells_of_reports_whose_job_did_not_end_well(upload, status, days, told):
    """A report is no change of what is open: without the jobs the night would not notice it."""
    upload(*rows(1), publish=True)
    tasks.publish_batch(**jobs()[0])
    one = Commitment.objects.get()
    upload.performances(performance(one.code), publish=True)
    _end_jobs("succeeded", status)
    later = at(20, 12) + timedelta(days=days)
    assert publishing_batches.tell_of_batches_left(now=later) == publishing.Told(published=told)
    assert len(left()) == 1 + told


def test_a_batch_that_cannot_be_told_keeps_no_other_back(upload, monkeypatch):
    for number in (1, 2):
        upload(commitment(number), publish=True)
    first, second = (job["batch_id"] for job in jobs())
    real = publishing_batches.tell_of_batch

    def first_fails(batch_id, **given):
        if batch_id == first:
            raise OSError("示例")
        return real(batch_id, **given)

    monkeypatch.setattr(publishing_batches, "tell_of_batch", first_fails)
    with pytest.raises(OSError, match="示例"):
        publishing_batches.tell_of_batches_left(now=at(21))
    assert Entry.objects.get().reference == f"报送批次{second}"


def _end_jobs(*statuses: str) -> None:
    """As the worker would: the table refuses to be written by the ORM."""
    with connection.cursor() as cursor:
        for job, status in zip(jobs(), statuses, strict=True):
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = %s::procrastinate_job_status WHERE task_name = %s"
                " AND (args ->> 'batch_id')::int = %s",
                [status, publishing_batches.TASK, job["batch_id"]],
            )


# --- on connections and in processes of their own ----------------------------------------------------------------------


@committed
def test_jobs_of_the_same_commitments_and_a_clerk_at_once_tell_each_version_once(
    transactional_db, upload, city, monkeypatch
):
    upload(*rows(12), publish=True)
    codes = list(Commitment.objects.order_by("pk").values_list("code", flat=True))
    upload.performances(*[performance(code, n) for n, code in enumerate(codes, start=1)], publish=True)
    monkeypatch.setattr(publishing_batches, "_AT_ONCE", 3)
    shut = Commitment.objects.get(code=codes[5])
    both = jobs()
    attempts = [lambda job=job: tasks.publish_batch(**job) for job in (*both, *both)]
    attempts.append(lambda: publishing.sweep(actor=city.system))
    attempts.append(lambda: amend(shut, actor=city.clerk, reason="误选。", disclosure="closed"))
    assert at_once(*attempts) == ["done"] * 6
    # All were told with their reports already: whoever came first told the whole, the others found nothing to tell.
    assert Tally(left()) == Tally((code, 1) for code in codes if code != shut.code or _was_told(shut))
    last = shut.publications.order_by("-number").first()
    assert last is None or last.action == "retracted"


def _was_told(one: Commitment) -> bool:
    return one.publications.filter(action="published").exists()


_WORKER = """
import os, signal, sys
import django
django.setup()
from commitments import tasks
from commitments.services import publishing_batches

publishing_batches._AT_ONCE = 2
real, calls = publishing_batches.tell_of_all, []

def killed_at_the_second(*args, **kwargs):
    calls.append(args)
    told = real(*args, **kwargs)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return told

publishing_batches.tell_of_all = killed_at_the_second
tasks.publish_batch(batch_id=int(sys.argv[1]), actor_id=int(sys.argv[2]))
"""


@committed
def test_a_worker_killed_in_the_middle_loses_nothing_and_doubles_nothing(transactional_db, upload):
    upload(*rows(5), publish=True)
    (job,) = jobs()
    base = django_settings.DATABASE_URL.rsplit("/", 1)[0]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"{base}/{connection.settings_dict['NAME']}",
    }
    done = subprocess.run(
        [sys.executable, "-c", _WORKER, str(job["batch_id"]), str(job["actor_id"])],
        env=environment, cwd=django_settings.BASE_DIR, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    assert len(left()) == 2
    tasks.publish_batch(**job)
    assert sorted(left()) == sorted((code, 1) for code in Commitment.objects.values_list("code", flat=True))
    ledger_agrees()
