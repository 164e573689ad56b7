"""The tables of the room."""

from .breaches import Breach
from .decided import DecidedMeasure
from .degree_rules import DegreeRule
from .measures import Measure
from .prior_notices import PriorNotice

__all__ = ["Breach", "DecidedMeasure", "DegreeRule", "Measure", "PriorNotice"]
