"""The tables of the room."""

from .objections import Objection, Point

__all__ = ["Objection", "Point"]
