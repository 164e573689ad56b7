"""What the office keeps for its own supervision: ledgers, indicators and frozen months."""

from .indicators import Indicator
from .production import MonthlyProduction

__all__ = ["Indicator", "MonthlyProduction"]
