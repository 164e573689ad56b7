"""Who sees and does what with cases, their evidence and their letters."""

from . import evidence, letters  # noqa: F401  register their policies
from .cases import may_register

__all__ = ["may_register"]
