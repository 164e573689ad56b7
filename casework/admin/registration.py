"""The way to a new case: the address filled in with a record or a subject, the search for the subject, the end of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from accounts.policy import NotAllowed, NotVisible, policy_for
from casework.models import Case
from casework.policies import may_register
from credit_records.models import Record, Subject
from credit_records.selectors.search import search_subjects

MOST_RECORDS = 200
"""As many records are offered, or taken from an address."""
_FOUND = 20


def require_may_register(user: Any) -> None:
    """Raises `NotAllowed` for who is neither at a window nor an officer."""
    if not may_register(user):
        raise NotAllowed("只有收件窗口和经办人可以登记案件。")


def register_address(url_name: str, *, record: Any = None, subject: Any = None) -> str:
    """The page on which a kind of case is registered, filled in with a record or a subject."""
    query = {"record": record} if record is not None else {"subject": subject} if subject is not None else {}
    url = reverse(url_name)
    return f"{url}?{urlencode(query)}" if query else url


def asked_for(
    request: HttpRequest, seen: QuerySet[Record], *, nothing: str
) -> tuple[Subject | None, list[Record]]:
    """Subject and records that the address names; `NotVisible` (404) for what is not in sight, `nothing` says which.

    `seen`: the records of this kind of case in the user's sight, with the subject.
    """
    pks = [int(text) for text in request.GET.getlist("record") if text.isdecimal() and len(text) < 19]
    records = list(seen.filter(pk__in=pks[:MOST_RECORDS]))
    if pks and not records:
        raise NotVisible(nothing)
    if records:
        subject = records[0].subject
        return subject, [record for record in records if record.subject_id == subject.pk]
    named = request.GET.get("subject", "")
    if not named:
        return None, []
    if not named.isdecimal() or len(named) > 18:
        raise NotVisible("没有找到这个主体。")
    subject = policy_for(Subject).scope(request.user).filter(pk=int(named)).first()
    if subject is None:
        raise NotVisible("没有找到这个主体。")
    return subject, []


def found_subjects(request: HttpRequest) -> dict[str, Any]:
    """For the page on which the subject is chosen (`casework/subject_search.html`): what was looked for and found."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    seen = policy_for(Subject).scope(request.user).order_by("name", "pk")
    found = list(search_subjects(seen, text)[: _FOUND + 1]) if text else []
    return {"q": text, "found": found[:_FOUND], "more": len(found) > _FOUND}


def registered(admin: Any, request: HttpRequest, case: Case, url: str) -> HttpResponseRedirect:
    """The case stands: say so, and go to its page."""
    said = f"已登记：{case}，应于{case.accept_due_on}前决定是否受理。"
    admin.message_user(request, said, messages.SUCCESS)
    return HttpResponseRedirect(url)
