"""The tables of the room; each file holds one subject matter."""

from .cases import Case, Kind, name_states, state_word
from .evidence import Evidence, EvidenceShare
from .grants import CaseDepartmentGrant, CaseUserGrant
from .letters import Letter, LetterTemplate
from .notices import Notice
from .proceedings import Comment, Decision, Extension, Movement, Pause, Request, Substitution
from .registers import Register
from .rounds import CaseRound
from .views import SavedView

__all__ = [
    "Case",
    "CaseDepartmentGrant",
    "CaseRound",
    "CaseUserGrant",
    "Comment",
    "Decision",
    "Evidence",
    "EvidenceShare",
    "Extension",
    "Kind",
    "Letter",
    "LetterTemplate",
    "Movement",
    "Notice",
    "Pause",
    "Register",
    "Request",
    "SavedView",
    "Substitution",
    "name_states",
    "state_word",
]
