"""What the worker and the operator do: seal, export, verify; all of it safe beside another run."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from procrastinate.contrib.django import app

from audit import sealing, tasks
from audit.heads import folder
from audit.models import Event, Head, HistorySeal, Seal

from .conftest import checked


def test_the_worker_knows_the_jobs_and_when_they_are_due():
    due = {task.name: periodic.cron for (task, periodic) in _periodic()}
    assert {name: cron for name, cron in due.items() if name.startswith("audit.")} == {
        "audit.seal": "* * * * *",
        "audit.seal_history": "40 * * * *",
        "audit.export_head": "50 15 * * *",
        "audit.verify": "10 20 * * *",
    }


def _periodic():
    registered = app.periodic_registry.periodic_tasks.values()
    return [(one.task, one) for one in registered]


def test_a_day_of_the_worker_leaves_a_sealed_journal_and_a_head(journal, city):
    journal.rename(city.scjg, "示例局")
    tasks.seal(0)
    tasks.seal_histories(0)
    tasks.export_head(0)
    tasks.verify_newest(0)
    assert Head.objects.count() == 1
    assert HistorySeal.objects.exists()
    assert Event.objects.latest("pk").verb == "audit.verify"
    assert checked().findings == []
    assert Event.objects.latest("pk").result == "done"
    assert not checked().findings


def test_a_worker_that_finds_another_at_it_ends_quietly(journal, monkeypatch):
    def busy() -> None:
        raise sealing.Busy

    monkeypatch.setattr(sealing, "take_the_lock", busy)
    monkeypatch.setattr("audit.history_sealing.take_the_lock", busy)
    journal.happen("wartet")
    before = Seal.objects.count()
    tasks.seal(0)
    tasks.seal_histories(0)
    tasks.export_head(0)
    assert Seal.objects.count() == before
    assert not Head.objects.exists()
    with pytest.raises(SystemExit) as ended:
        call_command("seal_audit")
    assert ended.value.code == 1


def test_the_operator_seals_and_exports_by_command(journal, city, capsys, tmp_path):
    journal.rename(city.scjg, "示例局")
    call_command("seal_audit", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["tail"] == 0
    assert told["sealed"] > 0
    assert told["history_rows"] > 0
    call_command("export_audit_head", "--to", str(tmp_path))
    printed = capsys.readouterr().out
    (copy,) = tmp_path.glob("*.json")
    assert copy.read_text() == printed == (folder() / copy.name).read_text()
    assert json.loads(printed)["position"] == Head.objects.get().position


def test_without_a_sealed_event_there_is_no_head(system, monkeypatch, capsys):
    monkeypatch.setattr(sealing, "seal_events", lambda: None)
    monkeypatch.setattr("audit.management.commands.export_audit_head.seal_events", lambda: None)
    with pytest.raises(SystemExit) as ended:
        call_command("export_audit_head")
    assert ended.value.code == 1
    assert "暂无链头可导出" in capsys.readouterr().err
