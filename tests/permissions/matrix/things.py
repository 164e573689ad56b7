"""What stands behind each address: one thing of the city's market supervision for every kind of page."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.db.models.base import ModelState

from accounts.grants.reach import all_grants
from accounts.models import Membership, RolePair
from accounts.sealing import seal
from audit.models import Event, Head
from breaches.models import Breach, DegreeRule, Measure
from casework.models import Evidence, Letter, LetterTemplate, Notice, SavedView, Substitution
from casework.services import issued_files
from commitments.models import (
    Attachment,
    Commitment,
    CommitmentMatter,
    FigureBasis,
    OwedMaterial,
    Performance,
    Verification,
)
from credit_records.models import (
    CatalogueItem,
    CatalogueVersion,
    DuplicateCodeEntry,
    IntakeBatch,
    Record,
    RehearsedRecord,
    RuleSet,
    Subject,
    SubjectName,
    ZeroReport,
)
from exchange.models import Entry
from objections.models import Objection
from oversight.models import Addressee, Directive, DirectiveTemplate, Duty, Proposal, Task, TaskImport
from oversight.models import Attachment as OversightFile
from repair.models import Application, Bar, PenaltyToServe, RepairableRecord, ServedNotice, Shielding
from signin.models import TwoFactorDemand
from supervision.models import (
    EvidencePack,
    FrozenMonth,
    HandKept,
    HandKeptFile,
    Indicator,
    MonthlyProduction,
    ProductionImport,
    Report,
)
from worktime.models import CalendarVersion, Limit

from .addresses import Address, stem

NUMBERS = {"casework_case_reveal": "phone", "credit_records_subject_reveal": "id"}
COLUMN = "CF_FR_ZJHM"
"""Under which key the numbers are asked for; those of records by the column of the catalogue."""


def things(city) -> dict[str, Any]:
    """The thing behind the pages of each admin, by the stem of their names."""
    department = city.scjg
    objection = Objection.objects.order_by("pk").first()
    application = Application.objects.get(case__state="upper_review")
    breach = Breach.objects.get()
    shown = Commitment.objects.get(kind="missing")
    submitted = Record.objects.filter(department=department, state="submitted").order_by("pk").first()
    # Published, and in no case that hides it from the lists of what can be done.
    listed = Record.objects.filter(department=department, state="published").order_by("pk").first()
    found = [
        department,
        city.clerk,
        Membership.objects.get(user=city.clerk),
        RolePair.objects.filter(by_law=False).order_by("pk").first(),
        TwoFactorDemand.objects.order_by("pk").first(),
        Head.objects.first(),
        Event.objects.first(),
        CalendarVersion.objects.first(),
        Limit.objects.first(),
        submitted,
        CatalogueItem.objects.get(code="penalty-org"),
        CatalogueVersion.objects.get(item__code="penalty-org"),
        IntakeBatch.objects.filter(department=department).order_by("pk").first(),
        ZeroReport.objects.get(department=department),
        DuplicateCodeEntry.objects.first(),
        RehearsedRecord.objects.first(),
        RuleSet.objects.get(state="draft"),
        Subject.objects.get(name="示例人戊"),
        Entry.objects.exclude(record=None).order_by("pk").first(),
        objection.case,
        Evidence.objects.filter(case=objection.case).order_by("pk").first(),
        Letter.objects.filter(case=application.case).order_by("pk").first(),
        LetterTemplate.objects.first(),
        Notice.objects.order_by("pk").first(),
        Substitution.objects.first(),
        FigureBasis.objects.first(),
        Indicator.objects.first(),
        MonthlyProduction.objects.filter(department=department).first(),
        Task.objects.get(),
        Duty.objects.get(),
        Directive.objects.get(),
        DirectiveTemplate.objects.first(),
        Addressee.objects.get(),
        Proposal.objects.get(),
        HandKept.objects.get(),
        FrozenMonth.objects.get(),
        EvidencePack.objects.get(),
        Report.objects.get(state="draft"),
        shown,
        CommitmentMatter.objects.get(),
        Performance.objects.get(),
        Verification.objects.filter(commitment=shown).first(),
        OwedMaterial.objects.first(),
        objection,
        application,
        RepairableRecord.objects.get(pk=listed.pk),
        PenaltyToServe.objects.get(pk=listed.pk),
        ServedNotice.objects.get(),
        breach,
        DegreeRule.objects.get(state="draft"),
        Measure.objects.get(state="draft"),
    ]
    found += [table.given.order_by("pk").first() for grants in all_grants() for table in grants.tables]
    return {stem(type(one)): one for one in found if one is not None}


def arguments(address: Address, of: dict[str, Any]) -> dict[str, Any]:
    """What the address is asked with."""
    owner = next(
        (of[one] for one in sorted(of, key=len, reverse=True) if address.name.startswith(f"{one}_")), None
    )
    given = {
        "object_id": lambda: _first(address, owner),
        "name": lambda: address.verb or "accept",
        "pk": lambda: _second(address, owner),
        "file_id": lambda: _file(address),
        "upload_id": lambda: _upload(address).objects.get().pk,
        "name_id": lambda: SubjectName.objects.filter(subject=owner).first().pk,
        "code": lambda: "penalty-org",
        "app_label": lambda: "credit_records",
        "url": lambda: "nowhere",
        "kind": lambda: "credit_records-record",
        "key": lambda: _key(address, of),
    }
    return {name: given[name]() for name in address.parameters}


def _upload(address: Address) -> Any:
    return TaskImport if address.name.startswith("oversight_") else ProductionImport


def _file(address: Address) -> int:
    if address.name.startswith("oversight_"):
        return OversightFile.objects.get(**{f"{address.name.split('_')[1]}__isnull": False}).pk
    return (HandKeptFile if address.name.startswith("supervision_") else Attachment).objects.get().pk


def _first(address: Address, owner: Any) -> int:
    return (
        Shielding.objects.get().item.application_id if address.name.endswith("_end_shielding") else owner.pk
    )


def _key(address: Address, of: dict[str, Any]) -> Any:
    if address.name.endswith("_reveal"):
        return NUMBERS.get(address.name, COLUMN)
    return of["credit_records_record"].pk if address.name == "audit_event_object" else "1"


def numbered(of: dict[str, Any]) -> None:
    """Full numbers to look at: the phone of an applicant, the number of a representative in each record, a person on record."""
    number, phone = seal("110101199003070011"), seal("13912345678")
    case = of["casework_case"]
    case.phone_masked, case.phone_sealed = "139****5678", phone
    case.save(update_fields=["phone_masked", "phone_sealed"])
    records = [of["credit_records_record"], Record.objects.get(pk=of["repair_repairablerecord"].pk)]
    for record in records:
        record.details = {**record.details, COLUMN: {"masked": "110***********0011", "sealed": number}}
        record.save(update_fields=["details"])
    copied = copy(records[1])
    copied.pk, copied._state = None, ModelState()
    copied.subject, copied.document_number = of["credit_records_subject"], "示例人戊〔2026〕1号"
    copied.business_key = "示例人戊"
    copied.save(force_insert=True)


def lettered(letter: Letter) -> None:
    """A letter whose file has been made, also where there is no typesetting."""
    made = b"%PDF-1.7\n"
    issued_files.name_file(letter, "letters", made)
    letter.save(update_fields=["sha256", "file"])
    issued_files.write_file(letter.file.storage, letter.file.name, made)


def _second(address: Address, owner: Any) -> int:
    """The key of what the page is about beside its object."""
    if address.name.endswith("remove_view"):
        return SavedView.objects.get().pk
    if address.name.endswith("_end_shielding"):
        return Shielding.objects.get().pk
    if address.name.endswith("_lift_bar"):
        return Bar.objects.get().pk
    if address.name.endswith("_lift"):
        return owner.measures.first().pk
    return owner.pk
