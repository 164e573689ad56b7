"""Which material is required of whom, and that nothing is taken up before it is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from django.core.files.base import ContentFile

from accounts.policy import NotVisible
from audit.acts import act
from audit.faults import Refused
from casework.models import Case, Letter
from casework.services import correcting, evidence
from credit_records.models import Subject
from repair.models import Application, Material
from repair.rules.materials import MaterialRulesError, problems_of, requirements
from repair.services import handling, materials
from repair.services.materials import Verdict, missing
from repair.services.registering import Claim

from .applying import APPLICANT, COMMITTED, ORDER, at, check_all

PRESENT, MISSING, FAULTY = Material.State.PRESENT, Material.State.MISSING, Material.State.FAULTY
FORM, COMMITMENT, PROOF, LICENCE, IDENTITY, AUTHORISATION, ORDER_OF_COURT = (
    "application_form",
    "commitment",
    "fulfilment",
    "licence",
    "identity",
    "authorisation",
    "court_order",
)
# kind, role, channel: what is required, what may be handed in as well. Written by hand, an organisation applies.
OVER_THE_COUNTER = {FORM, LICENCE, IDENTITY}
TABLE = {
    ("repair", "self", "window"): (OVER_THE_COUNTER | {COMMITMENT, PROOF}, set()),
    ("repair", "self", "post"): (OVER_THE_COUNTER | {COMMITMENT, PROOF}, set()),
    ("repair", "self", "platform"): ({FORM, COMMITMENT, PROOF}, {LICENCE, IDENTITY}),
    ("repair", "representative", "window"): (OVER_THE_COUNTER | {COMMITMENT, PROOF}, set()),
    ("repair", "representative", "post"): (OVER_THE_COUNTER | {COMMITMENT, PROOF}, set()),
    ("repair", "representative", "platform"): ({FORM, COMMITMENT, PROOF}, {LICENCE, IDENTITY}),
    ("repair", "agent", "window"): (OVER_THE_COUNTER | {COMMITMENT, PROOF, AUTHORISATION}, set()),
    ("repair", "agent", "post"): (OVER_THE_COUNTER | {COMMITMENT, PROOF, AUTHORISATION}, set()),
    ("repair", "agent", "platform"): ({FORM, COMMITMENT, PROOF, AUTHORISATION}, {LICENCE, IDENTITY}),
    ("shield", "self", "window"): (OVER_THE_COUNTER | {ORDER_OF_COURT}, set()),
    ("shield", "self", "post"): (OVER_THE_COUNTER | {ORDER_OF_COURT}, set()),
    ("shield", "self", "platform"): ({FORM, ORDER_OF_COURT}, {LICENCE, IDENTITY}),
    ("shield", "representative", "window"): (OVER_THE_COUNTER | {ORDER_OF_COURT}, set()),
    ("shield", "representative", "post"): (OVER_THE_COUNTER | {ORDER_OF_COURT}, set()),
    ("shield", "representative", "platform"): ({FORM, ORDER_OF_COURT}, {LICENCE, IDENTITY}),
    ("shield", "agent", "window"): (OVER_THE_COUNTER | {ORDER_OF_COURT, AUTHORISATION}, set()),
    ("shield", "agent", "post"): (OVER_THE_COUNTER | {ORDER_OF_COURT, AUTHORISATION}, set()),
    ("shield", "agent", "platform"): ({FORM, ORDER_OF_COURT, AUTHORISATION}, {LICENCE, IDENTITY}),
}


def test_the_table_names_every_combination():
    # Departments report breaches, and apply for no repair.
    roles, channels = (
        [one for one in which.values if one != "department"] for which in (Case.ApplicantRole, Case.Channel)
    )
    assert set(TABLE) == set(product(Application.Kind.values, roles, channels))


@pytest.mark.parametrize(("kind", "role", "channel"), TABLE)
def test_what_is_required_of_whom(kind, role, channel):
    rows = requirements(kind, role, channel)
    required, optional = TABLE[kind, role, channel]
    assert {row.material for row in rows if row.required} == required
    assert {row.material for row in rows if not row.required} == optional
    assert {row.material for row in rows if row.per_record} == ({PROOF} if kind == "repair" else set())


@pytest.mark.parametrize(("kind", "role", "channel"), TABLE)
def test_a_natural_person_has_no_licence(kind, role, channel):
    required, optional = TABLE[kind, role, channel]
    rows = requirements(kind, role, channel, natural_person=True)
    assert {row.material for row in rows} == (required | optional) - {LICENCE}


def test_every_line_is_known_and_says_whether_it_is_law():
    rows = requirements("repair", "agent", "window") + requirements("shield", "agent", "window")
    assert {row.material for row in rows} == set(Material.Kind.values)
    assert all(row.source for row in rows)
    by_certainty = {row.material: row.certainty for row in rows}
    assert {name for name, certainty in by_certainty.items() if certainty == "law"} == {AUTHORISATION}
    assert {name for name, certainty in by_certainty.items() if certainty == "own"} == OVER_THE_COUNTER


def test_a_faulty_list_is_named_row_by_row():
    rows = [{"material": "", "source": " ", "certainty": "sure", "kind": "repair"}]
    assert list(problems_of(rows)) == [
        "第1行缺少“material”",
        "第1行缺少“source”",
        "第1行的“kind”无法识别",
        "第1行的“certainty”应为law、secondary、own之一",
    ]
    assert "第1行" in str(MaterialRulesError(list(problems_of(rows))))


# --- the list of an application -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "channel", "more", "expected"),
    [
        ("representative", "window", {}, [FORM, COMMITMENT, PROOF, LICENCE, IDENTITY]),
        ("agent", "post", {}, [FORM, COMMITMENT, PROOF, LICENCE, IDENTITY, AUTHORISATION]),
        ("representative", "platform", {}, [FORM, COMMITMENT, PROOF]),
        ("representative", "window", ORDER, [FORM, ORDER_OF_COURT, LICENCE, IDENTITY]),
    ],
)
def test_the_list_is_written_at_registration(apply_for_repair, role, channel, more, expected):
    how = Case.IdentityCheck.AUTHORISATION
    application = apply_for_repair(
        applicant=replace(APPLICANT, role=role, identity_check=how), channel=channel, **more
    )
    assert [line.kind for line in missing(application)] == expected


def test_a_person_applies_without_a_licence(city, apply_for_repair, subject):
    with act("test.kind", actor=city.system):
        subject.kind = Subject.Kind.NATURAL_PERSON
        subject.save()
    assert LICENCE not in {line.kind for line in missing(apply_for_repair())}


def test_nothing_is_accepted_before_all_is_there(city, apply_for_repair, records):
    application = apply_for_repair(Claim(records[0]), Claim(records[1]))
    faulty = Verdict(FAULTY, "没有加盖公章")
    check_all(application, actor=city.officer, now=at(16, 11), but={FORM: faulty, PROOF: Verdict(MISSING)})
    with pytest.raises(Refused) as refusal:
        handling.accept(application, actor=city.officer, now=at(16, 14))
    assert refusal.value.code == "repair.material_missing"
    for said in ("信用修复申请表不合要求：没有加盖公章", "缺少履行义务证明材料(第1项)", "(第2项)"):
        assert said in refusal.value.message
    assert "营业执照" not in refusal.value.message
    assert Case.objects.get(pk=application.pk).state == "received"
    assert not Letter.objects.exists()
    check_all(application, actor=city.officer, now=at(16, 13))
    handling.accept(application, actor=city.officer, now=at(16, 14))
    assert application.case.accepted_on == date(2026, 11, 16)


@pytest.mark.parametrize("kind", [FORM, COMMITMENT, PROOF, LICENCE, IDENTITY])
def test_each_required_line_holds_the_acceptance_up(city, apply_for_repair, kind):
    application = apply_for_repair()
    check_all(application, actor=city.officer, now=at(16, 11), but={kind: Verdict(MISSING)})
    with pytest.raises(Refused) as refusal:
        handling.accept(application, actor=city.officer, now=at(16, 14))
    assert refusal.value.message.count("缺少") == 1
    assert Material.Kind(kind).label in refusal.value.message


def test_what_is_not_required_holds_nothing_up(city, apply_for_repair):
    how = Case.IdentityCheck.PLATFORM
    application = apply_for_repair(channel="platform", applicant=replace(APPLICANT, identity_check=how))
    absent = {LICENCE: Verdict(MISSING), IDENTITY: Verdict(MISSING)}
    check_all(application, actor=city.officer, now=at(16, 11), but=absent)
    handling.accept(application, actor=city.officer, now=at(16, 14))
    assert application.case.state == "accepted"


def test_the_commitment_letter_has_a_day(city, apply_for_repair):
    application = apply_for_repair()
    line = application.materials.get(kind=COMMITMENT)
    verdicts = {line.pk: Verdict(PRESENT)}

    def check(**more):
        return materials.check_materials(
            application, actor=city.officer, verdicts=verdicts, now=at(16, 11), **more
        )

    with pytest.raises(Refused) as refusal:
        check()
    assert refusal.value.code == "repair.commitment_day"
    with pytest.raises(Refused) as refusal:
        check(committed_on=date(2026, 11, 17))
    assert refusal.value.code == "repair.day_in_future"
    with pytest.raises(Refused, match="2026-05-20") as refusal:
        check(committed_on=date(2026, 5, 19))
    assert refusal.value.code == "repair.committed_before_decision"
    assert application.materials.get(kind=COMMITMENT).state == "unchecked"
    check(committed_on=COMMITTED, commitment=" 依法经营。 ")
    stored = Application.objects.get(pk=application.pk)
    assert (stored.committed_on, stored.commitment) == (COMMITTED, "依法经营。")
    assert (application.committed_on, application.commitment) == (COMMITTED, "依法经营。")
    check(commitment=None)  # what is not said stays
    assert Application.objects.get(pk=application.pk).committed_on == COMMITTED


FAULTY_CHECKS = {
    "no verdict": (Verdict("unchecked"), "repair.material_state"),
    "an unknown verdict": (Verdict("fine"), "repair.material_state"),
    "faulty without saying what": (Verdict(FAULTY, "  "), "repair.material_remark"),
}


@pytest.mark.parametrize("name", FAULTY_CHECKS)
def test_a_faulty_check_is_refused(city, apply_for_repair, name):
    verdict, code = FAULTY_CHECKS[name]
    application = apply_for_repair()
    with pytest.raises(Refused) as refusal:
        check_all(application, actor=city.officer, now=at(16, 11), but={LICENCE: verdict})
    assert refusal.value.code == code
    assert set(application.materials.values_list("state", flat=True)) == {"unchecked"}


def test_a_check_touches_only_lines_of_its_own_application(city, apply_for_repair, records):
    first = apply_for_repair()
    second = apply_for_repair(Claim(records[1]))
    foreign = second.materials.first()
    with pytest.raises(Refused) as refusal:
        materials.check_materials(
            first, actor=city.officer, verdicts={foreign.pk: Verdict(PRESENT)}, now=at(16, 11)
        )
    assert refusal.value.code == "repair.material_foreign"
    with pytest.raises(NotVisible):
        check_all(first, actor=city.stranger, now=at(16, 11))


def _file(case: Case, city, text: str = "缴款凭证") -> evidence.Evidence:
    file = ContentFile(text.encode() * 30, name="缴款凭证.txt")
    return evidence.add(case, file, actor=city.officer, kind="proof", provided_by="applicant", now=at(16, 10))


def test_a_line_names_its_file_and_a_crossed_out_file_is_missing_again(city, apply_for_repair):
    application = apply_for_repair()
    piece = _file(application.case, city)
    check_all(application, actor=city.officer, now=at(16, 11), but={PROOF: Verdict(PRESENT, evidence=piece)})
    assert application.materials.get(kind=PROOF).evidence == piece
    assert missing(application) == []
    evidence.remove(piece, actor=city.officer, reason="传错了。", now=at(16, 12))
    assert [line.kind for line in missing(application)] == [PROOF]
    with pytest.raises(Refused) as refusal:
        handling.accept(application, actor=city.officer, now=at(16, 14))
    assert refusal.value.code == "repair.material_missing"


def test_a_file_of_another_case_proves_nothing(city, apply_for_repair, records):
    application = apply_for_repair()
    other = apply_for_repair(Claim(records[1]))
    piece = _file(other.case, city)
    with pytest.raises(Refused) as refusal:
        check_all(
            application, actor=city.officer, now=at(16, 11), but={PROOF: Verdict(PRESENT, evidence=piece)}
        )
    assert refusal.value.code == "repair.material_evidence"


def test_the_window_that_took_it_in_checks_it(city, apply_for_repair):
    application = apply_for_repair(actor=city.clerk)
    check_all(application, actor=city.clerk, now=at(16, 11))
    assert application.materials.filter(checked_by=city.clerk, state=PRESENT).count() == 5


def test_the_letter_asks_for_what_the_check_found(city, apply_for_repair):
    application = apply_for_repair()
    absent = {COMMITMENT: Verdict(MISSING), PROOF: Verdict(FAULTY, "复印件不清")}
    check_all(application, actor=city.officer, now=at(16, 11), but=absent)
    handling.ask_correction(application, actor=city.officer, now=at(16, 14))
    request = application.case.requests.get()
    assert request.asks == "1．缺少信用修复承诺书。\n2．履行义务证明材料(第1项)不合要求：复印件不清。"
    letter = Letter.objects.get()
    said = "".join(paragraph["text"] for paragraph in letter.content["paragraphs"])
    assert "复印件不清" in said
    assert letter.number == "银信修补〔2026〕1号"
    with pytest.raises(Refused) as refusal:
        handling.accept(application, actor=city.officer, now=at(17))
    assert refusal.value.code == "case.state"
    check_all(application, actor=city.officer, now=at(18))
    correcting.record_correction(application.case, actor=city.officer, now=at(18))
    handling.accept(application, actor=city.officer, now=at(18, 11))
    with pytest.raises(Refused) as refusal:
        handling.ask_correction(application, actor=city.officer, asks="再补。", now=at(18, 12))
    assert refusal.value.code == "case.state"


def test_nothing_to_correct_is_not_asked(city, apply_for_repair):
    application = apply_for_repair()
    check_all(application, actor=city.officer, now=at(16, 11))
    with pytest.raises(Refused) as refusal:
        handling.ask_correction(application, actor=city.officer, now=at(16, 14))
    assert refusal.value.code == "request.asks_missing"
