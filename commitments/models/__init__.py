"""The tables of the room."""

from .attachments import Attachment
from .commitments import Commitment, CommitmentQuerySet
from .matters import CommitmentMatter, MatterTemplate
from .owed import OwedMaterial
from .performances import Performance
from .verifications import Verification

__all__ = [
    "Attachment",
    "Commitment",
    "CommitmentMatter",
    "CommitmentQuerySet",
    "MatterTemplate",
    "OwedMaterial",
    "Performance",
    "Verification",
]
