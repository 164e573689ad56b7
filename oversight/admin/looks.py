"""Colours and small pieces that the pages of this room share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Department
from oversight.models import Addressee, Directive, Duty, Proposal, ReplyDraft
from oversight.policies import WORKS, area_of

DIRECTIVE_TONES = {
    Directive.State.DRAFT: "idle", Directive.State.SUBMITTED: "wait", Directive.State.ISSUED: "warn",
    Directive.State.CLOSED: "good", Directive.State.DROPPED: "idle",
}  # fmt: skip
ADDRESSEE_TONES = {
    Addressee.State.UNSENT: "idle", Addressee.State.SENT: "wait", Addressee.State.READ: "wait",
    Addressee.State.REPLIED: "plain", Addressee.State.RETURNED: "warn", Addressee.State.ACCEPTED: "good",
    Addressee.State.NOTED: "good", Addressee.State.ESCALATED: "idle",
}  # fmt: skip
DUTY_TONES = {
    Duty.State.NOT_STARTED: "idle", Duty.State.WORKING: "wait", Duty.State.REPORTED: "plain",
    Duty.State.DONE: "good", Duty.State.CANCELLED: "idle",
}  # fmt: skip
DRAFT_TONES = {
    ReplyDraft.State.DRAFT: "idle", ReplyDraft.State.SUBMITTED: "wait", ReplyDraft.State.RETURNED: "warn",
}  # fmt: skip
PROPOSAL_TONES = {
    Proposal.State.OPEN: "wait", Proposal.State.TAKEN: "good", Proposal.State.DISMISSED: "idle",
    Proposal.State.GONE: "idle",
}  # fmt: skip
GRADE_TONES = {
    Directive.Grade.PROMPT: "plain",
    Directive.Grade.SUPERVISE: "warn",
    Directive.Grade.CIRCULAR: "bad",
}


def standing(letter: Any) -> tuple[str, str]:
    """The state and its tone: of the letter for the office, of its own part for a body, which the others do not concern.

    Needs `inside` and `seen`, as the admin of letters reads them.
    """
    if letter.inside or not letter.seen:
        return letter.get_state_display(), DIRECTIVE_TONES[letter.state]
    own = letter.seen[0]
    return own.get_state_display(), ADDRESSEE_TONES[own.state]


def late_chip() -> SafeString:
    """The sign says the same as the colour."""
    return format_html('<span class="cr-chip cr-bad">{}</span>', "▲ 逾期")


def due_cell(due: date | None, *, provisional: bool = False) -> SafeString:
    if due is None:
        return format_html('<span class="cr-muted">{}</span>', "—")
    return format_html('<span class="cr-nowrap">{}{}</span>', due, "(暂定)" if provisional else "")


def short(body: Department) -> str:
    return body.short_name or body.name


def bodies_for(user: Any, office: int, *, with_office: bool = False) -> list[Department]:
    """The bodies that the office, in which the person works, may address."""
    area = area_of(user, office)
    found = Department.objects.filter(pk__in=area, active=True).order_by("level", "code")
    return list(found if with_office else found.exclude(pk=office))


def office_of(user: Any, *roles: str) -> Department | None:
    """The office for which the person works; of several the first."""
    return (
        Department.objects.filter(pk__in=user.departments_as(*(roles or WORKS)))
        .order_by("level", "code")
        .first()
    )


class BodiesField(forms.MultipleChoiceField):
    """Any number of the bodies that are offered; gives departments."""

    def __init__(self, label: str, bodies: Iterable[Department], **more: Any) -> None:
        self.known = {str(body.pk): body for body in bodies}
        super().__init__(
            label=label,
            choices=[(key, short(body)) for key, body in self.known.items()],
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": f"请选择{label}。", "invalid_choice": "请从列表中选择单位。"},
            **more,
        )

    def clean(self, value: Any) -> list[Department]:
        return [self.known[key] for key in super().clean(value)]


def file_field(label: str) -> forms.FileField:
    return forms.FileField(
        label=label,
        required=False,
        allow_empty_file=True,
        max_length=400,
        help_text="可用PDF、OFD、Word、Excel、图片；上传时检查内容，加密保存。还有其他文件的，先用“上传”逐件上传。",
        error_messages={"max_length": "文件名过长，请改短后再上传。"},
    )
