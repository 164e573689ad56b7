"""Letters are numbered without gap, frozen when they are issued, and never drawn from today's template."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from accounts.policy import NotAllowed, NotVisible
from audit.acts import act
from audit.faults import Refused
from audit.models import Event
from casework.letters import typesetting
from casework.letters.shipped import shipped
from casework.models import Letter, LetterTemplate, Register
from casework.selectors.letters import letters_of, sheet_of, template_row
from casework.services import issued_files, letters

from .conftest import NOW
from .sheets import text_of
from .test_typesetting import _NoFonts

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_fonts(monkeypatch):
    monkeypatch.setattr(typesetting, "_found", None)
    monkeypatch.setattr(typesetting.typst, "Fonts", _NoFonts)


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """Run what waits for the commit, as it would be outside a test's transaction."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_a_letter_says_what_the_case_knows_and_has_the_next_number(write, case):
    first, second = write(), write()
    assert [first.number, second.number] == ["银信异受〔2026〕1号", "银信异受〔2026〕2号"]
    sheet = sheet_of(first)
    whole = "".join(one.text for one in sheet.paragraphs)
    assert case.number in whole
    assert "2026年11月16日" in whole
    assert f"{case.due_on.day}日" in whole
    assert first.deadline_shown == case.due_on
    assert sheet.number == first.number
    assert sheet.head == case.owning_body.name
    assert list(letters_of(case)) == [second, first]


def test_each_kind_has_a_register_of_its_own(write):
    write()
    refusal = write(Letter.Kind.REFUSAL, values={"reasons": "不属于本办受理范围。"})
    assert refusal.number == "银信异不受〔2026〕1号"


def test_each_year_begins_with_one(write):
    write()
    later = write(now=datetime(2027, 1, 4, 2, tzinfo=UTC))
    assert later.number == "银信异受〔2027〕1号"


def test_the_year_turns_at_midnight_in_china(write):
    assert write(now=datetime(2026, 12, 31, 15, 59, tzinfo=UTC)).year == 2026
    assert write(now=datetime(2026, 12, 31, 16, 0, tzinfo=UTC)).year == 2027


def test_a_letter_is_history_and_event_with_its_number(write, case, city):
    letter = write()
    event = Event.objects.filter(verb="letter.issue").latest("pk")
    assert event.target_label == case.number
    assert event.data == {"number": letter.number}
    row = letter.history.get()
    assert (row.event_id, row.history_user_id, row.content) == (event.pk, city.officer.pk, letter.content)


def test_what_was_issued_stays_when_the_template_changes(write, city, committed):
    with committed():
        letter = write()
    before, pdf = sheet_of(letter), letters.stored_pdf(letter)
    template = letter.template
    with act("test.template", actor=city.system):
        template.title, template.body = (
            "另一份通知书",
            {**template.body, "paragraphs": [{"text": "全变了。"}]},
        )
        template.save(update_fields=["title", "body"])
    found = Letter.objects.get(pk=letter.pk)
    assert sheet_of(found) == before
    assert found.title == "信用信息异议受理通知书"
    found.file.storage.delete(found.file.name)
    assert not found.has_pdf
    letters.ensure_pdf(found, actor=city.officer)
    assert letters.stored_pdf(found) == pdf
    assert sheet_of(write()).title == "另一份通知书"


def test_the_template_of_the_day_is_taken(write, city):
    old = template_row("acceptance", "objection", date(2026, 11, 17))
    with act("test.template", actor=city.system):
        old.in_force_to = date(2026, 12, 31)
        old.save(update_fields=["in_force_to"])
        LetterTemplate.objects.create(
            key="objection-acceptance-2027", kind=old.kind, case_kind=old.case_kind, title="新通知书", register="demo-new",
            number_pattern="银信新〔{year}〕{serial}号", in_force_from=date(2027, 1, 1), source="示例", body=old.body,
        )  # fmt: skip
    assert write(on=date(2026, 11, 17)).title == old.title
    assert write(now=datetime(2027, 1, 4, 2, tzinfo=UTC)).number == "银信新〔2027〕1号"


def test_two_templates_of_one_kind_are_never_in_force_on_one_day(write, city):
    first = write().template
    with pytest.raises(IntegrityError), transaction.atomic(), act("test.template", actor=city.system):
        LetterTemplate.objects.create(
            key="another", kind=first.kind, case_kind=first.case_kind, title="示例", register="another",
            number_pattern=first.number_pattern, in_force_from=date(2030, 1, 1), source="示例", body=first.body,
        )  # fmt: skip


def test_shipped_templates_are_loaded_once_and_again_only_what_is_new(city):
    call_command("migrate", verbosity=0)
    every = len(list(shipped()))
    assert LetterTemplate.objects.count() == every
    assert letters.load_shipped_templates(city.system) == 0
    assert LetterTemplate.history.count() == every


@pytest.mark.parametrize(
    ("kind", "options", "code"),
    [
        ("refusal", {}, "letter.value_missing"),
        ("acceptance", {"addressee": " \u200b "}, "letter.addressee_missing"),
        ("acceptance", {"on": date(2026, 11, 18)}, "letter.dated_ahead"),
        ("acceptance", {"on": date(2026, 11, 15)}, "letter.dated_before_case"),
        ("delivery", {}, "letter.no_template"),
    ],
)
def test_what_cannot_be_issued_is_refused_and_takes_no_number(write, kind, options, code):
    with pytest.raises(Refused) as caught:
        write(kind, **options)
    assert caught.value.code == code
    assert not Letter.objects.exists()
    assert not Register.objects.filter(key__startswith="letter.").exists()


def test_a_day_before_any_template_is_refused(write, city):
    with act("test.template", actor=city.system):
        for template in LetterTemplate.objects.filter(kind="acceptance"):
            template.in_force_from = date(2026, 11, 18)
            template.save(update_fields=["in_force_from"])
    with pytest.raises(Refused, match="没有启用的异议受理通知书模板"):
        write()


def test_the_missing_value_is_named(write):
    with pytest.raises(Refused, match="缺少“理由”"):
        write(Letter.Kind.REFUSAL)


@pytest.mark.parametrize(
    ("who", "outcome"),
    [
        ("officer", None),
        ("approver", None),
        ("system", None),
        ("supervisor", NotAllowed),
        ("clerk", NotVisible),
        ("stranger", NotVisible),
        ("auditor", NotVisible),
        ("sysadmin", NotVisible),
    ],
)
def test_officers_approvers_and_the_system_issue_and_nobody_else(write, city, who, outcome):
    if outcome is None:
        assert write(actor=getattr(city, who)).issued_by == getattr(city, who)
    else:
        with pytest.raises(outcome):
            write(actor=getattr(city, who))
        assert not Letter.objects.exists()


# --- the file -----------------------------------------------------------------------------------------------


def test_the_pdf_is_kept_sealed_with_its_hash(write, committed):
    with committed():
        letter = write()
    assert letter.has_pdf
    pdf = letters.stored_pdf(letter)
    assert hashlib.sha256(pdf).hexdigest() == letter.sha256
    assert letter.number in text_of(pdf)
    with open(letter.file.path, "rb") as stored:
        assert not stored.read(8).startswith(b"%PDF")


def test_nothing_is_written_before_the_commit(write):
    letter = write()
    assert letter.sha256
    assert not letter.has_pdf


def test_a_letter_that_is_not_saved_leaves_no_file_and_gives_its_number_back(write, settings, committed):
    write()

    def fails():
        with transaction.atomic():
            write()
            raise ZeroDivisionError

    with committed(), pytest.raises(ZeroDivisionError):
        fails()
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    assert write().serial == 2


def test_a_full_disk_does_not_stop_the_letter_and_the_file_is_made_later(write, city, committed, monkeypatch):
    def full(*args):
        raise OSError("no space left on device")

    monkeypatch.setattr(issued_files, "write_file", full)
    with committed():
        letter = write()
    assert not letter.has_pdf
    monkeypatch.undo()
    letters.ensure_pdf(letter, actor=city.officer)
    assert hashlib.sha256(letters.stored_pdf(letter)).hexdigest() == letter.sha256
    assert letter.history.count() == 1


def test_without_fonts_a_letter_is_issued_without_file_and_drawn_when_they_are_there(
    write, city, committed, no_fonts, monkeypatch
):
    with committed():
        letter = write()
    assert (letter.file.name, letter.sha256) == ("", "")
    with pytest.raises(Refused, match="apt install fonts-noto-cjk") as caught:
        letters.ensure_pdf(letter, actor=city.officer)
    assert caught.value.code == "letter.fonts_missing"
    monkeypatch.undo()
    letters.ensure_pdf(letter, actor=city.officer)
    assert letter.number in text_of(letters.stored_pdf(letter))
    found = Letter.objects.get(pk=letter.pk)
    assert found.history.first().sha256 == found.sha256 == letter.sha256


def test_a_name_that_no_font_has_does_not_stop_the_letter(write, city, committed):
    with committed():
        letter = write(addressee="示\U0003fffd例")
    # Unassigned characters do not reach the paper at all.
    assert letter.addressee == "示例"
    with committed():
        letter = write(addressee="示\U0002b73e例")
    if letter.has_pdf:
        return  # this machine has a font with rare characters
    with pytest.raises(Refused) as caught:
        letters.ensure_pdf(letter, actor=city.officer)
    assert caught.value.code == "letter.glyph_missing"


@pytest.mark.parametrize("place", [40, -5])
def test_a_file_that_was_changed_is_not_handed_out(write, committed, place):
    with committed():
        letter = write()
    with open(letter.file.path, "r+b") as stored:
        whole = bytearray(stored.read())
        whole[place] ^= 1
        stored.seek(0)
        stored.write(whole)
    with pytest.raises(Refused) as caught:
        letters.stored_pdf(letter)
    assert caught.value.code == "letter.file_changed"


def test_a_pdf_that_is_there_is_not_made_again(write, city, committed):
    with committed():
        letter = write()
    before = Event.objects.count()
    letters.ensure_pdf(letter, actor=city.officer)
    assert Event.objects.count() == before


@pytest.mark.parametrize("who", ["stranger", "clerk", "auditor"])
def test_who_does_not_see_the_letter_makes_no_pdf(write, city, who):
    with pytest.raises(NotVisible):
        letters.ensure_pdf(write(), actor=getattr(city, who))


def test_the_moment_of_a_test_is_the_moment_of_the_letter(write):
    assert write().issued_at == NOW
