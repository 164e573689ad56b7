"""Refusals of verbs: a stable code, and a sentence that says which rule stands in the way and what to do."""

from __future__ import annotations

from .kept import kept_for_later


class Refused(Exception):
    """A verb was not carried out; nothing has changed. Pages show `message`, the API answers with `code`.

    Inside a request the journal tells of it afterwards (`audit.afterwards`), whoever catches it.
    """

    journaled = False
    """Set by the act that it has left: that knows verb and object."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        kept = kept_for_later()
        if kept is not None:
            kept.append(self)
