"""At least one row of everything that has a policy, built by the services."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django_otp.oath import totp

from accounts.kept_files import digest_of, keep
from audit import sealing
from audit.acts import act
from audit.clock import today
from audit.heads import export_head
from audit.history_sealing import seal_history
from breaches.models import DegreeRule
from breaches.services import degree_rules, measures
from breaches.services.registering import report as report_breach
from casework.models import SavedView
from casework.services import assignment, extensions, pauses
from casework.services.evidence import add as add_evidence
from commitments.services.attachments import attach
from commitments.services.bases import load_shipped_bases
from commitments.services.performing import report_performance
from credit_records.models import (
    CatalogueItem,
    DuplicateCodeEntry,
    Record,
    RuleSet,
    Subject,
    SubjectName,
    ZeroReport,
)
from credit_records.services.classifying import classify
from credit_records.services.opening import NewSubject
from credit_records.services.rehearsing import rehearse
from credit_records.services.rule_sets import draft_rule_set
from exchange.models import Attempt
from exchange.services import outbox
from objections.services import handling
from repair.models import Bar, Shielding
from repair.services.registering import Claim
from repair.services.served import record_served
from signin.models import SignIn
from signin.services import demands, identities, second_factor
from supervision.models import EvidencePack, FrozenFigure, FrozenMonth, FrozenRows, Indicator
from supervision.services import hand_kept, hand_kept_files, production_import, reports
from supervision.services.production import tell_production
from supervision.services.shipped import load_shipped_indicators

from ..accounts.granting import let_in
from ..breaches.breaching import BreachWay
from ..commitments.counter import DAY, Counter
from ..credit_records.builders import penalty
from ..kept import build_once
from ..objections.filing import Way, at
from ..oversight.given import add_oversight
from ..repair.applying import FULFILLED, ORDER, RepairWay

MOMENT = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.fixture
def world(city, report):
    report(penalty(1), penalty(2), submit=True)
    return city


@pytest.fixture
def full_world(city, catalogue, request):
    """At least one row of everything that has a policy, and more than one kind where the rule looks at it."""
    build_once("full world", lambda: _fill(city, request.getfixturevalue), alone=False)
    return city


def _fill(world, made):
    """`made` gives the fixtures that write: they are asked for only where the world is really built."""
    made("report")(penalty(1), penalty(2), submit=True)
    file_objection = made("file_objection")
    penalties_above = made("penalties_above")
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
    _add_repairs(world, made("apply_for_repair"), *penalties_above)
    _add_sign_in(world)
    _add_supervision(world)
    add_oversight(world)
    seal_history(actor=world.system)
    sealing.seal_events()
    export_head(actor=world.system)


def _add_supervision(world):
    load_shipped_indicators(actor=world.system)
    penalties = CatalogueItem.objects.get(code="penalty-org")
    tell_production(
        department=world.scjg, item=penalties, month=date(2026, 5, 1), produced=3, actor=world.clerk
    )
    _add_indicators(world)
    _add_reports(world)
    _add_files(world)


def _add_files(world):
    """A ledger brought in by workbook and not confirmed, and an evidence pack of the office that has been made."""
    sheet = production_import.sheet(world.scjg, date(2026, 5, 1), actor=world.clerk)
    file = SimpleUploadedFile("台账.xlsx", sheet)
    production_import.preview(file, department=world.scjg, month=date(2026, 5, 1), actor=world.clerk)
    pack = EvidencePack.objects.create(
        code="all", title="全部指标", as_of=date(2026, 5, 31), bodies=[world.scjg.pk], home=world.office,
        as_office=True, asked_by=world.officer, asked_at=MOMENT, rows=1,
    )  # fmt: skip
    content = ContentFile(b"PK\x05\x06" + bytes(18), name="pack.zip")
    pack.made_at, pack.number, pack.size, pack.sha256 = MOMENT, 1, 22, digest_of(content)
    with transaction.atomic():
        keep(pack, content, name="pack.zip")


def _add_reports(world):
    """One that was signed, and a draft."""
    signed = reports.draw_up(world.office, "month", date(2026, 4, 1), actor=world.officer)
    reports.sign(signed, actor=world.approver)
    reports.draw_up(world.office, "month", date(2026, 5, 1), actor=world.officer)


def _add_indicators(world):
    """One kept by hand with a file, and a frozen month with a figure of the area and one of the department."""
    by_hand = Indicator.objects.get(code="y22-29")
    [entry] = hand_kept.assign(
        by_hand,
        [world.scjg],
        actor=world.officer,
        day=date(2026, 5, 1),
        deadline=date(2026, 12, 20),
        person="示例",
    )
    hand_kept.fill_in(entry, actor=world.clerk, told="反馈12件。")
    hand_kept_files.attach(entry, ContentFile("案例清单。".encode(), name="清单.txt"), actor=world.clerk)
    month = FrozenMonth.objects.create(
        office=world.office,
        month=date(2026, 4, 1),
        bodies=[world.scjg.pk],
        frozen_by=world.approver,
        frozen_at=MOMENT,
    )
    rows = FrozenRows.objects.create(model="credit_records.record", digest="0" * 64, keys=[], number=0)
    for department in (None, world.scjg):
        FrozenFigure.objects.create(
            frozen=month, indicator=Indicator.objects.get(code="y22-22-timely"), department=department,
            first=month.month, numerator=0, numerator_words="按时首报", numerator_rows=rows, denominator=0,
            denominator_words="首报", denominator_rows=rows,
        )  # fmt: skip


def _add_sign_in(world):
    """A clerk with a telephone who has signed in before, and a role of which the security administrator asks as much."""
    secret = second_factor.new_secret()
    second_factor.set_up(world.clerk, secret=secret, code=f"{totp(secret):06}")
    SignIn.objects.create(user=world.clerk, at=MOMENT, address="10.0.0.1")
    identities.bind(world.clerk, "https://id.example.gov.cn", "s-1")
    demands.demand("clerk", actor=world.secadmin, demanded=True, since=today(), reason="示例")


def _add_repairs(world, apply_for_repair, record, shielded):
    """A repair that lies before the office above, and a record that the court's order hides."""
    whole = apply_for_repair(Claim(record, FULFILLED), subject=record.subject)
    RepairWay(world, whole).accept().ask().answer().propose().decide()
    whole.case.refresh_from_db()
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
    person = NewSubject("natural_person", "示例人戊", id_type="身份证", number="110101199003070011")
    counter.register(person, actor=world.officer, department=world.office)
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
    _add_grants(world, case)


def _add_grants(world, case):
    """To those who see it anyway, or who reach nobody: the tables of who sees what stay as they are."""
    record = Record.objects.order_by("pk").first()
    let_in(record, world.upper_office, by=world.reviewer)
    let_in(record, world.second_clerk, by=world.approver)
    let_in(case, world.upper_office, by=world.approver)
    let_in(case, world.supervisor, by=world.approver)
