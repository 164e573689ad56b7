"""The department's own finding of the class: with a reason, before the rules, and never undone by an upload."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from accounts.policy import NotAllowed, NotVisible
from audit.acts import act
from audit.faults import Refused
from audit.models import Event
from credit_records.models import CatalogueItem, Record, SeverityFinding
from credit_records.selectors import record_pages as read
from credit_records.services import batches, classifying, corrections, records

from ..builders import licence, penalty
from ..reporting import NOW

pytestmark = pytest.mark.django_db
FINE = "罚款金额(万元)"
BASIS = "《示例裁量基准》第三条"


@pytest.fixture
def record(report):
    report(penalty(1, 公示截止期=None), publish=True)
    return Record.objects.get()


def classify(record, city, severity="minor", **more):
    answers = {"reason": "初次违法且危害后果轻微", "legal_basis": BASIS, "now": NOW, **more}
    return classifying.classify(
        record, actor=answers.pop("actor", city.reviewer), severity=severity, **answers
    )


def periods(record):
    record.refresh_from_db()
    return (
        record.severity, record.publicity_start, record.publicity_earliest_end, record.publicity_latest_end,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ({"severity": "minor"}, ("minor", None, None, None)),
        (
            {"severity": "minor", "publish_minor": True},
            ("minor", date(2026, 5, 20), date(2026, 5, 20), date(2026, 8, 20)),
        ),
        (
            {"severity": "minor", "publish_minor": True, "until": date(2026, 6, 20)},
            ("minor", date(2026, 5, 20), date(2026, 5, 20), date(2026, 6, 20)),
        ),
        ({"severity": "general"}, ("general", date(2026, 5, 20), date(2026, 8, 20), date(2027, 5, 20))),
        (
            {"severity": "general", "until": date(2026, 12, 31)},
            ("general", date(2026, 5, 20), date(2026, 8, 20), date(2026, 12, 31)),
        ),
        ({"severity": "serious"}, ("serious", date(2026, 5, 20), date(2027, 5, 20), date(2029, 5, 20))),
    ],
)
def test_class_and_publicity_follow_the_finding_and_the_rule_set_stays(record, city, answers, found):
    classify(record, city, **answers)
    assert periods(record) == found
    assert record.rule_set == "order-36"


def test_it_leaves_history_event_and_the_class_that_the_rules_give(record, city):
    finding = classify(record, city, "serious", legal_basis="")
    event = Event.objects.get(verb="record.classify")
    assert (event.actor, event.reason, event.data["severity"]) == (
        city.reviewer,
        "初次违法且危害后果轻微",
        "serious",
    )
    newest = record.history.first()
    assert (newest.event_id, newest.severity) == (event.pk, "serious")
    assert (finding.rules_say, finding.set_by, finding.set_at) == ("general", city.reviewer, NOW)


def test_a_lighter_class_needs_the_law_and_a_graver_one_or_the_same_does_not(record, city):
    with pytest.raises(Refused, match="必须写明法律依据") as caught:
        classify(record, city, legal_basis=" ")
    assert caught.value.code == "finding.legal_basis"
    classify(record, city, "general", legal_basis="")
    classify(record, city, "serious", legal_basis="")
    # By simple procedure the rules themselves give minor.
    classify(record, city, "minor", legal_basis="", simple_procedure=True)
    assert SeverityFinding.objects.filter(superseded_at=None).get().rules_say == "minor"


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"severity": ""}, "finding.severity"),
        ({"severity": "huge"}, "finding.severity"),
        ({"reason": "  "}, "reason.missing"),
        ({"severity": "general", "until": date(2027, 5, 21)}, "finding.until"),
        ({"severity": "general", "until": date(2026, 5, 19)}, "finding.until"),
        ({"severity": "general", "until": date(2026, 9, 1), "legal_basis": ""}, "finding.legal_basis"),
        ({"severity": "general", "publish_minor": True}, "finding.publish_minor"),
    ],
)
def test_what_is_refused_changes_nothing(record, city, answers, code):
    before = periods(record)
    with pytest.raises(Refused) as caught:
        classify(record, city, **answers)
    assert caught.value.code == code
    assert periods(record) == before
    assert not SeverityFinding.objects.exists()


@pytest.mark.parametrize("who", ["clerk", "officer", "approver", "supervisor"])
def test_only_the_departments_reviewer_finds(record, city, who):
    with pytest.raises(NotAllowed):
        classify(record, city, actor=getattr(city, who))


@pytest.mark.parametrize("who", ["stranger", "strange_reviewer", "auditor"])
def test_for_a_stranger_the_record_is_not_there(record, city, who):
    with pytest.raises(NotVisible):
        classify(record, city, actor=getattr(city, who))


def test_who_entered_the_record_does_not_find(record, city):
    with act("test", actor=city.system):
        record.entered_by = city.reviewer
        record.save(update_fields=["entered_by"])
    with pytest.raises(Refused, match="您是录入人"):
        classify(record, city)


@pytest.mark.parametrize("state", ["draft", "returned", "withdrawn", "ended"])
def test_only_what_is_under_review_or_in_force_is_classified(record, city, state):
    with act("test", actor=city.system):
        record.state = state
        record.save(update_fields=["state"])
    with pytest.raises(Refused) as caught:
        classify(record, city)
    assert caught.value.code == "finding.state"


def test_a_newer_finding_supersedes_and_lifting_it_brings_the_rules_back(record, city):
    first = classify(record, city, "serious")
    second = classify(record, city, "minor")
    first.refresh_from_db()
    assert first.superseded_at == NOW
    assert SeverityFinding.objects.filter(superseded_at=None).get() == second
    classifying.lift_finding(record, actor=city.reviewer, reason="认定有误", now=NOW)
    assert periods(record) == ("general", date(2026, 5, 20), date(2026, 8, 20), date(2027, 5, 20))
    with pytest.raises(Refused, match="不用撤销"):
        classifying.lift_finding(record, actor=city.reviewer, reason="认定有误", now=NOW)


def test_the_database_itself_keeps_one_finding(record, city):
    finding = classify(record, city)
    finding.pk = None
    finding._state.adding = True
    with pytest.raises(IntegrityError), transaction.atomic(), act("test", actor=city.system):
        finding.save()


def test_an_upload_that_changes_the_record_does_not_undo_the_finding(record, city, report):
    classify(record, city, "serious")
    report(penalty(1, 公示截止期=None, **{FINE: 0.8}), publish=True)
    assert periods(record) == ("serious", date(2026, 5, 20), date(2027, 5, 20), date(2029, 5, 20))
    assert float(record.fine) == 0.8


def test_a_changed_day_of_decision_moves_the_finding_and_never_beyond_the_maximum(record, city, report):
    classify(record, city, "general", until=date(2027, 5, 20))
    report(penalty(1, 公示截止期=None, 处罚决定日期="2026/05/10"), publish=True)
    assert periods(record) == ("general", date(2026, 5, 10), date(2026, 8, 10), date(2027, 5, 10))


def test_a_finding_made_at_the_review_survives_publication(report, city):
    batch = report(penalty(1, 公示截止期=None), submit=True)
    record = Record.objects.get()
    classify(record, city, "serious")
    batches.publish(batch, actor=city.reviewer, now=NOW)
    assert periods(record)[0] == "serious"


def test_a_correction_by_decision_does_not_undo_the_finding(record, city):
    classify(record, city, "serious")
    corrections.correct(
        record,
        actor=city.approver,
        changes={"CF_NR_FK": "0.3"},
        reference="银信异决〔2026〕1号",
        reason="金额有误",
        now=NOW,
    )
    assert periods(record)[0] == "serious"
    assert float(record.fine) == 0.3


def test_a_withdrawn_record_keeps_its_finding_for_the_history(record, city):
    classify(record, city, "serious")
    records.withdraw(record, actor=city.reviewer, reason="撤销", legal_basis="撤销决定书")
    assert periods(record)[0] == "serious"


def test_the_page_says_where_the_class_comes_from(record, city):
    classify(record, city, "serious", legal_basis=BASIS)
    record = Record.objects.select_related("item").get()
    told = "；".join(read.publicity_view(record, read.spec_of_record(record), today=NOW.date()).reasons)
    for words in ("来源单位认定为严重", "按规则为一般", "初次违法", BASIS, "李示例"):
        assert words in told
    assert "有过修改" not in told


def test_what_has_no_class_is_not_classified(report, city, catalogue):
    report(licence(1), item=CatalogueItem.objects.get(code="licence-org"), publish=True)
    with pytest.raises(Refused, match="不区分失信程度"):
        classify(Record.objects.get(), city)
