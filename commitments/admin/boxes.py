"""What the page of a subject says of its commitments, and the way to a new one."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from accounts.policy import policy_for
from commitments.models import Commitment, Performance
from commitments.selectors.pages import of_subject, with_standing
from credit_records.admin.boxes import Box, BoxLine, register_subject_box
from credit_records.models import Subject

from .looks import STATUS_TONES
from .registration import register_address

_MOST = 10


@register_subject_box
def commitments_of_subject(request: HttpRequest, subject: Subject) -> Box | None:
    """The subject's commitments that the reader may see, the newest first (one query)."""
    policy = policy_for(Commitment)
    if not policy.may(request.user, "view"):
        return None
    seen = with_standing(of_subject(policy.scope(request.user), subject))[: _MOST + 1]
    found = list(seen)
    lines = [_line(one) for one in found[:_MOST]]
    if len(found) > _MOST:
        url = f"{reverse('admin:commitments_commitment_changelist')}?subject={subject.pk}"
        lines.append(BoxLine("全部承诺", url))
    if policy.may_create(request.user):
        lines.append(BoxLine("登记承诺", register_address(subject.pk)))
    return Box("信用承诺", lines, "没有这个主体的承诺。", order=20)


def _line(one: Commitment) -> BoxLine:
    status = one.last_status  # type: ignore[attr-defined]
    told, tone = ("尚未报告履约", "idle")
    if not one.is_valid:
        told, tone = "已撤回", "idle"
    elif status:
        told, tone = str(Performance.Status(status).label), STATUS_TONES[Performance.Status(status)]
    url = reverse("admin:commitments_commitment_change", args=[one.pk])
    return BoxLine(f"{one.made_on} {one.kind_in_words} {told}", url, tone)
