"""What the pages say of publication: how a commitment stands towards the public, and what the platform was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from commitments.models import Commitment, Publication
from commitments.rules.publication import Standing, standing_on

_MOST = 10


@dataclass(frozen=True)
class PublicStanding:
    """One of 已公开, 待公开, 不公开, 已到期, with the reason."""

    title: str
    tone: str
    why: str = ""


def publications_of(thing: Any) -> list[Publication]:
    """Messages about a commitment or matter, the newest first, each with its entry of the outbox (one query)."""
    return list(thing.publications.select_related("entry").order_by("-number")[:_MOST])


def public_standing(commitment: Commitment, told: list[Publication], today: date) -> PublicStanding:
    """How it stands, from the row and what was told of it; asks the database nothing."""
    standing = standing_on(
        today,
        disclosure=commitment.disclosure,
        withdrawn=not commitment.is_valid,
        valid_until=commitment.valid_until,
    )
    told_last = told[0].action if told else ""
    if standing is Standing.PUBLIC:
        if told_last == Publication.Action.PUBLISHED:
            return PublicStanding("已公开", "good", "承诺和履约践诺报送上级平台，向社会公开。")
        return PublicStanding("待公开", "wait", "正在报送上级平台，最迟今晚完成。")
    if standing is Standing.ENDED:
        return PublicStanding("已到期", "idle", f"有效期至{commitment.valid_until}，不再公开。")
    if standing is Standing.WITHDRAWN:
        return PublicStanding("不公开", "idle", "承诺已撤回。")
    return PublicStanding("不公开", "idle", f"公开类型是{commitment.get_disclosure_display()}。")
