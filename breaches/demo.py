"""Breaches of the demo city."""
