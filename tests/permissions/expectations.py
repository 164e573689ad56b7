"""Who does what with a thing of the market supervision: the tables that the policies are held against."""

from __future__ import annotations

from datetime import UTC, datetime

from accounts.models import Department, Membership, RolePair, User
from audit.models import Checkpoint, Event, Head, HistorySeal, Seal
from breaches.models import Breach, DecidedMeasure, DegreeRule, Measure, PriorNotice
from casework.models import (
    Case,
    CaseDepartmentGrant,
    CaseRound,
    CaseUserGrant,
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
from credit_records.models import (
    CatalogueField,
    CatalogueItem,
    CatalogueVersion,
    DuplicateCodeEntry,
    IntakeBatch,
    Record,
    RecordDepartmentGrant,
    RecordUserGrant,
    Rehearsal,
    RehearsedRecord,
    RuleSet,
    SeverityFinding,
    Subject,
    SubjectName,
    ZeroReport,
)
from exchange.models import Attempt, Entry
from objections.models import Objection, Point
from oversight.models import (
    Addressee,
    Directive,
    DirectiveTemplate,
    Duty,
    Matter,
    Proposal,
    Reply,
    ReplyDraft,
    Task,
    TaskImport,
)
from oversight.models import Attachment as OversightFile
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
from signin.models import (
    Identity,
    RecoveryCode,
    RecoverySheet,
    SignIn,
    TotpDevice,
    TwoFactorDemand,
    UsedPassword,
)
from supervision.models import (
    EvidencePack,
    FrozenFigure,
    FrozenMonth,
    FrozenRows,
    HandKept,
    HandKeptFile,
    Indicator,
    IssuedReport,
    MonthlyProduction,
    ProductionImport,
    Report,
)
from worktime.models import CalendarVersion, Limit

PEOPLE = ["clerk", "second_clerk", "reviewer", "stranger", "strange_reviewer", "officer", "approver", "supervisor",
          "upper", "auditor", "sysadmin", "secadmin", "system"]  # fmt: skip
SEES_RECORDS = {"clerk", "second_clerk", "reviewer", "officer", "approver", "supervisor"}
MODELS = (
    Record, IntakeBatch, ZeroReport, Subject, SubjectName, DuplicateCodeEntry, CatalogueItem, CatalogueVersion,
    CatalogueField, RuleSet, Rehearsal, RehearsedRecord, SeverityFinding, Department, User, Membership, RolePair, Event,
    Seal, Checkpoint, HistorySeal, Head,
    UsedPassword, TwoFactorDemand, TotpDevice, RecoverySheet, RecoveryCode, SignIn, Identity,
    CalendarVersion, Limit, Case, CaseRound, Request, Pause, Extension, Movement, Decision, Comment, Substitution, SavedView, Notice,
    Evidence, EvidenceShare, Letter, LetterTemplate, Objection, Point, Entry, Attempt,
    Attachment, Commitment, CommitmentMatter, FigureBasis, MatterTemplate, OwedMaterial, Performance, Publication, Verification, Indicator, MonthlyProduction,
    Application, Item, Material, Bar, Shielding, RepairableRecord, PenaltyToServe, ServedNotice,
    FrozenFigure, FrozenMonth, FrozenRows, HandKept, HandKeptFile, IssuedReport, Report, EvidencePack, ProductionImport,
    Breach, PriorNotice, DecidedMeasure, DegreeRule, Measure,
    Task, Duty, TaskImport, Matter, Directive, DirectiveTemplate, Addressee, Reply, ReplyDraft, OversightFile, Proposal,
    RecordDepartmentGrant, RecordUserGrant, CaseDepartmentGrant, CaseUserGrant,
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
        "grant": {"reviewer", "approver"},
        "reveal": {"reviewer"},  # of the office only who has a case about it in hand
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
    Indicator: {
        "view": {*SEES_RECORDS, "stranger", "strange_reviewer"},
        "confirm": {"approver"},
        "reject": {"officer", "approver"},
    },
    # The first is one of 三员分立, which stays.
    RolePair: {"view": {"auditor", "sysadmin", "secadmin"}, "change": set()},
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
