"""A new version of the calendar: drafted, proposed, previewed, confirmed by another, and every matter moved."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from accounts.policy import NotAllowed, NotVisible
from audit.acts import act
from audit.faults import Refused
from audit.models import Event
from worktime import impact
from worktime.models import CalendarVersion
from worktime.selectors import (
    announcement_warning,
    calendar_for,
    calendar_with,
    calendars_in_force,
    region_name,
    regions_with_calendars,
)
from worktime.services import (
    add_day,
    amend_draft,
    confirm_calendar,
    draft_calendar,
    import_days,
    load_shipped,
    preview,
    propose_calendar,
    reject_calendar,
    remove_days,
)

from ..roles import holds_besides
from .conftest import NOTICE_2027, SOURCE_2027

pytestmark = pytest.mark.django_db
NEW_YEAR = date(2027, 1, 1)
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)


def refused(code):
    return pytest.raises(Refused, check=lambda refusal: refusal.code == code)


def ningxia(city, **more) -> CalendarVersion:
    values = {"title": "", "known_until": date(2026, 12, 31), "source": "自治区通知(示例)", **more}
    return draft_calendar("640000", actor=city.officer, **values)


# --- what is shipped ----------------------------------------------------------------------------------------


def test_the_shipped_calendar_is_there_after_migrate_and_loading_it_again_adds_nothing(shipped, system):
    version = CalendarVersion.objects.get()
    assert (version.region, version.state, version.label) == ("", "in_force", "2026-1")
    before = Event.objects.count()
    assert load_shipped(actor=system) == ([], [])
    assert Event.objects.count() == before
    assert version.history.count() == 1
    assert Event.objects.get(pk=version.history.get().event_id).verb == "worktime.load"


def test_a_later_release_brings_its_days_as_a_draft(in_force, system):
    with act("test", actor=system):
        in_force.known_until = date(2025, 12, 31)
        in_force.save(update_fields=["known_until"])
    (draft,) = load_shipped(actor=system).calendars
    assert (draft.state, draft.number, draft.known_until) == ("draft", 2, date(2026, 12, 31))
    assert load_shipped(actor=system).calendars == []
    in_force.refresh_from_db()
    assert in_force.state == "in_force"


# --- draft --------------------------------------------------------------------------------------------------


def test_a_draft_begins_with_the_days_in_force_and_takes_the_notice_in(draft, in_force):
    assert (draft.number, draft.label, draft.state) == (2, "2027-2", "draft")
    assert len(draft.days) == len(in_force.days) + 5
    assert draft.days[-1] == {"day": "2027-02-06", "off": True, "name": "春节", "source": SOURCE_2027}
    assert calendar_for().judge(NEW_YEAR).working
    assert not calendar_with(draft).judge(NEW_YEAR).working


def test_a_file_of_the_office_is_read_in_its_own_encoding(draft, city):
    content = "日期,放假/上班,名称\n2027/5/1,放假,劳动节\n".encode("gb18030")
    said = import_days(draft, actor=city.officer, file=SimpleUploadedFile("2027.csv", content))
    assert said == "读到1天，其中1天与原来不同，已写入草稿。"
    draft.refresh_from_db()
    assert not calendar_with(draft).is_working(date(2027, 5, 1))
    with refused("calendar.lines"):
        import_days(draft, actor=city.officer, file=SimpleUploadedFile("x.xlsx", b"PK\x03\x04\xff\xff\x00"))
    with refused("calendar.lines"):
        import_days(draft, actor=city.officer, file=SimpleUploadedFile("x.csv", b"1" * 200_001))


def test_days_are_added_replaced_and_removed_one_by_one(draft, city):
    add_day(draft, actor=city.officer, day=date(2027, 5, 3), off=True, name="劳动节")
    add_day(draft, actor=city.officer, day=date(2027, 5, 3), off=True, name="劳动节补休")
    draft.refresh_from_db()
    assert calendar_with(draft).judge(date(2027, 5, 3)).reason == "劳动节补休放假"
    remove_days(draft, actor=city.officer, first=NEW_YEAR, last=date(2027, 1, 3), reason="改正")
    draft.refresh_from_db()
    assert calendar_with(draft).is_working(NEW_YEAR)
    with refused("calendar.lines"):
        remove_days(draft, actor=city.officer, first=NEW_YEAR)
    events = Event.objects.filter(target_type="worktime.calendarversion", target_id=str(draft.pk))
    assert {"calendar.add_day", "calendar.remove_days", "calendar.import_days"} <= set(
        events.values_list("verb", flat=True)
    )
    newest = draft.history.first()
    assert newest.days == draft.days


@pytest.mark.parametrize(
    "text", ["2028-01-01,放假,元旦", "2027-05-03,上班,劳动节调休上班", "2027-05-01,休假,劳动节"]
)
def test_lines_that_cannot_be_are_refused_and_nothing_is_written(draft, city, text):
    before = list(draft.days)
    with refused("calendar.lines"):
        import_days(draft, actor=city.officer, text=NOTICE_2027 + text)
    draft.refresh_from_db()
    assert draft.days == before


def test_the_head_of_a_draft_is_corrected_within_its_bounds(draft, city):
    head = {"actor": city.officer, "title": "2027年日历", "source": "通知"}
    amend_draft(draft, known_until=date(2027, 6, 30), **head)
    draft.refresh_from_db()
    assert (draft.title, draft.known_until) == ("2027年日历", date(2027, 6, 30))
    with refused("calendar.lines"):
        amend_draft(draft, known_until=date(2027, 1, 31), **head)
    with refused("calendar.known_until"):
        amend_draft(draft, known_until=date(2025, 12, 31), **head)
    with refused("calendar.source"):
        amend_draft(draft, known_until=date(2027, 12, 31), **{**head, "source": " "})


def test_there_is_one_open_version_of_a_region_at_a_time(draft, city):
    with refused("calendar.draft_exists"):
        draft_calendar("", actor=city.officer, title="", known_until=date(2027, 12, 31), source="x")
    assert ningxia(city).number == 1
    with (
        pytest.raises(IntegrityError, match="calendar_one_draft"),
        transaction.atomic(),
        act("test", actor=city.system),
    ):
        CalendarVersion.objects.create(
            region="", number=9, title="x", known_from=NEW_YEAR, known_until=NEW_YEAR, source="x", prepared_by=city.officer
        )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"source": " "}, "calendar.source"),
        ({"known_until": date(2026, 11, 30)}, "calendar.known_until"),
    ],
)
def test_a_draft_needs_a_source_and_looks_forward(in_force, city, change, code):
    values = {"title": "", "known_until": date(2027, 12, 31), "source": "通知", **change}
    with refused(code):
        draft_calendar("", actor=city.officer, **values)
    with refused("calendar.region"):
        draft_calendar("64", actor=city.officer, **values)


# --- propose, preview, confirm ------------------------------------------------------------------------------


def test_publishing_shows_first_what_moves_and_then_moves_it(proposed, room, city):
    room.add("YY-1", date(2026, 12, 25), 5)
    room.add("YY-2", date(2026, 12, 1), 5)
    room.add("YY-3", date(2026, 12, 30), 3)
    moved = preview(proposed, date(2026, 12, 28))
    assert [(one.number, str(one.old_due), str(one.new_due)) for one in moved] == [
        ("YY-1", "2027-01-01", "2027-01-04"),
        ("YY-3", "2027-01-04", "2027-01-05"),
    ]
    assert room.applied == []
    assert calendar_for().is_working(NEW_YEAR)
    confirmed = confirm_calendar(proposed, actor=city.approver, reason="核对无误", now=NOW)
    assert confirmed.moved == 2
    assert room.applied == [f"{n} approver 全国工作日历 2027-2施行" for n in ("YY-1", "YY-3")]
    assert str(room.due["YY-1"]) == "2027-01-04"
    assert not calendar_for().is_working(NEW_YEAR)
    assert not calendar_for().judge(date(2027, 6, 1)).provisional
    old, new = CalendarVersion.objects.order_by("number")
    assert (old.state, old.superseded_at, new.state, new.in_force_at) == ("superseded", NOW, "in_force", NOW)
    assert (new.confirmed_by, new.proposed_by) == (city.approver, city.officer)
    assert new.history.first().state == "in_force"


def test_what_becomes_late_stands_first(draft, room, city):
    add_day(draft, actor=city.officer, day=date(2026, 12, 26), off=False, name="元旦调休上班")
    room.add("YY-1", date(2026, 12, 28), 5)
    room.add("YY-2", date(2026, 12, 25), 1)
    draft.refresh_from_db()
    moved = preview(draft, date(2026, 12, 28))
    assert [(one.number, one.becomes_late) for one in moved] == [("YY-2", True), ("YY-1", False)]


def test_a_failing_room_leaves_everything_as_it_was(proposed, room, city, monkeypatch):
    room.add("YY-1", date(2026, 12, 25), 5)

    def fail(**kwargs):
        raise Refused("case.state", "示例")

    monkeypatch.setattr(room, "apply", fail)
    with refused("case.state"):
        confirm_calendar(proposed, actor=city.approver)
    assert CalendarVersion.objects.get(pk=proposed.pk).state == "proposed"
    assert calendar_for().is_working(NEW_YEAR)


def test_four_eyes_nobody_confirms_what_they_had_a_hand_in(proposed, city):
    for user in (city.officer, city.clerk, city.supervisor):
        with pytest.raises(NotAllowed):
            confirm_calendar(proposed, actor=user)
    with pytest.raises(NotVisible):
        confirm_calendar(proposed, actor=city.auditor)
    holds_besides(city.approver, Role.OFFICER, city.office)
    reject_calendar(proposed, actor=city.approver, reason="春节漏了")
    add_day(proposed, actor=city.approver, day=date(2027, 2, 7), off=True, name="春节")
    propose_calendar(proposed, actor=city.officer)
    with refused("four_eyes"):
        confirm_calendar(proposed, actor=city.approver)


def test_the_database_refuses_a_confirmation_by_the_proposer(proposed, city):
    proposed.confirmed_by = city.officer
    with pytest.raises(IntegrityError, match="calendar_confirmed_by_another"), act("test", actor=city.system):
        proposed.save(update_fields=["confirmed_by"])


def test_a_rejected_version_is_a_draft_again_and_says_why(proposed, city):
    with refused("reason.missing"):
        reject_calendar(proposed, actor=city.approver, reason=" ")
    with pytest.raises(NotAllowed):
        reject_calendar(proposed, actor=city.officer, reason="x")
    reject_calendar(proposed, actor=city.approver, reason="春节漏了")
    proposed.refresh_from_db()
    assert (proposed.state, proposed.returned_because) == ("draft", "春节漏了")
    again = propose_calendar(proposed, actor=city.officer)
    assert again.returned_because == ""
    # Sending it back was no hand in it.
    assert confirm_calendar(again, actor=city.approver).state == "in_force"


def test_each_step_has_its_state(draft, in_force, city):
    with refused("calendar.state"):
        confirm_calendar(draft, actor=city.approver)
    with refused("calendar.state"):
        reject_calendar(draft, actor=city.approver, reason="x")
    with refused("calendar.state"):
        add_day(in_force, actor=city.officer, day=NEW_YEAR, off=True, name="元旦")
    propose_calendar(draft, actor=city.officer)
    for step in (
        lambda: propose_calendar(draft, actor=city.officer),
        lambda: add_day(draft, actor=city.officer, day=NEW_YEAR, off=True, name="元旦"),
    ):
        with refused("calendar.state"):
            step()
    confirm_calendar(draft, actor=city.approver)
    with refused("calendar.state"):
        confirm_calendar(draft, actor=city.approver)


def test_only_the_officer_drafts_and_edits(draft, in_force, city):
    for user in (city.clerk, city.approver, city.supervisor, city.auditor, city.sysadmin):
        with pytest.raises(NotAllowed):
            draft_calendar("640000", actor=user, title="", known_until=NEW_YEAR, source="x")
        with pytest.raises((NotAllowed, NotVisible)):
            add_day(draft, actor=user, day=NEW_YEAR, off=True, name="元旦")
        with pytest.raises((NotAllowed, NotVisible)):
            propose_calendar(draft, actor=user)


def test_a_draft_that_changes_nothing_is_not_proposed(in_force, city):
    same = draft_calendar("", actor=city.officer, title="", known_until=in_force.known_until, source="x")
    with refused("calendar.unchanged"):
        propose_calendar(same, actor=city.officer)


# --- regions and the kept calendars -------------------------------------------------------------------------


@pytest.fixture
def eid(shipped, city):
    version = ningxia(city)
    add_day(version, actor=city.officer, day=date(2026, 3, 20), off=True, name="开斋节")
    propose_calendar(version, actor=city.officer)
    confirm_calendar(version, actor=city.approver)
    return version


def test_a_regional_day_holds_in_the_region_and_its_cities_alone(eid):
    day = date(2026, 3, 20)
    assert [calendar_for(region).is_working(day) for region in ("", "640000", "640104", "110000")] == [
        True, False, False, True,
    ]  # fmt: skip
    judgement = calendar_for("640100").judge(day)
    assert (judgement.reason, judgement.source) == ("开斋节放假", "自治区通知(示例)")
    assert regions_with_calendars() == ["640000"]
    answer = calendars_in_force()
    assert (answer("640100").is_working(day), answer("").is_working(day)) == (False, True)


def test_a_regional_draft_is_previewed_over_the_country(eid, room, city):
    room.add("YY-1", date(2026, 5, 26), 1, "640100")
    room.add("YY-2", date(2026, 5, 26), 1, "110000")
    version = ningxia(city)
    assert version.number == 2
    add_day(version, actor=city.officer, day=date(2026, 5, 27), off=True, name="古尔邦节")
    version.refresh_from_db()
    moved = preview(version, date(2026, 5, 26))
    assert [(one.number, str(one.new_due)) for one in moved] == [("YY-1", "2026-05-28")]


def test_a_list_page_pays_one_small_query_and_sees_what_others_publish(eid, city):
    calendar_for("640100")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        calendar_for("640100")
    assert len(queries) == 1
    assert "days" not in queries[0]["sql"]
    answer = calendars_in_force()
    answer("640100")
    with CaptureQueriesContext(connection) as queries:
        for region in ("", "640100", "640104", "640000") * 5:
            answer(region)
    assert len(queries) == 0
    # Another process publishes: nothing here is told, the next question sees it.
    version = ningxia(city)
    add_day(version, actor=city.officer, day=date(2026, 5, 27), off=True, name="古尔邦节")
    propose_calendar(version, actor=city.officer)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE worktime_calendarversion SET state = 'superseded' WHERE id = %s", [eid.pk])
        cursor.execute(
            "UPDATE worktime_calendarversion SET state = 'in_force', in_force_at = now() WHERE id = %s",
            [version.pk],
        )
    assert not calendar_for("640100").is_working(date(2026, 5, 27))


def test_without_any_calendar_the_week_alone_holds_and_every_day_is_provisional(shipped):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE worktime_calendarversion SET state = 'superseded'")
    judgement = calendar_for("640100").judge(date(2026, 10, 1))
    assert (judgement.working, judgement.provisional) == (True, True)
    assert "尚未公布" in announcement_warning(date(2026, 3, 1))


def test_regions_have_names():
    assert [region_name(code) for code in ("", "640000", "640100", "999999")] == [
        "全国", "宁夏回族自治区", "宁夏回族自治区银川市", "999999",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "warned"),
    [
        (date(2026, 10, 31), False),
        (date(2026, 11, 1), True),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), True),
    ],
)
def test_from_november_on_the_missing_year_is_called_for(shipped, day, warned):
    warning = announcement_warning(day)
    assert ("2027年节假日尚未公布" in warning) == warned
    assert bool(warning) == warned


def test_the_call_ends_with_the_publication(proposed, city):
    confirm_calendar(proposed, actor=city.approver)
    assert announcement_warning(date(2026, 12, 1)) == ""


def test_rooms_register_once():
    room = object()
    before = list(impact._providers)
    try:
        impact.register(room)
        impact.register(room)
        assert impact._providers.count(room) == 1
    finally:
        impact._providers[:] = before
