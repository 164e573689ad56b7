"""What stands behind each address: one thing of the city's market supervision for every kind of page."""

from __future__ import annotations

from typing import Any

from accounts.grants.reach import all_grants
from accounts.models import Membership, RolePair
from audit.models import Event, Head
from breaches.models import Breach, DegreeRule, Measure
from casework.models import Evidence, Letter, LetterTemplate, Notice, SavedView, Substitution
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
from repair.models import Application, Bar, PenaltyToServe, RepairableRecord, ServedNotice, Shielding
from signin.models import TwoFactorDemand
from supervision.models import Indicator
from worktime.models import CalendarVersion, Limit

from .addresses import Address, stem


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
        "object_id": lambda: owner.pk,
        "name": lambda: address.verb or "accept",
        "pk": lambda: _second(address, owner),
        "file_id": lambda: Attachment.objects.get().pk,
        "name_id": lambda: SubjectName.objects.filter(subject=owner).first().pk,
        "code": lambda: "penalty-org",
        "app_label": lambda: "credit_records",
        "url": lambda: "nowhere",
        "kind": lambda: "credit_records-record",
        "key": lambda: of["credit_records_record"].pk if address.name == "audit_event_object" else "1",
    }
    return {name: given[name]() for name in address.parameters}


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
