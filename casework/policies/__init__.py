"""Who sees and does what with cases, their evidence and their letters."""

from . import evidence, letters  # noqa: F401  register their policies
from .cases import acts_as_office, may_register, reads_as_office
from .kinds import rules_of_the_case

__all__ = ["acts_as_office", "may_register", "reads_as_office", "rules_of_the_case"]
