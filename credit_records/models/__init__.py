"""The tables of the room; each file holds one subject matter."""

from .catalogue import CatalogueField, CatalogueItem, CatalogueVersion
from .disputes import Correction, Dispute, SubjectStatement
from .findings import SeverityFinding
from .grants import RecordDepartmentGrant, RecordUserGrant
from .intake import IntakeBatch, IntakeFinding, IntakeRow, IntakeRun, ZeroReport
from .ledger import DuplicateCodeEntry
from .records import Record
from .rulesets import Rehearsal, RehearsedRecord, RuleSet
from .subjects import Subject, SubjectName

__all__ = [
    "CatalogueField",
    "CatalogueItem",
    "CatalogueVersion",
    "Correction",
    "Dispute",
    "DuplicateCodeEntry",
    "IntakeBatch",
    "IntakeFinding",
    "IntakeRow",
    "IntakeRun",
    "Record",
    "RecordDepartmentGrant",
    "RecordUserGrant",
    "Rehearsal",
    "RehearsedRecord",
    "RuleSet",
    "SeverityFinding",
    "Subject",
    "SubjectName",
    "SubjectStatement",
    "ZeroReport",
]
