"""Subjects, the catalogue, public credit records, their intake, review and publicity."""
