"""两书同达: recorded by the department that decided, for one record or many, mended and taken back with a reason."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from accounts.policy import NotAllowed, NotVisible, policy_for
from audit.acts import act
from audit.clock import CHINA
from audit.faults import Refused
from audit.models import Event
from casework.services.evidence_files import sweep_files
from credit_records.models import Record, RuleSet
from repair.demo.served import serve_notices
from repair.models import PenaltyToServe, ServedNotice
from repair.rules.eligibility import RepairRulesError
from repair.rules.served import last_day_overdue, served_rule_from_dict
from repair.selectors.served import due, of_standing, served_line, served_overview
from repair.services import served
from worktime.selectors import calendar_for

from ..accounts.granting import let_in, person
from .world import penalties, subjects

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 11, tzinfo=CHINA)
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def records(city, catalogue):
    """Three of the market supervision: an old one, a fresh one, one before the first day; one of the environment."""
    (person,) = subjects(city, 1)
    rows = [
        {"decision_date": date(2026, 5, 20)},
        {"decision_date": date(2026, 11, 18), "publicity_start": date(2026, 11, 18)},
        {"decision_date": date(2026, 3, 31), "rule_set": "order-58"},
        {"decision_date": date(2026, 5, 20), "department": city.sthj},
    ]
    return penalties(city, [{"subject": person, **row} for row in rows])


def serve(*records, actor, served_on=date(2026, 11, 18), method="direct", now=NOW, **more):
    return served.record_served(records, actor=actor, served_on=served_on, method=method, now=now, **more)


def newest(notice):
    return notice.history.latest("history_id")


def test_a_clerk_records_the_service_of_several_records_in_one_act(city, records):
    before = Event.objects.count()
    notices = serve(*records[:2], actor=city.clerk, reference="送达回证2026-1", note="随决定书送达")
    assert [one.record_id for one in notices] == [records[0].pk, records[1].pk]
    assert Event.objects.count() == before + 1
    event = Event.objects.latest("pk")
    assert (event.verb, event.data["count"]) == ("served_notice.record", 2)
    for notice in ServedNotice.objects.all():
        assert newest(notice).event_id == event.pk
        assert newest(notice).served_on == notice.served_on == date(2026, 11, 18)


@pytest.mark.parametrize("who", ["stranger", "strange_reviewer", "auditor", "sysadmin", "upper"])
def test_a_stranger_does_not_even_see_the_record(city, records, who):
    with pytest.raises(NotVisible):
        serve(records[0], actor=getattr(city, who))
    assert not ServedNotice.objects.exists()


@pytest.mark.parametrize("who", ["reviewer", "officer", "approver", "supervisor"])
def test_others_see_it_and_may_not(city, records, who):
    with pytest.raises(NotAllowed):
        serve(records[0], actor=getattr(city, who))


def test_a_grant_on_the_record_does_not_open_the_papers_of_its_service(city, records):
    serve(records[0], actor=city.clerk)
    let_in(records[0], city.sthj, by=city.reviewer)
    stranger = person(city.stranger)
    assert policy_for(Record).allows(stranger, "view", records[0])
    assert not policy_for(ServedNotice).scope(stranger).exists()
    assert policy_for(ServedNotice).scope(city.clerk).exists()


def test_nothing_is_recorded_when_one_of_many_belongs_to_another(city, records):
    with pytest.raises(NotVisible):
        serve(records[0], records[3], actor=city.clerk)
    assert not ServedNotice.objects.exists()


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"served_on": date(2026, 5, 19)}, "served.before_decision"),
        ({"served_on": TODAY + timedelta(days=1)}, "served.in_future"),
        ({"method": "pigeon"}, "served.method"),
        ({"method": ""}, "served.method"),
    ],
)
def test_wrong_answers_are_refused(city, records, answers, code):
    with pytest.raises(Refused) as refused:
        serve(records[0], actor=city.clerk, **answers)
    assert refused.value.code == code
    assert not ServedNotice.objects.exists()


def test_service_on_the_day_of_the_decision_and_today_is_possible(city, records):
    serve(records[0], actor=city.clerk, served_on=date(2026, 5, 20))
    serve(records[1], actor=city.clerk, served_on=TODAY)


def test_today_is_the_day_in_china(city, records):
    early = datetime(2026, 11, 20, 0, 30, tzinfo=CHINA)
    serve(records[0], actor=city.clerk, served_on=TODAY, now=early)
    with pytest.raises(Refused):
        serve(records[1], actor=city.clerk, served_on=TODAY, now=early - timedelta(hours=1))


def test_a_record_is_recorded_once(city, records):
    serve(records[0], actor=city.clerk)
    with pytest.raises(Refused) as refused:
        serve(records[0], records[1], actor=city.clerk)
    assert refused.value.code == "served.already"
    assert ServedNotice.objects.count() == 1
    with act("test.twice", actor=city.system), pytest.raises(IntegrityError), transaction.atomic():
        ServedNotice.objects.create(
            record=records[0], served_on=TODAY, method="direct", recorded_by=city.clerk, recorded_at=NOW
        )


@pytest.mark.parametrize("state", ["draft", "submitted", "returned", "withdrawn"])
def test_what_does_not_stand_is_not_served(city, records, state):
    (record,) = penalties(city, [{"subject": records[0].subject, "state": state}])
    with pytest.raises(Refused) as refused:
        serve(record, actor=city.clerk)
    assert refused.value.code == "served.state"


def test_a_mistake_is_mended_with_a_reason_and_stays_in_the_history(city, records):
    (notice,) = serve(records[0], actor=city.clerk)
    answers = {"served_on": date(2026, 11, 17), "method": "post"}
    with pytest.raises(Refused, match="理由"):
        served.correct_notice(notice, actor=city.clerk, reason=" ", now=NOW, **answers)
    with pytest.raises(NotVisible):
        served.correct_notice(notice, actor=city.stranger, reason="无权", now=NOW, **answers)
    mended = served.correct_notice(notice, actor=city.second_clerk, reason="回证为邮寄", now=NOW, **answers)
    assert (mended.served_on, mended.method) == (date(2026, 11, 17), "post")
    told = list(
        notice.history.order_by("history_id").values_list("served_on", "method", "history_change_reason")
    )
    assert told == [
        (date(2026, 11, 18), "direct", None),
        (date(2026, 11, 17), "post", "回证为邮寄"),
    ]
    with pytest.raises(Refused) as refused:
        served.correct_notice(
            notice, actor=city.clerk, reason="再改", now=NOW, served_on=date(2026, 5, 1), method="post"
        )
    assert refused.value.code == "served.before_decision"


def test_what_is_taken_back_is_missing_again_and_can_be_recorded_anew(city, records):
    (notice,) = serve(records[0], actor=city.clerk)
    assert served_line(records[0], on=TODAY).tone == "good"
    served.undo_notice(notice, actor=city.clerk, reason="送达无效，收件人有误", now=NOW)
    assert served_line(records[0], on=TODAY).tone == "bad"
    for verb in (
        lambda: served.undo_notice(notice, actor=city.clerk, reason="再撤", now=NOW),
        lambda: served.correct_notice(
            notice, actor=city.clerk, reason="更正", now=NOW, served_on=TODAY, method="direct"
        ),
    ):
        with pytest.raises(Refused) as refused:
            verb()
        assert refused.value.code == "served.undone"
    serve(records[0], actor=city.clerk, served_on=TODAY)
    assert ServedNotice.objects.filter(record=records[0]).count() == 2
    assert ServedNotice.objects.standing().filter(record=records[0]).count() == 1
    assert newest(ServedNotice.objects.get(pk=notice.pk)).undone_reason == "送达无效，收件人有误"


# --- what is due, and what is missing ---------------------------------------------------------------------------


def test_the_rule_says_from_which_decisions_on_and_how_soon(city, records):
    listed = due(PenaltyToServe.objects.all())
    assert set(listed.values_list("pk", flat=True)) == {records[0].pk, records[1].pk, records[3].pk}
    assert set(of_standing(listed, "overdue", on=TODAY).values_list("pk", flat=True)) == {
        records[0].pk, records[3].pk,
    }  # fmt: skip
    assert served_line(records[1], on=TODAY).tone == "warn"
    assert served_line(records[2], on=TODAY) is None


@pytest.mark.parametrize(
    ("day", "late"), [(date(2026, 11, 27), False), (date(2026, 11, 28), False), (date(2026, 11, 30), True)]
)
def test_seven_working_days_after_the_decision_it_is_overdue(city, records, day, late):
    """Decided on Wednesday 18 November: the seventh working day is Friday the 27th."""
    overdue = of_standing(due(PenaltyToServe.objects.all()), "overdue", on=day)
    assert overdue.filter(pk=records[1].pk).exists() is late


@pytest.mark.parametrize("offset", range(25))
def test_the_newest_overdue_day_is_the_last_with_more_working_days_after_it(system, offset):
    calendar, today = calendar_for(""), date(2026, 10, 1) + timedelta(days=offset)
    last = last_day_overdue(7, calendar, today=today)
    assert calendar.working_days_between(last, today) > 7
    assert calendar.working_days_between(last + timedelta(days=1), today) <= 7


def test_departments_are_told_how_many_which_share_and_what_is_missing(city, records):
    serve(records[0], actor=city.clerk)
    found = served_overview(city.officer, on=TODAY)
    told = {
        line.department: (line.due, line.served, line.missing, line.overdue, line.share, line.tone)
        for line in found.lines
    }
    assert told == {city.scjg: (2, 1, 1, 0, 50.0, "warn"), city.sthj: (1, 0, 1, 1, 0.0, "bad")}
    assert (found.total.due, found.total.share_text) == (3, "33.3%")
    serve(records[1], actor=city.clerk)
    (line,) = served_overview(city.clerk, on=TODAY).lines
    assert (line.department, line.tone, line.share_text) == (city.scjg, "good", "100.0%")
    assert served_overview(city.upper, on=TODAY).lines == []


def test_without_anything_due_there_is_no_share(city, catalogue):
    total = served_overview(city.officer, on=TODAY).total
    assert (total.share, total.share_text, total.tone) == (None, "没有数据", "idle")


def test_without_a_rule_nothing_is_due(city, records):
    rules = RuleSet.objects.get(key="order-36")
    part = {name: value for name, value in rules.body["repair"].items() if name != "served_notice"}
    with act("test.rules", actor=city.system):
        rules.body = {**rules.body, "repair": part}
        rules.save(update_fields=["body"])
    assert not due(PenaltyToServe.objects.all()).exists()
    assert served_line(records[0], on=TODAY) is None


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ({"since": "四月", "days": 7, "source": "示例"}, "since"),
        ({"since": "2026-04-01", "days": "7", "source": "示例"}, "days"),
        ({"since": "2026-04-01", "days": True, "source": "示例"}, "days"),
        ({"since": "2026-04-01", "days": 7}, "source"),
        ("2026-04-01", "since"),
    ],
)
def test_a_rule_that_cannot_be_read_says_what_is_wrong(part, sentence):
    with pytest.raises(RepairRulesError, match=sentence):
        served_rule_from_dict({"served_notice": part})
    assert served_rule_from_dict({}) is None


def test_the_list_is_found_without_a_query_for_each_row(city, records, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        served_overview(city.officer, on=TODAY)


# --- the scan ---------------------------------------------------------------------------------------------------


def _scan(content=PDF, name="回证.pdf"):
    return ContentFile(content, name=name)


def test_a_scan_is_kept_sealed_and_every_look_at_it_is_noted(city, records):
    (notice,) = serve(records[0], actor=city.clerk, scan=_scan())
    with open(notice.scan.storage.path(notice.scan.name), "rb") as stored:
        assert PDF not in stored.read()
    assert (notice.scan_type, notice.scan_name) == ("pdf", "回证.pdf")
    with served.scan_of(notice, actor=city.officer) as content:
        assert content.read() == PDF
    assert Event.objects.filter(verb="served_notice.read_scan", actor=city.officer).count() == 1
    with pytest.raises(NotVisible):
        served.scan_of(notice, actor=city.stranger)


def test_a_scan_belongs_to_one_record_and_is_judged_by_its_content(city, records):
    with pytest.raises(Refused) as refused:
        serve(*records[:2], actor=city.clerk, scan=_scan())
    assert refused.value.code == "served.scan_of_one"
    with pytest.raises(Refused) as refused:
        serve(records[0], actor=city.clerk, scan=_scan(b"#!/bin/sh\nrm -rf /\n", "回证.pdf"))
    assert refused.value.code.startswith("evidence.")
    assert not ServedNotice.objects.exists()


def test_a_scan_that_was_changed_is_not_handed_out(city, records):
    (notice,) = serve(records[0], actor=city.clerk, scan=_scan())
    path = notice.scan.storage.path(notice.scan.name)
    with open(path, "r+b") as stored:
        stored.seek(60)
        byte = stored.read(1)[0]
        stored.seek(60)
        stored.write(bytes([byte ^ 1]))
    with pytest.raises(Refused) as refused:
        served.scan_of(notice, actor=city.clerk)
    assert refused.value.code == "served.scan_broken"
    (bare,) = serve(records[1], actor=city.clerk)
    with pytest.raises(Refused) as refused:
        served.scan_of(bare, actor=city.clerk)
    assert refused.value.code == "served.no_scan"


def test_the_sweep_leaves_scans_that_rows_name_and_takes_the_others(city, records):
    (notice,) = serve(records[0], actor=city.clerk, scan=_scan())
    storage = notice.scan.storage
    stray = storage.save("served/2026/stray", ContentFile(PDF))
    for name in (notice.scan.name, stray):
        os.utime(storage.path(name), (0, 0))
    assert sweep_files(actor=city.system) == 1
    assert storage.exists(notice.scan.name)
    assert not storage.exists(stray)


def test_records_stand_as_they_were(city, records):
    before = Record.objects.filter(pk=records[0].pk).values().get()
    serve(records[0], actor=city.clerk)
    assert Record.objects.filter(pk=records[0].pk).values().get() == before


def test_the_demo_city_serves_most_and_forgets_some(city, catalogue):
    (person,) = subjects(city, 1)
    days = [date(2026, 5, 2) + timedelta(days=number * 7) for number in range(28)]
    penalties(city, [{"subject": person, "decision_date": day, "publicity_start": day} for day in days])
    done = serve_notices(NOW)
    (line,) = served_overview(city.clerk, on=TODAY).lines
    assert line.served == done > 20
    assert line.missing > 1
    assert all(
        one.served_on >= one.record.decision_date for one in ServedNotice.objects.select_related("record")
    )
    assert serve_notices(NOW) == 0
