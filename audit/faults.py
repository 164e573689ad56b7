"""Refusals of verbs: a stable code, and a sentence that says which rule stands in the way and what to do."""

from __future__ import annotations


class Refused(Exception):
    """A verb was not carried out; nothing has changed. Pages show `message`, the API answers with `code`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
