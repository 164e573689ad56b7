from .applications import Application, Item
from .bars import Bar
from .materials import Material
from .served import PenaltyToServe, RepairableRecord, ServedNotice
from .shieldings import Shielding

__all__ = [
    "Application",
    "Bar",
    "Item",
    "Material",
    "PenaltyToServe",
    "RepairableRecord",
    "ServedNotice",
    "Shielding",
]
