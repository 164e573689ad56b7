"""Who sees and does what with cases, their evidence and their letters."""

from . import evidence, letters  # noqa: F401  register their policies
from .cases import may_register
from .kinds import rules_of_the_case

__all__ = ["may_register", "rules_of_the_case"]
