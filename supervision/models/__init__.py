"""What the office keeps for its own supervision: ledgers, indicators, frozen months and reports."""

from .frozen import FrozenFigure, FrozenMonth, FrozenRows
from .hand_kept import HandKept, HandKeptFile
from .indicators import Indicator
from .production import MonthlyProduction
from .reports import IssuedReport, Report
from .standing import PublicationCount, RecordStanding, ReportCount, StandingMark

__all__ = [
    "FrozenFigure",
    "FrozenMonth",
    "FrozenRows",
    "HandKept",
    "HandKeptFile",
    "Indicator",
    "IssuedReport",
    "MonthlyProduction",
    "PublicationCount",
    "RecordStanding",
    "Report",
    "ReportCount",
    "StandingMark",
]
