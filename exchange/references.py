"""The cases behind entries: which case a reference belongs to, and where its page is, the rooms above know."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple


class CaseLink(NamedTuple):
    """Number and page of a case that the reader may see."""

    number: str
    url: str


Provider = Callable[[Any, Collection[str]], Mapping[str, CaseLink]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Have a room asked for the cases behind references: by reference those that the user may see, in few queries."""
    _providers.append(provider)


def cases_behind(user: Any, references: Collection[str]) -> dict[str, CaseLink]:
    """The cases that the user may see, by the reference of an entry; what is missing stays plain text."""
    found: dict[str, CaseLink] = {}
    if references:
        for provider in _providers:
            found.update(provider(user, references))
    return found
