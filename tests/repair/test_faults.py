"""Whatever fails in the middle of a decision, and however: all of its effect is there afterwards, or none of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from casework.models import Case, Letter
from commitments.models import Commitment
from credit_records import events, tasks
from credit_records.models import Record
from exchange.models import Entry
from repair.models import Bar, Item, Shielding
from repair.services import deciding, effects, revoking
from repair.services.registering import Claim

from ..casework.faults import all_or_none, fingerprint, steps_of
from .applying import ORDER, RepairWay, at
from .decided import digest_of, record_of

GRANT = ["write_outcomes", "issue_decision", "repair_record", "tell_platform", "keep_commitment", "announce"]
REVOKE = ["write_outcomes", "issue_revocation", "revoke_record", "tell_platform", "bar_subject", "announce"]
SHIELD = ["write_outcomes", "issue_decision", "shield_record", "tell_platform", "announce"]
_WHOLE = {"apply", "require_grantable"}


def test_every_step_of_the_effect_is_made_to_fail_below():
    assert steps_of(effects) - _WHOLE == {*GRANT, *REVOKE, *SHIELD}


@pytest.mark.django_db
@pytest.mark.parametrize("step", GRANT)
def test_a_grant_that_fails_at_a_step_leaves_nothing_and_succeeds_the_next_time(both, monkeypatch, step):
    both.propose()
    all_or_none(monkeypatch, effects, step, both.decide)
    assert [record_of(both, n).state for n in (1, 2)] == ["repaired", "repaired"]
    assert (
        Letter.objects.filter(kind="decision").count(),
        Entry.objects.filter(topic__startswith="repair.").count(),
    ) == (1, 2)
    assert Letter.objects.get(kind="decision").serial == 1


@pytest.mark.django_db
@pytest.mark.parametrize("step", GRANT)
def test_so_does_one_that_the_office_above_agrees_to(grave, monkeypatch, step):
    grave.propose().decide()
    all_or_none(monkeypatch, effects, step, grave.confirm)
    assert record_of(grave).state == "repaired"


@pytest.mark.django_db
@pytest.mark.parametrize("step", REVOKE)
def test_so_does_a_revocation(city, closed, monkeypatch, step):
    revoking.report_false_material(closed.fresh(), actor=city.approver, reason="凭证系伪造。", now=at(24))
    rulings = {1: deciding.Ruling("revoked", "经银行证实。")}
    deciding.propose(closed.application, actor=city.officer, rulings=rulings, reason="清楚。", now=at(24))

    def decide() -> None:
        digest = digest_of(closed.case)
        deciding.decide(closed.application, actor=city.approver, digest=digest, now=at(25))

    all_or_none(monkeypatch, effects, step, decide)
    assert (record_of(closed).state, Bar.objects.count()) == ("published", 1)


@pytest.mark.django_db
@pytest.mark.parametrize("step", SHIELD)
def test_so_does_a_shielding(city, apply_for_repair, records, monkeypatch, step):
    way = RepairWay(city, apply_for_repair(Claim(records[0]), **ORDER)).accept().propose()
    all_or_none(monkeypatch, effects, step, way.decide)
    assert (record_of(way).state, Shielding.objects.count()) == ("suspended", 1)


# --- killed -------------------------------------------------------------------------------------------------

_DECIDER = """
import os, signal, sys
from datetime import datetime
from django.conf import settings

point, application, approver, digest, now, files = sys.argv[1:]
settings.MEDIA_ROOT = files
import django
django.setup()
from django.db import transaction
from accounts.models import User
from repair.models import Application
from repair.services import deciding, effects

def killed(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

if point == "after the commit":
    # The outermost block has written its COMMIT; nothing after it runs.
    real = type(transaction.get_connection())._commit
    def committed(self):
        real(self)
        killed()
    type(transaction.get_connection())._commit = committed
elif point == "before the commit":
    real = deciding.effects.apply
    def whole(*args, **kwargs):
        real(*args, **kwargs)
        transaction.get_connection().commit = killed
        transaction.get_connection()._commit = killed
    deciding.effects.apply = whole
else:
    real, calls = getattr(effects, point), []
    def step(*args, **kwargs):
        real(*args, **kwargs)
        killed()
    setattr(effects, point, step)
deciding.decide(
    Application.objects.select_related("case").get(pk=int(application)),
    actor=User.objects.get(pk=int(approver)), digest=digest, now=datetime.fromisoformat(now),
)
"""


def killed_decider(way: RepairWay, point: str, files: Any) -> int:
    """Decide in a process of its own that is killed at the point; its exit status."""
    host = connection.settings_dict["HOST"].replace("/", "%2F")
    base = django_settings.DATABASE_URL.rsplit("/", 1)[0]
    assert host in base
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"{base}/{connection.settings_dict['NAME']}",
    }
    given = [
        point, str(way.application.pk), str(way.city.approver.pk), digest_of(way.case), at(18, 15).isoformat(), str(files),
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", _DECIDER, *given],
        env=environment,
        cwd=django_settings.BASE_DIR,
        timeout=120,
        check=False,
    )
    return done.returncode


def on_a_new_connection() -> dict[str, str]:
    params = connection.get_connection_params()
    kept = {name: params[name] for name in ("host", "port", "user", "password", "dbname") if params.get(name)}
    with psycopg.connect(**kept) as other, other.cursor() as cursor:
        return fingerprint(cursor)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", ["issue_decision", "repair_record", "tell_platform", "before the commit"])
def test_a_process_killed_before_the_end_leaves_nothing(both, tmp_path, point):
    both.propose()
    before = on_a_new_connection()
    assert killed_decider(both, point, tmp_path / "killed") == -signal.SIGKILL
    assert on_a_new_connection() == before
    assert not list((tmp_path / "killed").rglob("*.pdf"))
    both.fresh()
    both.decide()
    assert [record_of(both, n).state for n in (1, 2)] == ["repaired", "repaired"]


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_right_after_the_commit_leaves_all_of_it(both, tmp_path):
    both.propose()
    assert killed_decider(both, "after the commit", tmp_path / "killed") == -signal.SIGKILL
    assert [record_of(both, n).state for n in (1, 2)] == ["repaired", "repaired"]
    assert Case.objects.get(pk=both.case.pk).state == "decided"
    assert not Item.objects.filter(pending=True).exists()
    assert (
        Letter.objects.filter(kind="decision").count(),
        Entry.objects.filter(topic__startswith="repair.").count(),
    ) == (1, 2)
    assert Commitment.objects.count() == 1
    assert not Record.objects.in_use(at(18).date()).exists()
    # Nobody was told by the process that was killed; the jobs of its transaction tell.
    heard: list[int] = []

    def listen(record_id: int, **facts: Any) -> None:
        heard.append(record_id)

    repaired = [record_of(both, n).pk for n in (1, 2)]
    jobs = ProcrastinateJob.objects.filter(task_name=events.TASK, args__record_id__in=repaired)
    events.record_repaired.connect(listen)
    try:
        for job in jobs.order_by("id"):
            tasks.tell_event(**job.args)
    finally:
        events.record_repaired.disconnect(listen)
    assert sorted(heard) == sorted(repaired)
