"""Commitments and reports on performance by file: what becomes of the rows that the common intake has judged."""
