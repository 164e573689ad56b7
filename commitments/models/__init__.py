"""The tables of the room."""

from .attachments import Attachment
from .commitments import Commitment, CommitmentQuerySet
from .figure_bases import FigureBasis
from .matters import CommitmentMatter, MatterTemplate
from .owed import OwedMaterial
from .performances import Performance
from .publications import Publication
from .verifications import Verification

__all__ = [
    "Attachment",
    "Commitment",
    "CommitmentMatter",
    "CommitmentQuerySet",
    "FigureBasis",
    "MatterTemplate",
    "OwedMaterial",
    "Performance",
    "Publication",
    "Verification",
]
