"""What the office keeps for its own supervision: ledgers, indicators, frozen months and reports."""

from .frozen import FrozenFigure, FrozenMonth, FrozenRows
from .hand_kept import HandKept, HandKeptFile
from .imports import ProductionImport
from .indicators import Indicator
from .packs import EvidencePack
from .production import MonthlyProduction
from .reports import IssuedReport, Report
from .standing import PublicationCount, RecordStanding, ReportCount, StandingMark

__all__ = [
    "EvidencePack",
    "FrozenFigure",
    "FrozenMonth",
    "FrozenRows",
    "HandKept",
    "HandKeptFile",
    "Indicator",
    "IssuedReport",
    "MonthlyProduction",
    "ProductionImport",
    "PublicationCount",
    "RecordStanding",
    "Report",
    "ReportCount",
    "StandingMark",
]
