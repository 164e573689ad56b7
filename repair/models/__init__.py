from .applications import Application, Item
from .bars import Bar
from .materials import Material
from .shieldings import Shielding

__all__ = ["Application", "Bar", "Item", "Material", "Shielding"]
