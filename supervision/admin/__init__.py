"""The pages of supervision."""

from backoffice.reading import persons_behind

from . import menu, packs, reports  # noqa: F401
from .indicators import board, entries, frozen  # noqa: F401
from .reporting import ledger  # noqa: F401

# Rows behind figures that may be about a natural person; those of other rooms say so themselves.
persons_behind({"casework.caseround": "case.subject", "exchange.entry": "record.subject"})
