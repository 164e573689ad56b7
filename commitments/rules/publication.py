"""What of a commitment the public is told, and when: decided by its disclosure kind (公开类型), its state and its validity.

Personal data never leaves: of a natural person the name goes out as the surname with stars, the number masked, and both are
covered wherever they stand in the texts. Remarks, files, tasks and owed material are worked with and never told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from credit_records.rules.identifiers import mask_name, mask_numbers_in

OPEN = "public"
"""The disclosure kind 可向社会公开."""


class Standing(StrEnum):
    """How a commitment stands towards the public on a day."""

    PUBLIC = "public"
    NOT_DISCLOSED = "not_disclosed"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"
    """Its validity is over."""


WORDS = {
    Standing.PUBLIC: "公开",
    Standing.NOT_DISCLOSED: "不公开",
    Standing.WITHDRAWN: "已撤回",
    Standing.ENDED: "已到期",
}
REASONS = {
    Standing.NOT_DISCLOSED: "公开类型改为不向社会公开",
    Standing.WITHDRAWN: "承诺已撤回",
    Standing.ENDED: "承诺有效期已满",
}
"""Why it is shown no longer, as the platform is told: never the office's own words, which may hold more."""


@dataclass(frozen=True)
class Report:
    """A report on performance that stands."""

    number: int
    status: str
    unfulfilled: str
    liability_pursued: str
    determined_on: date
    department: str
    department_code: str


@dataclass(frozen=True)
class Shown:
    """A commitment as it is stored, with what decides on its publication."""

    code: str
    person: bool
    """The promisor is a natural person."""
    subject_name: str
    """As it stands on the commitment."""
    file_name: str
    """As the subject's file has it: the texts may name either."""
    subject_category: str
    subject_code: str
    id_masked: str
    kind: str
    """As the field set writes it: 审批替代型, 其他-安全生产."""
    cause: str
    content: str
    liability: str
    made_on: date
    valid_until: date | None
    department: str
    department_code: str
    disclosure: str
    disclosure_title: str
    withdrawn: bool
    reports: Sequence[Report] = ()
    """In their order; withdrawn ones are not among them."""


def standing_on(day: date, *, disclosure: str, withdrawn: bool, valid_until: date | None) -> Standing:
    """How it stands; the last day of its validity is still one. What was withdrawn is that before all."""
    if withdrawn:
        return Standing.WITHDRAWN
    if disclosure != OPEN:
        return Standing.NOT_DISCLOSED
    if valid_until is not None and valid_until < day:
        return Standing.ENDED
    return Standing.PUBLIC


def covered(text: str, names: Iterable[str]) -> str:
    """A text in which the names of a person are surname and stars."""
    # The longer first: it may begin with the other.
    for name in sorted(set(names) - {""}, key=len, reverse=True):
        text = text.replace(name, mask_name(name))
    return text


def public_payload(one: Shown, *, on: date) -> dict[str, Any] | None:
    """What the platform shows of a commitment on a day; None when it shows nothing.

    Days are ISO text. The same commitment gives the same payload on every day of its validity.
    """
    standing = standing_on(
        on, disclosure=one.disclosure, withdrawn=one.withdrawn, valid_until=one.valid_until
    )
    if standing is not Standing.PUBLIC:
        return None

    names = (one.subject_name, one.file_name) if one.person else ()

    def said(text: str) -> str:
        return mask_numbers_in(covered(text, names))

    return {
        "commitment_code": one.code,
        "subject_name": mask_name(one.subject_name) if one.person else one.subject_name,
        "subject_category": one.subject_category,
        "subject_code": one.id_masked if one.person else one.subject_code,
        "kind": said(one.kind),
        "cause": said(one.cause),
        "content": said(one.content),
        "liability": said(one.liability),
        "made_on": one.made_on.isoformat(),
        "valid_until": one.valid_until.isoformat() if one.valid_until else "",
        "department": one.department,
        "department_code": one.department_code,
        "disclosure": one.disclosure_title,
        "performances": [
            {
                "number": report.number,
                "status": report.status,
                "unfulfilled": said(report.unfulfilled),
                "liability_pursued": said(report.liability_pursued),
                "determined_on": report.determined_on.isoformat(),
                "department": report.department,
                "department_code": report.department_code,
            }
            for report in one.reports
        ],
    }


def retraction(code: str, standing: Standing) -> dict[str, str]:
    """The word that a commitment is to be shown no longer."""
    return {"commitment_code": code, "reason": REASONS[standing]}


@dataclass(frozen=True)
class ShownMatter:
    """A matter of the list (承诺事项清单) with the wording in force."""

    key: str
    name: str
    kind: str
    legal_basis: str
    department: str
    department_code: str
    published_on: date | None
    ended: bool
    content: str = ""
    liability: str = ""
    wording_from: date | None = None
    period: str = ""


def matter_payload(one: ShownMatter) -> dict[str, Any] | None:
    """What the platform shows of a matter; None for a draft and for one that was ended."""
    if one.published_on is None or one.ended:
        return None
    return {
        "matter": one.key,
        "name": mask_numbers_in(one.name),
        "kind": one.kind,
        "legal_basis": mask_numbers_in(one.legal_basis),
        "department": one.department,
        "department_code": one.department_code,
        "published_on": one.published_on.isoformat(),
        "content": mask_numbers_in(one.content),
        "liability": mask_numbers_in(one.liability),
        "in_force_from": one.wording_from.isoformat() if one.wording_from else "",
        "verify_within": one.period,
    }
