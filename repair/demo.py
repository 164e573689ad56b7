"""Invented repairs of the demo city."""
