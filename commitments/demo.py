"""Invented commitments of the demo city."""
