"""Intake: from a department's file to records, and the marked workbook back."""
