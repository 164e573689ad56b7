"""Files of offices, read into rows: what was in the cells, under which field, in which row of the sheet."""

from credit_records.intake.reading.cells import ErrorCell, FormulaCell, column_letter
from credit_records.intake.reading.headers import RESULT_TITLE, ColumnFound, FieldTitle
from credit_records.intake.reading.refusals import FileRefused, Limits
from credit_records.intake.reading.sheets import OpenedSheet, SheetLayout, open_sheet

__all__ = [
    "RESULT_TITLE",
    "ColumnFound",
    "ErrorCell",
    "FieldTitle",
    "FileRefused",
    "FormulaCell",
    "Limits",
    "OpenedSheet",
    "SheetLayout",
    "column_letter",
    "open_sheet",
]
