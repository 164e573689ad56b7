"""One rule, three projections: what a list shows, what a button offers and what a service lets happen."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import policy as registry
from accounts.models import Department, Membership, User
from accounts.policy import NotAllowed, NotVisible, policy_for
from audit import sealing
from audit.acts import act
from audit.clock import today
from audit.heads import export_head
from audit.history_sealing import seal_history
from audit.models import Checkpoint, Event, Head, HistorySeal, Seal
from backoffice.permissions import may_on
from breaches.models import Breach, DecidedMeasure, DegreeRule, Measure, PriorNotice
from breaches.services import degree_rules, measures
from breaches.services.registering import report as report_breach
from casework.models import (
    Case,
    CaseRound,
    Comment,
    Decision,
    Evidence,
    EvidenceShare,
    Extension,
    Letter,
    LetterTemplate,
    Movement,
    Notice,
    Pause,
    Request,
    SavedView,
    Substitution,
)
from casework.services import assignment, extensions, pauses
from casework.services.evidence import add as add_evidence
from commitments.models import (
    Attachment,
    Commitment,
    CommitmentMatter,
    FigureBasis,
    MatterTemplate,
    OwedMaterial,
    Performance,
    Publication,
    Verification,
)
from commitments.services.attachments import attach
from commitments.services.bases import load_shipped_bases
from commitments.services.performing import report_performance
from credit_records.models import (
    CatalogueField,
    CatalogueItem,
    CatalogueVersion,
    DuplicateCodeEntry,
    IntakeBatch,
    Record,
    Rehearsal,
    RehearsedRecord,
    RuleSet,
    SeverityFinding,
    Subject,
    SubjectName,
    ZeroReport,
)
from credit_records.services.classifying import classify
from credit_records.services.rehearsing import rehearse
from credit_records.services.rule_sets import draft_rule_set
from exchange.models import Attempt, Entry
from exchange.services import outbox
from objections.models import Objection, Point
from objections.services import handling
from repair.models import (
    Application,
    Bar,
    Item,
    Material,
    PenaltyToServe,
    RepairableRecord,
    ServedNotice,
    Shielding,
)
from repair.services.registering import Claim
from repair.services.served import record_served
from worktime.models import CalendarVersion, Limit

from ..breaches.breaching import BreachWay
from ..commitments.counter import DAY, Counter
from ..credit_records.builders import penalty
from ..objections.filing import Way, at
from ..repair.applying import FULFILLED, ORDER, RepairWay

PEOPLE = ["clerk", "second_clerk", "reviewer", "stranger", "strange_reviewer", "officer", "approver", "supervisor",
          "upper", "auditor", "sysadmin", "secadmin", "system"]  # fmt: skip
SEES_RECORDS = {"clerk", "second_clerk", "reviewer", "officer", "approver", "supervisor"}
MODELS = (
    Record, IntakeBatch, ZeroReport, Subject, SubjectName, DuplicateCodeEntry, CatalogueItem, CatalogueVersion,
    CatalogueField, RuleSet, Rehearsal, RehearsedRecord, SeverityFinding, Department, User, Membership, Event,
    Seal, Checkpoint, HistorySeal, Head,
    CalendarVersion, Limit, Case, CaseRound, Request, Pause, Extension, Movement, Decision, Comment, Substitution, SavedView, Notice,
    Evidence, EvidenceShare, Letter, LetterTemplate, Objection, Point, Entry, Attempt,
    Attachment, Commitment, CommitmentMatter, FigureBasis, MatterTemplate, OwedMaterial, Performance, Publication, Verification,
    Application, Item, Material, Bar, Shielding, RepairableRecord, PenaltyToServe, ServedNotice,
    Breach, PriorNotice, DecidedMeasure, DegreeRule, Measure,
)  # fmt: skip
MOMENT = datetime(2026, 11, 20, 4, tzinfo=UTC)
CLERKS, REVIEWERS = {"clerk", "second_clerk"}, {"reviewer"}
EXPECTED = {
    Record: {
        "view": SEES_RECORDS,
        "change": CLERKS,
        "submit": CLERKS,
        "return": REVIEWERS,
        "publish": REVIEWERS,
        "withdraw": REVIEWERS,
        "classify": REVIEWERS,
        "dispute": {"officer", "approver"},
        "correct": {"approver"},
        "suspend": {"approver"},
        "resume": {"approver"},
        "withdraw_by_decision": {"approver"},
        "reinstate": {"approver"},
        "repair": {"approver"},
        "revoke_repair": {"approver"},
        "export": SEES_RECORDS,
    },
    IntakeBatch: {
        "view": SEES_RECORDS,
        "check": CLERKS,
        "correct": CLERKS,
        "explain": CLERKS,
        "submit": CLERKS,
        "take_back": CLERKS,
        "return": REVIEWERS,
        "publish": REVIEWERS,
    },
    CalendarVersion: {
        "view": {*SEES_RECORDS, "stranger", "strange_reviewer"},
        "change": set(),  # the one there is in force
        "propose": set(),
        "confirm": {"approver"},
        "reject": {"approver"},
    },
    Limit: {
        "view": {*SEES_RECORDS, "stranger", "strange_reviewer"},
        "propose": {"officer"},
        "confirm": {"approver"},
        "reject": {"approver"},
    },
    FigureBasis: {
        "view": {*SEES_RECORDS, "stranger", "strange_reviewer"},
        "confirm": {"approver"},
        "reject": {"approver"},
    },
    # The ones there are are in force.
    DegreeRule: {
        "view": {*SEES_RECORDS, "stranger", "strange_reviewer"},
        "amend": set(),
        "confirm": set(),
        "discard": set(),
    },
    Measure: {
        "view": {*SEES_RECORDS, "stranger", "strange_reviewer"},
        "amend": set(),
        "confirm": set(),
        "discard": set(),
        "end": {"approver"},
    },
}
"""Who does what with a thing of the market supervision: everybody else of `PEOPLE` does not."""


OFFICE = {"officer", "approver", "supervisor"}
ASKED = {*CLERKS, *REVIEWERS}
LAID_BEFORE = {*OFFICE, *ASKED, "upper"}
SEEN_OF_A_REPAIR = {
    Application: {
        "view": LAID_BEFORE,
        "history": OFFICE,
        "confirm": {"upper"},
        "return_decision": {"upper"},
        "decide": {"approver"},
        "accept": {"officer"},
        "answer": set(),  # answered already
        "urge": {"officer", "approver"},
        "report_false_material": {"approver"},
    },
    Item: {"view": LAID_BEFORE},
    Material: {"view": LAID_BEFORE},
    Bar: {"view": OFFICE, "lift": {"approver"}},
    Shielding: {
        "view": OFFICE | ASKED,
        "end": {"approver"},
    },  # of another case, not laid before the office above
    ServedNotice: {"view": LAID_BEFORE, "correct": CLERKS, "undo": ASKED},
    # Lists of those who report and of the office: nothing is laid before the office above by them.
    RepairableRecord: {"view": OFFICE | ASKED, "export": OFFICE | ASKED},
    PenaltyToServe: {"view": OFFICE | ASKED, "export": OFFICE | ASKED, "record_served": CLERKS},
}
"""Of a repair that lies before the office above; the officer in charge is the one who accepted it."""
SEEN_OF_A_BREACH = {
    Breach: {
        "view": OFFICE | ASKED,
        "history": OFFICE,
        "close": {"officer"},
        "lift_measure": {"approver"},
        "decide": {"approver"},
        "answer": set(),
    },
    PriorNotice: {"view": OFFICE | ASKED},
    DecidedMeasure: {"view": OFFICE | ASKED},
    DegreeRule: {
        "view": OFFICE,
        "amend": {"officer"},
        "confirm": {"approver"},
        "discard": {"officer"},
    },
    Measure: {
        "view": OFFICE,
        "amend": {"officer"},
        "confirm": {"approver"},
        "discard": {"officer"},
        "end": set(),
    },
}
"""Of a breach that the department has reported and the office has decided; rule and measure are drafts."""


@pytest.fixture
def world(city, report):
    report(penalty(1), penalty(2), submit=True)
    return city


@pytest.fixture
def full_world(world, report, file_objection, penalties_above, apply_for_repair):
    """At least one row of everything that has a policy, and more than one kind where the rule looks at it."""
    with act("test.world", actor=world.system):
        person = Subject.objects.create(kind="natural_person", name="示例人丙", name_key="示例人丙")
        for subject in (person, Subject.objects.exclude(pk=person.pk).first()):
            SubjectName.objects.create(
                subject=subject, name="示例旧名", name_key="示例旧名", kind=SubjectName.Kind.values[0]
            )
        first, second = Subject.objects.order_by("pk")[:2]
        DuplicateCodeEntry.objects.create(
            name="示例", name_key="示例", first=first, second=second, found_at=MOMENT
        )
        for department in (world.scjg, world.sthj):
            ZeroReport.objects.create(
                department=department,
                item=CatalogueItem.objects.first(),
                month=MOMENT.date().replace(day=1),
                reported_by=world.clerk,
                reported_at=MOMENT,
            )
    _add_case(world, file_objection(), file_objection())
    _add_messages(world)
    _add_rules(world)
    _add_breach(world, _add_commitments(world))
    _add_repairs(world, apply_for_repair, *penalties_above)
    seal_history(actor=world.system)
    sealing.seal_events()
    export_head(actor=world.system)
    return world


def _add_repairs(world, apply_for_repair, record, shielded):
    """A repair that lies before the office above, and a record that the court's order hides."""
    whole = apply_for_repair(Claim(record, FULFILLED), subject=record.subject)
    RepairWay(world, whole).accept().ask().answer().propose().decide()
    assert whole.case.state == "upper_review"
    ordered = apply_for_repair(Claim(shielded), subject=shielded.subject, **ORDER)
    RepairWay(world, ordered).accept().ask().answer().propose().decide()
    assert Shielding.objects.filter(record=shielded).exists()
    with act("test.bar", actor=world.approver):
        Bar.objects.create(
            subject=record.subject, application=whole, found_on=DAY, reason="示例", reference="示例",
            set_by=world.approver, set_at=MOMENT,
        )  # fmt: skip
    record_served([record], actor=world.clerk, served_on=date(2026, 11, 17), method="direct", now=at(18))


def _add_commitments(world):
    """One open to the public with something of everything, one that is not, and one of a person."""
    load_shipped_bases(actor=world.system)
    counter = Counter(world, person="示例人丁")
    shown = counter.missing()
    limited = counter.register(disclosure="limited")
    counter.register(counter.person, actor=world.officer, department=world.office)
    report_performance(shown, actor=world.clerk, status="full", determined_on=DAY, now=at(17))
    attach(
        shown, ContentFile("示例承诺书。".encode() * 20, name="承诺书.txt"), actor=world.clerk, kind="signed"
    )
    return limited


def _add_breach(world, commitment):
    """One that the department has reported and the office has decided, and drafts of what it is decided by."""
    breach = report_breach(
        commitment, actor=world.clerk, kind="false", found_on=DAY, facts="示例。", now=at(16, 11)
    )
    BreachWay(world, breach).accept().told().propose().decide()
    degree_rules.draft(
        actor=world.officer, key="draft", title="示例", source="示例", in_force_from=date(2030, 1, 1),
        body=DegreeRule.objects.get().body,
    )  # fmt: skip
    measures.draft(
        actor=world.officer, key="draft", title="示例", effect="inspection", text="示例。", legal_basis="示例",
        degrees=["general"], in_force_from=date(2030, 1, 1),
    )  # fmt: skip


def _add_rules(world):
    """A draft rule set, rehearsed, and a department's finding of its own."""
    base = RuleSet.objects.get(key="order-36")
    draft = draft_rule_set(
        base, actor=world.officer, title="示例", source="示例", in_force_from=date(2026, 5, 1), reason="示例"
    )
    rehearse(draft, actor=world.officer, now=MOMENT)
    record = Record.objects.filter(state="submitted").order_by("pk").first()
    classify(record, actor=world.reviewer, severity="serious", reason="示例", now=MOMENT)


def _add_messages(world):
    """To the upper platform: one about a record, tried once, and one about none."""
    record = Record.objects.order_by("pk").first()
    with act("test.messages", actor=world.system):
        for key, about in (("a", record), ("b", None)):
            entry = outbox.put(
                topic="test.told", key=key, payload={}, reference="示例", record=about, actor=world.system
            )
            Attempt.objects.create(entry=entry, number=1, claim=uuid4(), begun_at=MOMENT)


def _add_case(world, objection, ended):
    """A case with something of everything that belongs to one, and one with a round that has ended."""
    officer, case = world.officer, objection.case
    proof = ContentFile("示例证据。".encode() * 20, name="证据.txt")
    add_evidence(case, proof, actor=officer, kind="proof", provided_by="applicant", now=at(16, 10))
    assignment.comment(case, actor=officer, reason="请注意。", now=at(16, 11))
    Way(world, objection).accept().ask().answer().propose()
    extensions.ask_extension(case, actor=officer, days=2, reason="复杂。", now=at(20))
    pauses.pause(case, actor=officer, kind="hearing", reason="听证。", now=at(20))
    second = world.person("officer2", "蒋示例", "officer", world.office)
    day = today()
    assignment.substitute(officer, actor=officer, by=second, since=day, until=day)
    handling.refuse(ended, actor=officer, reason="不属于异议。", now=at(17))
    SavedView.objects.create(person=officer, name="示例", query="mine=1", created_at=MOMENT)


@pytest.mark.parametrize("person", PEOPLE)
def test_records_are_seen_by_the_department_and_the_office_alone(world, person):
    seen = policy_for(Record).scope(getattr(world, person)).count()
    assert seen == (2 if person in SEES_RECORDS else 0)


@pytest.mark.parametrize("model", EXPECTED)
def test_each_role_does_its_part_and_no_more(world, model):
    policy, thing = policy_for(model), model.objects.first()
    assert set(EXPECTED[model]) == set(policy.rules)
    found = {
        verb: {who for who in PEOPLE if policy.allows(getattr(world, who), verb, thing)}
        for verb in policy.rules
    }
    assert found == EXPECTED[model]


def test_who_sees_a_repair_and_whose_step_it_is(full_world):
    application = Application.objects.get(case__state="upper_review")
    record = application.items.get().record
    of_the_repair = {
        Application: application,
        Item: application.items.get(),
        Material: application.materials.get(kind="fulfilment"),
        Bar: Bar.objects.get(),
        Shielding: Shielding.objects.get(),
        ServedNotice: ServedNotice.objects.get(),
        RepairableRecord: RepairableRecord.objects.get(pk=record.pk),
        PenaltyToServe: PenaltyToServe.objects.get(pk=record.pk),
    }
    for model, expected in SEEN_OF_A_REPAIR.items():
        policy, thing = policy_for(model), of_the_repair[model]
        found = {
            verb: {who for who in PEOPLE if policy.allows(getattr(full_world, who), verb, thing)}
            for verb in expected
        }
        assert found == expected, model


def test_who_sees_a_breach_and_whose_step_it_is(full_world):
    of_the_breach = {
        Breach: Breach.objects.get(),
        PriorNotice: PriorNotice.objects.get(),
        DecidedMeasure: DecidedMeasure.objects.first(),
        DegreeRule: DegreeRule.objects.get(state="draft"),
        Measure: Measure.objects.get(state="draft"),
    }
    for model, expected in SEEN_OF_A_BREACH.items():
        policy, thing = policy_for(model), of_the_breach[model]
        found = {
            verb: {who for who in PEOPLE if policy.allows(getattr(full_world, who), verb, thing)}
            for verb in expected
        }
        assert found == expected, model


def test_every_policy_is_compared():
    assert set(MODELS) == set(registry._policies)


def required(policy, user, verb, thing) -> str:
    try:
        policy.require(user, verb, thing)
    except NotVisible:
        return "404"
    except NotAllowed:
        return "403"
    return "done"


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_buttons_services_and_lists_never_disagree(full_world, data):
    model = data.draw(st.sampled_from(MODELS))
    policy = policy_for(model)
    user = getattr(full_world, data.draw(st.sampled_from(PEOPLE)))
    verb = data.draw(st.sampled_from([*policy.rules, "no such verb"]))
    thing = data.draw(st.sampled_from(list(model._default_manager.order_by("pk"))))
    listed = thing in policy.scope(user, verb)
    seen = thing in policy.scope(user, "view")
    request = RequestFactory().get("/")
    request.user = user
    assert may_on(request, verb, thing, also=policy.rules) == listed
    assert required(policy, user, verb, thing) == ("done" if listed else "403" if seen else "404")
    assert seen or not listed


def test_a_verb_that_no_row_allows_is_not_in_the_menu_and_one_that_a_row_allows_is(full_world):
    for model in MODELS:
        policy = policy_for(model)
        for who in PEOPLE:
            user = getattr(full_world, who)
            for verb in policy.rules:
                assert policy.may(user, verb) or not policy.scope(user, verb).exists(), (model, who, verb)


def test_outside_is_404_and_inside_without_the_right_is_403(world):
    record = Record.objects.first()
    with pytest.raises(NotVisible):
        policy_for(Record).require(world.stranger, "publish", record)
    with pytest.raises(NotAllowed):
        policy_for(Record).require(world.clerk, "publish", record)


def test_a_superuser_is_no_way_round(world):
    world.sysadmin.is_superuser = True
    assert not policy_for(Record).scope(world.sysadmin).exists()


def test_natural_persons_are_seen_only_by_those_who_hold_a_record(world):
    with act("test", actor=world.system):
        person = Subject.objects.create(kind="natural_person", name="示例人丙", name_key="示例人丙")
    for who in ("clerk", "reviewer", "stranger", "auditor"):
        assert not policy_for(Subject).allows(getattr(world, who), "view", person)
    assert policy_for(Subject).allows(world.officer, "view", person)
    with act("test", actor=world.system):
        record = Record.objects.first()
        record.subject = person
        record.save(update_fields=["subject"])
    for who in ("clerk", "second_clerk", "reviewer"):
        assert policy_for(Subject).allows(getattr(world, who), "view", person)
    for who in ("stranger", "strange_reviewer", "auditor"):
        assert not policy_for(Subject).allows(getattr(world, who), "view", person)
