"""Pages of dated data under four eyes (`accounts.dated`): a version is proposed, confirmed by another person, or sent back.

A page of such data tells its versions, each with what it changes, and offers the two verbs; its form is its own. `columns` of the
admin are those in which versions differ; whatever can be proposed has to stand there, or nobody sees what is confirmed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts import dated
from accounts.dated import Dated, DatedVersion
from audit.clock import today
from audit.faults import Refused

from . import wording
from .history import Change
from .verbs import Verb

_State = Dated.State


@dataclass(frozen=True)
class Version:
    """One version as its page tells it: how it stands today, and what it changes of the one before."""

    row: Any
    words: str
    tone: str
    changes: Sequence[Change]
    first: bool
    """There was none before it: nothing is changed, all of it is new."""


def standing_of(row: Any, day: date | None = None) -> tuple[str, str]:
    """How a version stands on a day, and the tone of its chip."""
    if row.state != _State.IN_FORCE:
        return str(row.get_state_display()), "wait" if row.state == _State.PROPOSED else "idle"
    day = day or today()
    if row.in_force_from > day:
        return "待施行", "wait"
    if row.in_force_to is not None and row.in_force_to < day:
        return "已终止", "idle"
    return "现行", "good"


def changes_between(before: DatedVersion, after: DatedVersion, columns: Sequence[str]) -> list[Change]:
    """The columns in which two versions differ, in words."""
    found = []
    for name in columns:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            field = type(after)._meta.get_field(name)
            label = str(field.verbose_name)
            found.append(Change(label, wording.of_field(field, old), wording.of_field(field, new)))
    return found


def versions_of(row: DatedVersion, columns: Sequence[str]) -> list[Version]:
    """All versions of the series of a row, the newest first (one query).

    A version is held against the confirmed one that held before it, a proposal against the one that would end with it.
    """
    same = {name: getattr(row, name) for name in row.series}
    rows = list(
        type(row)
        ._default_manager.filter(**same)
        .select_related("proposed_by", "decided_by")
        .order_by("-in_force_from", "-pk")
    )
    found = []
    for one in rows:
        held = [
            two
            for two in rows
            if two.pk != one.pk and two.state == _State.IN_FORCE and two.in_force_from < one.in_force_from
        ]
        before = held[0] if held else None
        changes = changes_between(before, one, columns) if before is not None else []
        found.append(Version(one, *standing_of(one), changes, before is None))
    return found


def _is_proposed(row: Any) -> bool:
    return bool(row.state == _State.PROPOSED)


def _own(row: Any, user: Any) -> str:
    return "您是拟订人，请由其他审批人确认。" if row.proposed_by_id == user.pk else ""


def dated_verbs(confirm: str = "", *, takes_reason: bool = True) -> tuple[Verb, ...]:
    """确认施行 and 退回; `confirm`: what the dialog says of the consequences, `takes_reason`: whether it asks why."""
    return (
        Verb(
            "confirm", "确认施行", dated.confirm, reachable=_is_proposed, obstacle=_own, tone="primary",
            takes_reason=takes_reason, confirm=f"确认后，前一版在施行日前一天终止。{confirm}", done="{obj}：已确认。",
            order=10,
        ),
        Verb(
            "reject", "退回", dated.reject, reachable=_is_proposed, needs_reason=True, tone="danger",
            done="{obj}：已退回。", order=20,
        ),
    )  # fmt: skip


class DatedPages:
    """The part of an admin that tells versions and takes proposals."""

    columns: Sequence[str] = ()

    def told_versions(self, row: DatedVersion) -> list[Version]:
        return versions_of(row, self.columns)

    def proposal_page(
        self,
        request: HttpRequest,
        form: forms.Form,
        *,
        template: str,
        make: Callable[[Any], Any],
        context: dict[str, Any],
    ) -> HttpResponse:
        """The form, or what came of it; `make` makes the unsaved version of the answers, which also hold `reason`.

        A refusal is told above the form, which keeps every entry (422).
        """
        sent, refused = request.method == "POST", ""
        if sent and form.is_valid():
            answers = dict(form.cleaned_data)
            reason = answers.pop("reason")
            try:
                row = dated.propose(make(answers), actor=request.user, reason=reason)
            except Refused as refusal:
                refused = refusal.message
            else:
                done = f"已拟订：{row}，自{row.in_force_from}起施行，请其他人确认。"
                self.message_user(request, done, messages.SUCCESS)  # type: ignore[attr-defined]
                return HttpResponseRedirect(reverse(self._name("change"), args=[row.pk]))  # type: ignore[attr-defined]
        told = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "form": form,
            "refused": refused,
            "wrong": sent,
            **context,
        }
        return TemplateResponse(request, template, told, status=422 if sent else 200)
