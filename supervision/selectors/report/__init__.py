"""What a monthly or quarterly report says: one section a module, each from the selectors of the boards, as of the same day."""

from .content import Scope, sections

__all__ = ["Scope", "sections"]
