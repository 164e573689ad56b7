"""Boxes and links that rooms above put on the pages of records and subjects, without these pages knowing them.

A provider is asked on every drawing of a page for an object that the reader may see; it answers for this reader
(`request.user`), with what its own policies let them see, or with None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.http import HttpRequest

from credit_records.models import Record, Subject


class BoxLine(NamedTuple):
    """One line of a box; `tone` is that of a chip: good, wait, warn, bad, idle, or none."""

    text: str
    url: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Box:
    """A box in the side column of a page: what another room knows of the record or subject."""

    title: str
    lines: Sequence[BoxLine | tuple[str, ...]] = ()
    empty: str = ""
    """What it says without lines."""
    order: int = 0
    template: str = ""
    """For more than lines: shown above them, with `values` as `values`."""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shown_lines(self) -> list[BoxLine]:
        return [BoxLine(*line) for line in self.lines]


class PageLink(NamedTuple):
    """A button beside the steps that leads to another page."""

    label: str
    url: str


RecordBoxes = Callable[[HttpRequest, Record], Box | None]
SubjectBoxes = Callable[[HttpRequest, Subject], Box | None]
RecordLinks = Callable[[HttpRequest, Record], PageLink | tuple[str, str] | None]

_record_boxes: list[RecordBoxes] = []
_subject_boxes: list[SubjectBoxes] = []
_record_links: list[RecordLinks] = []


def register_record_box(provider: RecordBoxes) -> RecordBoxes:
    """Add a box to the page of every record (usable as a decorator)."""
    _record_boxes.append(provider)
    return provider


def register_subject_box(provider: SubjectBoxes) -> SubjectBoxes:
    """Add a box to the page of every subject."""
    _subject_boxes.append(provider)
    return provider


def register_record_link(provider: RecordLinks) -> RecordLinks:
    """Add a button beside the steps of a record that leads elsewhere, for instance 登记异议."""
    _record_links.append(provider)
    return provider


def record_boxes(request: HttpRequest, record: Record) -> list[Box]:
    return _in_order(provider(request, record) for provider in _record_boxes)


def subject_boxes(request: HttpRequest, subject: Subject) -> list[Box]:
    return _in_order(provider(request, subject) for provider in _subject_boxes)


def record_links(request: HttpRequest, record: Record) -> list[PageLink]:
    found = (provider(request, record) for provider in _record_links)
    return [PageLink(*link) for link in found if link is not None]


def _in_order(boxes: Any) -> list[Box]:
    return sorted((box for box in boxes if box is not None), key=lambda box: box.order)
