"""The chain of letters of supervision: 工作提示单 → 督办单 → 通报."""

from __future__ import annotations

PROMPT, SUPERVISE, CIRCULAR = "prompt", "supervise", "circular"
CHAIN = (PROMPT, SUPERVISE, CIRCULAR)
LIMIT_KINDS = {PROMPT: "oversight-prompt", SUPERVISE: "oversight-supervise"}
"""Which dated limit a reply runs under; a circular asks for no reply, it is read and acknowledged."""


def next_grade(grade: str) -> str:
    """The grade to which a letter is escalated; empty after the last."""
    place = CHAIN.index(grade) + 1
    return CHAIN[place] if place < len(CHAIN) else ""


def asks_reply(grade: str) -> bool:
    return grade in LIMIT_KINDS
