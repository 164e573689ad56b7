"""The pages of supervision."""

from backoffice.reading import persons_behind

from . import board, indicator_entries, indicator_frozen, ledger, menu, reports, sla  # noqa: F401

# Rows behind figures that may be about a natural person; those of other rooms say so themselves.
persons_behind({"casework.caseround": "case.subject", "exchange.entry": "record.subject"})
