"""Commands, jobs and the product itself in the journal: what was refused, started, stopped, set otherwise, migrated."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from accounts.policy import NotAllowed, NotVisible
from audit import running, starting
from audit.acts import act
from audit.faults import Refused
from audit.models import Event
from config.commands import Commands

ROOT = Path(__file__).resolve().parent.parent.parent


def refused() -> list[tuple]:
    rows = Event.objects.filter(result="refused").order_by("pk")
    return [(e.verb, e.actor.username, e.data.get("code")) for e in rows]


def _act_of(city):
    with act("test.step", actor=city.clerk, on=city.scjg, reason="示例"):
        raise Refused("test.rule", "不行。")


# --- what was refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["job", "command"])
def test_a_refused_act_of_a_job_or_command_is_told_with_verb_and_actor(city, kind):
    with pytest.raises(Refused), running.told_of(kind, "test.name", "number-12345678"):
        _act_of(city)
    assert refused() == [("test.step", "clerk", "test.rule")]
    event = Event.objects.get(verb="test.step")
    assert (event.reason, event.target_id, event.request_id) == ("示例", str(city.scjg.pk), "number-12345678")


def test_one_that_the_job_has_caught_is_told_as_well(city):
    with running.told_of("job", "test.name"):
        for _ in range(2):
            try:
                _act_of(city)
            except Refused:
                continue
    assert refused() == [("test.step", "clerk", "test.rule")] * 2


def _run_into(fault, wrapped):
    try:
        raise fault
    except Exception:
        if wrapped:
            raise SystemExit(2) from None
        raise


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Refused("test.rule", "不行。"), "test.rule"),
        (NotAllowed("x"), "not_allowed"),
        (NotVisible("x"), "not_visible"),
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_what_ends_a_run_before_any_act_is_told_by_its_name(city, fault, code, wrapped):
    """Also behind the exit or the sentence that a command makes of it."""
    with pytest.raises((type(fault), SystemExit)), running.told_of("command", "intake", address="示例@host"):
        _run_into(fault, wrapped)
    assert refused() == [("command.refused", "system", code)]
    event = Event.objects.get(verb="command.refused")
    assert (event.data, event.address) == ({"code": code, "command": "intake"}, "示例@host")


def test_a_caught_refusal_that_was_no_question_can_be_told(city):
    with running.told_of("job", "test.name"):
        running.refused(Refused("test.rule", "不行。"))
        Refused("test.question", "只是问问。")
    assert refused() == [("job.refused", "system", "test.rule")]


def _ask_and_end(ended):
    Refused("test.question", "只是问问。")
    raise ended


@pytest.mark.parametrize("ended", [CommandError("写法不对"), SystemExit(2), ZeroDivisionError()])
def test_wrong_usage_and_faults_of_our_own_are_no_refusals(city, ended):
    with pytest.raises(type(ended)), running.told_of("command", "test"):
        _ask_and_end(ended)
    assert refused() == []


def test_a_run_that_refuses_nothing_asks_the_database_nothing(db, django_assert_num_queries):
    with django_assert_num_queries(0), running.told_of("job", "test"):
        pass


def test_the_worker_runs_every_job_inside_that_frame(city):
    from procrastinate.contrib.django import app

    assert running.job in app.worker_defaults["task_middleware"]
    context = SimpleNamespace(job=SimpleNamespace(task_name="test.job", id=71, attempts=0))
    with pytest.raises(Refused):
        running.job(lambda: _act_of(city), context, None)
    assert Event.objects.get(verb="test.step").request_id == "job-71-0"


class _Command(BaseCommand):
    def run_from_argv(self, argv):
        """Django's would close the connection, and with it the test's transaction."""
        raise Refused("test.rule", "不行。")


def test_the_command_line_runs_every_command_inside_that_frame(city, monkeypatch):
    monkeypatch.setattr("django.core.management.ManagementUtility.fetch_command", lambda *args: _Command())
    with pytest.raises(Refused):
        Commands(["manage.py", "example"]).execute()
    assert refused() == [("command.refused", "system", "test.rule")]
    event = Event.objects.get(verb="command.refused")
    assert event.address == running.by_whom()
    assert event.request_id.startswith("command-")


def test_commands_that_only_answer_are_not_told(city, monkeypatch):
    monkeypatch.setattr("django.core.management.ManagementUtility.fetch_command", lambda *args: _Command())
    with pytest.raises(Refused):
        Commands(["manage.py", "explain_deadline"]).execute()
    assert refused() == []


# --- what goes past the pages --------------------------------------------------------------------------------------


def test_tools_that_go_past_the_pages_are_told_of_without_what_is_typed(city):
    running.command("shell", ["manage.py", "shell", "-c", "secret"], run=lambda argv: None)
    event = Event.objects.get(verb="command.run")
    assert (event.data, event.address) == ({"command": "shell"}, running.by_whom())


def test_without_the_journal_such_a_tool_does_not_begin(db, monkeypatch):
    def gone(*args, **kwargs):
        raise OperationalError("no server")

    monkeypatch.setattr(starting, "note", gone)
    begun = []
    with pytest.raises(SystemExit, match="the journal cannot be written"):
        running.command("shell", ["manage.py", "shell"], run=begun.append)
    assert begun == []


HARMLESS = {
    "check", "clearsessions", "collectstatic", "compilemessages", "createcachetable", "findstatic", "inspectdb", "makemessages",
    "makemigrations", "optimizemigration", "runserver", "sendtestemail", "showmigrations", "sqlmigrate", "sqlsequencereset",
    "squashmigrations", "startapp", "startproject", "test",
}  # fmt: skip
"""They neither show data nor change any, or (`runserver`) what comes in by them is told by itself."""


def test_every_command_of_django_and_of_the_packages_is_told_or_known_to_be_harmless():
    ours = {path.name for path in ROOT.iterdir() if (path / "apps.py").is_file()}
    others = {
        name
        for name, app in get_commands().items()
        if (app if isinstance(app, str) else app.name) not in ours
    }
    told_otherwise = {"migrate", "procrastinate"}
    assert {"export", "axes_reset", "shell"} <= others
    assert others - told_otherwise - HARMLESS == running.PAST_THE_PAGES
    assert not HARMLESS & running.PAST_THE_PAGES


@pytest.mark.parametrize(("word", "told"), [("shell", 1), ("defer", 1), ("healthchecks", 0)])
def test_jobs_that_are_begun_by_hand_are_told(city, word, told):
    running.command("procrastinate", ["manage.py", "procrastinate", word], run=lambda argv: None)
    assert Event.objects.filter(verb="command.run", data__command="procrastinate").count() == told


def test_applied_migrations_are_told(city, monkeypatch):
    stands = iter([{"audit.0001", "audit.0009"}, {"audit.0001", "audit.0002"}])
    monkeypatch.setattr(starting, "_applied", lambda: next(stands))
    running.command("migrate", ["manage.py", "migrate"], run=lambda argv: None)
    assert Event.objects.get(verb="schema.migrate").data == {
        "applied": ["audit.0002"],
        "undone": ["audit.0009"],
    }


def test_a_migrate_that_changes_nothing_is_not_told(city):
    running.command("migrate", ["manage.py", "migrate"], run=lambda argv: None)
    assert not Event.objects.filter(verb="schema.migrate").exists()


# --- start, stop, settings -------------------------------------------------------------------------------------------


def test_start_and_stop_of_the_worker_are_told(city):
    def run(argv):
        assert Event.objects.filter(verb="server.start").exists()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        running.command("procrastinate", ["manage.py", "procrastinate", "worker"], run=run)
    told = Event.objects.filter(verb__startswith="server.").order_by("pk")
    assert [(e.verb, e.data["process"]) for e in told] == [
        ("server.start", "worker"),
        ("server.stop", "worker"),
    ]
    assert told[0].data["digest"] == starting.settings_digest(starting.snapshot())


def test_other_words_of_the_same_command_start_nothing(city):
    running.command("procrastinate", ["manage.py", "procrastinate", "healthchecks"], run=lambda argv: None)
    assert not Event.objects.filter(verb__startswith="server.").exists()


def test_changed_settings_are_told_once_with_before_and_after(city, settings):
    assert starting.tell_settings().data["changed"] == {}
    assert starting.tell_settings() is None
    settings.SESSION_COOKIE_AGE = 4711
    event = starting.tell_settings()
    assert event.data["changed"] == {"SESSION_COOKIE_AGE": ["1209600", "4711"]} or (
        event.data["changed"]["SESSION_COOKIE_AGE"][1] == "4711"
    )
    assert starting.tell_settings() is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "another secret of fifty characters or so, for the test"),
        ("EMAIL_HOST_PASSWORD", "geheim-4711"),
        ("UPPER_PLATFORM_KEY", b"geheim-4711"),
        ("OIDC_RP_CLIENT_SECRET", "geheim-4711"),
    ],
)
def test_that_a_secret_has_changed_is_told_and_the_secret_is_not(city, settings, name, value):
    starting.tell_settings()
    setattr(settings, name, value)
    event = starting.tell_settings()
    assert name in event.data["changed"]
    assert "geheim" not in str(event.data)
    assert "another secret" not in str(event.data)


def test_keys_are_told_by_their_ids(city, settings):
    starting.tell_settings()
    settings.FIELD_KEYS = {"0a1b2c3d": b"x" * 32, **settings.FIELD_KEYS}
    (told,) = [event.data["changed"]["FIELD_KEYS"] for event in [starting.tell_settings()]]
    assert told[1].startswith("0a1b2c3d、")
    assert told[0] in told[1]


def test_a_start_without_a_database_is_no_failure(city, monkeypatch, caplog):
    def gone(*args, **kwargs):
        raise OperationalError("no server")

    monkeypatch.setattr(starting, "note", gone)
    starting.started("web")
    assert "not in the journal" in caplog.text


# --- forms without their token -------------------------------------------------------------------------------------------


@pytest.fixture
def strict(city):
    client = Client(enforce_csrf_checks=True)
    client.force_login(city.clerk)
    return client


def test_a_form_without_its_token_is_refused_told_and_answered_with_what_to_do(strict, city):
    url = reverse("admin:accounts_user_verb", args=[city.stranger.pk, "deactivate"])
    response = strict.post(url, {"reason": "身份证11010519491231002X"})
    assert response.status_code == 403
    assert "刷新后再办" in response.content.decode()
    event = Event.objects.get(result="refused")
    assert (event.verb, event.actor, event.target_type, event.target_id) == (
        "access.refused", city.clerk, "accounts.user", str(city.stranger.pk),
    )  # fmt: skip
    assert event.data == {
        "code": "csrf", "method": "POST", "view": "admin:accounts_user_verb", "why": "cookie",
    }  # fmt: skip
    assert event.request_id == response["X-Request-ID"]
    assert "1949" not in str(event.data) + event.reason


@pytest.mark.parametrize(
    ("origin", "told"), [("https://evil.example", "evil.example"), ("null", ""), ("http://[", "")]
)
def test_of_a_foreign_site_its_name_is_told(strict, origin, told):
    strict.post(reverse("admin:password_change"), {}, headers={"origin": origin})
    event = Event.objects.get(result="refused")
    assert (event.data["why"], event.data["from"]) == ("origin", told)


def test_at_the_sign_in_it_is_told_of_nobody(city):
    client = Client(enforce_csrf_checks=True)
    assert client.post(reverse("admin:login"), {"username": "clerk"}).status_code == 403
    event = Event.objects.get(result="refused")
    assert (event.actor.username, event.data["code"]) == ("system", "csrf")
    assert "clerk" not in str(event.data)
